/** `citadel egress-proxy`: the network controller as a service, for pages that cannot pin addresses themselves. */
import { readFile } from 'node:fs/promises';
import { cleanLine } from '../core/text.ts';
import { createEgress, createProxyHandler, type EgressRecord, SHORTEST_TOKEN } from '../egress/index.ts';
import type { HttpService } from '../platform/http.ts';
import { createNodeNet } from '../platform/node/net.ts';
import { serveHttp } from '../platform/node/net-serve.ts';
import { parseNetworkPolicy } from '../policy/egress/index.ts';
import { type OptionTable, type ParsedArgs, parseArgs } from './args.ts';
import { usage } from './fail.ts';
import { display, readJson } from './files.ts';
import type { Output } from './output.ts';

const OPTIONS: OptionTable = {
  policy: { kind: 'value', example: '--policy policy.json' },
  listen: { kind: 'value', example: '--listen 127.0.0.1:8787' },
  token: { kind: 'value', example: '--token TEXT' },
  'token-file': { kind: 'value', example: '--token-file token.txt' },
  origin: { kind: 'values', example: '--origin https://app.example.com' },
  dns: { kind: 'values', example: '--dns 9.9.9.9' },
  ca: { kind: 'values', example: '--ca authority.pem' },
  json: { kind: 'flag' },
  help: { kind: 'flag' },
};

export const EGRESS_PROXY_HELP: string = `citadel egress-proxy --policy FILE [options]

Sends the requests of pages and programs that know the token, as far as the policy's network part allows:
names are resolved once, all their addresses are judged, and connections go to those addresses.

  --policy FILE              the policy, as JSON (docs/policy.md); its part network is used
  --listen HOST:PORT         default 127.0.0.1:8787; port 0 chooses a free one
  --token-file FILE          holds the token, at least ${SHORTEST_TOKEN} characters; also CITADEL_EGRESS_TOKEN, or
  --token TEXT               which other users of this machine can see; default: a new one, printed at start
  --origin ORIGIN            pages of this origin may call it; repeatable; default: none
  --dns system|ADDRESS       whom to ask for names; repeatable; default: the machine's DNS servers
  --ca FILE                  trust this authority (PEM) too; repeatable
  --json                     print JSON lines: where it listens, then one for each attempt

It answers to SIGINT and SIGTERM by ending what is under way, for at most ten seconds. A second one ends it at once.
`;

/** Requests under way may still end when the service is to stop. */
const GRACE_MS = 10_000;
const CONNECTIONS = 1024;

export async function egressProxyCommand(argv: readonly string[], output: Output): Promise<number> {
  const args = parseArgs(argv, OPTIONS);
  if (args.has('help')) {
    output.out(EGRESS_PROXY_HELP);
    return 0;
  }
  const [word] = args.words;
  if (word !== undefined)
    throw usage(`egress-proxy takes no file, got ${display(word)}; write --policy FILE`);
  const address = parseListen(args.one('listen') ?? '127.0.0.1:8787');
  const { token, isNew } = await readToken(args);
  const handler = createProxyHandler({
    egress: createEgress({ rules: await readRules(args), net: createNodeNet(await netOptions(args)) }),
    clients: [{ name: 'token', token }],
    origins: args.all('origin'),
    record: (_, entry) => output.out(args.has('json') ? `${JSON.stringify(entry)}\n` : line(entry)),
  });
  let service: HttpService;
  try {
    service = await serveHttp({ ...address, connections: CONNECTIONS }, handler);
  } catch (error) {
    const { code = 'an unknown error' } = error as NodeJS.ErrnoException;
    throw usage(`cannot listen on ${address.host}:${address.port} (${code}); choose another --listen`);
  }
  const host = service.host.includes(':') ? `[${service.host}]` : service.host;
  const url = `http://${host}:${service.port}`;
  if (!/^(127\.|::1$)/.test(service.host)) {
    output.note(
      'the token travels unencrypted here: put a server with TLS in front, and listen on 127.0.0.1',
    );
  }
  output.out(
    args.has('json')
      ? `${JSON.stringify({ listening: url, ...(isNew ? { token } : {}) })}\n`
      : `listening on ${url}\n${isNew ? `token ${token}\n` : ''}`,
  );
  await stopWanted();
  await service.close(GRACE_MS);
  return 0;
}

function line({ decision, method, url, outcome, reason, fault, status, ms }: EgressRecord): string {
  const why = reason ?? fault ?? String(status ?? '');
  return `${decision} ${outcome} ${method} ${url} ${cleanLine(why, 200)} ${Math.round(ms)}ms\n`;
}

async function readRules(args: ParsedArgs): Promise<ReturnType<typeof parseNetworkPolicy>> {
  const file = args.one('policy');
  if (file === undefined) throw usage('name what may be reached; write --policy FILE');
  const policy = await readJson(file);
  if (typeof policy !== 'object' || policy === null || !Object.hasOwn(policy, 'network')) {
    throw usage(
      `${display(file)} must hold one JSON object with a part network, such as {"network":{"allow":[]}}`,
    );
  }
  return parseNetworkPolicy((policy as { network: unknown }).network, 'policy.network');
}

async function netOptions(args: ParsedArgs): Promise<Parameters<typeof createNodeNet>[0]> {
  const servers = args.all('dns');
  const isSystem = servers.includes('system');
  if (isSystem && servers.length > 1) throw usage('--dns system goes alone; leave out the other --dns');
  const extraAuthorities = await Promise.all(args.all('ca').map(readSmall));
  return {
    dns: isSystem ? { source: 'system' } : servers.length > 0 ? { servers } : {},
    extraAuthorities,
  };
}

function parseListen(text: string): { readonly host: string; readonly port: number } {
  const [, host, digits] = /^(\[[0-9a-f:.]+\]|[^:[\]]+):(\d{1,5})$/i.exec(text) ?? [];
  const port = Number(digits);
  if (host === undefined || port > 65_535) {
    throw usage(`--listen needs HOST:PORT, such as 127.0.0.1:8787, got ${display(text)}`);
  }
  return { host: host.replace(/^\[(.*)\]$/, '$1'), port };
}

async function readToken(args: ParsedArgs): Promise<{ readonly token: string; readonly isNew: boolean }> {
  const file = args.one('token-file');
  const given =
    args.one('token') ??
    (file === undefined ? process.env['CITADEL_EGRESS_TOKEN'] : (await readSmall(file)).trim());
  if (given === undefined) {
    const bytes = crypto.getRandomValues(new Uint8Array(32));
    return { token: Buffer.from(bytes).toString('base64url'), isNew: true };
  }
  if (given.length < SHORTEST_TOKEN || !/^[\u0021-\u007e]+$/.test(given)) {
    throw usage(`the token needs at least ${SHORTEST_TOKEN} printable characters without spaces`);
  }
  return { token: given, isNew: false };
}

async function readSmall(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const { code = 'an unknown error' } = error as NodeJS.ErrnoException;
    throw usage(`${display(path)} could not be read (${code}); check it`);
  }
}

/** Resolves at the first signal. The second finds no listener, and ends the process as without us. */
function stopWanted(): Promise<void> {
  return new Promise(resolve => {
    const stop = (): void => {
      process.off('SIGINT', stop);
      process.off('SIGTERM', stop);
      resolve();
    };
    process.on('SIGINT', stop);
    process.on('SIGTERM', stop);
  });
}
