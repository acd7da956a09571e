/** `citadel check-url`: what the network part of a policy says of URLs, one decision a line. */
import { ERROR_TABLE } from '../core/errors.ts';
import { cleanLine } from '../core/text.ts';
import { createResolve } from '../platform/node/net-dns.ts';
import {
  classifyAddress,
  decideAddress,
  decideUrl,
  type EgressRules,
  parseNetworkPolicy,
  parseSecrets,
  type UrlClearance,
} from '../policy/egress/index.ts';
import { parsePolicy } from '../policy/index.ts';
import { type OptionTable, type ParsedArgs, parseArgs } from './args.ts';
import { usage } from './fail.ts';
import { display, readJson } from './files.ts';
import { toJson } from './json.ts';
import type { Output } from './output.ts';

const OPTIONS: OptionTable = {
  policy: { kind: 'value', example: '--policy policy.json' },
  'allow-net': { kind: 'values', example: '--allow-net api.example.com' },
  'deny-net': { kind: 'values', example: '--deny-net admin.example.com' },
  'allow-ip': { kind: 'values', example: '--allow-ip 10.1.0.0/16' },
  'deny-ip': { kind: 'values', example: '--deny-ip 10.1.0.0/16' },
  method: { kind: 'value', example: '--method POST' },
  resolve: { kind: 'flag' },
  json: { kind: 'flag' },
  help: { kind: 'flag' },
};

export const CHECK_URL_HELP: string = `citadel check-url [URL ...] [options] [< urls.txt]

Says of each URL whether a plugin could ask for it, by which rule, and what would allow it. Without URLs it reads them
from stdin, one a line, and answers line by line. Nothing is asked of the network, unless --resolve says so.

  --policy FILE          the policy, as JSON (docs/network.md); default: nothing is allowed
  --allow-net HOST,...   hosts, added to network.allow; repeatable
  --deny-net HOST,...    hosts, added to network.deny; repeatable
  --allow-ip CIDR,...    addresses, added to network.allowIp; repeatable
  --deny-ip CIDR,...     addresses, added to network.denyIp; repeatable
  --method METHOD        the method of the requests                default GET
  --resolve              ask DNS for the names that are allowed, and judge their addresses too
  --json                 print one JSON object a line

Exit codes: 0 all are allowed, ${ERROR_TABLE.POLICY_DENIED.exitCode} one or more are denied, ${ERROR_TABLE.INVALID_ARGUMENT.exitCode} wrong usage.
`;

/** What `--json` prints. */
interface Line {
  /** Canonical; as it was given when it is no URL. */
  readonly url: string;
  readonly allowed: boolean;
  readonly reason: string;
  readonly rule: string | null;
  readonly host: string | null;
  /** The one in the URL, or with `--resolve` the first the name leads to, or the first that is denied. */
  readonly address?: string;
  readonly message?: string;
  readonly hint?: string;
}

export async function checkUrlCommand(argv: readonly string[], output: Output): Promise<number> {
  const args = parseArgs(argv, OPTIONS);
  if (args.has('help')) {
    output.out(CHECK_URL_HELP);
    return 0;
  }
  const rules = await readRules(args);
  const method = args.one('method') ?? 'GET';
  const resolve = args.has('resolve') ? createResolve() : null;
  if (args.words.length === 0 && process.stdin.isTTY) {
    throw usage('nothing to check; write citadel check-url URL, or pipe URLs in, one a line');
  }
  let allAllowed = true;
  for await (const url of args.words.length > 0 ? args.words : linesOf(process.stdin)) {
    const line = await check(rules, url, method, resolve);
    if (!line.allowed) allAllowed = false;
    output.out(args.has('json') ? `${toJson(line, 0)}\n` : shown(line));
  }
  return allAllowed ? 0 : ERROR_TABLE.POLICY_DENIED.exitCode;
}

async function readRules(args: ParsedArgs): Promise<EgressRules> {
  const file = args.one('policy');
  const policy = file === undefined ? {} : await readJson(file);
  if (typeof policy !== 'object' || policy === null || Array.isArray(policy)) {
    throw usage(`${display(file ?? '')} must hold one JSON object, such as {"network":{"allow":[]}}`);
  }
  const { network, secrets, ...others } = policy as Readonly<Record<string, unknown>>;
  // A policy with a mistake elsewhere is no policy: whoever asks about it had better know.
  parsePolicy(others);
  parseSecrets(secrets, 'policy.secrets');
  const given = parseNetworkPolicy(network, 'policy.network');
  const listed = (option: string): string[] => args.all(option).flatMap(list => list.split(','));
  return parseNetworkPolicy(
    {
      ...given,
      allow: [...given.allow, ...listed('allow-net')],
      deny: [...given.deny, ...listed('deny-net')],
      allowIp: [...given.allowIp, ...listed('allow-ip')],
      denyIp: [...given.denyIp, ...listed('deny-ip')],
    },
    'policy.network',
  );
}

async function check(
  rules: EgressRules,
  url: string,
  method: string,
  resolve: ReturnType<typeof createResolve> | null,
): Promise<Line> {
  const decision = decideUrl(rules, url, method);
  const { allowed, reason, rule, host } = decision;
  const address = host === null ? undefined : classifyAddress(host)?.address;
  if (!allowed) {
    const { message, hint } = decision;
    return {
      url: decision.url ?? cleanLine(url, 2048),
      allowed,
      reason,
      rule,
      host,
      ...(address === undefined ? {} : { address }),
      message,
      hint,
    };
  }
  const line: Line = {
    url: decision.url,
    allowed,
    reason,
    rule,
    host,
    ...(address === undefined ? {} : { address }),
  };
  return resolve === null || decision.name === null ? line : judged(rules, decision, line, resolve);
}

/** As the enforcer does: one address that may not be reached is one too many. */
async function judged(
  rules: EgressRules,
  clearance: UrlClearance,
  line: Line,
  resolve: ReturnType<typeof createResolve>,
): Promise<Line> {
  let addresses: readonly string[] = [];
  try {
    addresses = await resolve(clearance.name ?? '', new AbortController().signal);
  } catch {
    // No answer is no address.
  }
  const [first] = addresses;
  if (first === undefined) {
    const message = `${clearance.host} has no address, or nobody answered`;
    return { ...line, allowed: false, reason: 'unresolved', rule: null, message, hint: 'check the name' };
  }
  for (const address of addresses) {
    const decision = decideAddress(rules, address, clearance);
    if (decision.allowed) continue;
    const { reason, rule, message, hint } = decision;
    return { ...line, allowed: false, reason, rule, address, message, hint };
  }
  return { ...line, address: first };
}

function shown({ url, allowed, reason, rule, address, message = '', hint = '' }: Line): string {
  const at = address === undefined || url.includes(address) ? '' : ` at ${address}`;
  return allowed
    ? `allowed ${cleanLine(url, 8192)}${at}, by ${rule}\n`
    : `denied ${cleanLine(url, 8192)}${at}: ${reason}: ${message}; ${hint}\n`;
}

/** Lines end with LF or CRLF and nothing else; the last one need not. Bytes that are not UTF-8 become U+FFFD, which no URL holds. */
async function* linesOf(stream: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of stream) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) yield line.replace(/\r$/, '');
  }
  rest += decoder.decode();
  if (rest !== '') yield rest.replace(/\r$/, '');
}
