/** Requests, through the one place where they leave: held to the policy the node names, in the same words as a plugin's. */
import { concatBytes } from '../../core/bytes.ts';
import type { Value } from '../../core/value.ts';
import { type EgressBody, EgressBodyError, type EgressSession } from '../../egress/index.ts';
import { decideUrl } from '../../policy/egress/index.ts';
import { failure } from '../failure.ts';
import {
  bool,
  checkFields,
  choice,
  type Fields,
  flag,
  integer,
  into,
  isRecord,
  num,
  str,
  text,
  texts,
} from '../fields.ts';
import type { Call, NodeContext, NodeKind } from '../kind.ts';
import { type Template, template, viewOf } from '../template.ts';
import type { Config } from '../types.ts';
import { checkPolicy, checkTemplates, policyOf } from './common.ts';

const MiB = 1024 * 1024;
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

const HTTP: Fields = {
  url: text(8_192, true),
  method: choice(...METHODS),
  headers: texts(100),
  body: text(100_000),
  parse: choice('auto', 'json', 'text', 'bytes'),
  response: choice('body', 'all'),
  /** Statuses from 400 on are failures. Default true. */
  failOnStatus: flag,
  maxBytes: integer(0, 64 * MiB),
  policy: text(100),
  into,
};

const utf8 = new TextEncoder();

async function read(body: EgressBody, maxBytes: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const part of body) {
      length += part.length;
      if (length > maxBytes)
        throw failure('NODE_FAILED', `the response has more than ${maxBytes} bytes: raise config.maxBytes`);
      parts.push(part);
    }
  } catch (error) {
    if (!(error instanceof EgressBodyError)) throw error;
    throw failure('HTTP_FAILED', error.message, error);
  } finally {
    body.cancel();
  }
  return concatBytes(parts);
}

function parse(bytes: Uint8Array, how: string, type: string): Value {
  if (how === 'bytes') return bytes;
  const written = new TextDecoder().decode(bytes);
  const isJson = how === 'json' || (how === 'auto' && /^application\/(?:[\w.-]+\+)?json\b/i.test(type));
  if (!isJson) return written;
  try {
    return JSON.parse(written) as Value;
  } catch {
    throw failure('NODE_FAILED', 'the response is no JSON: set config.parse to text to see it');
  }
}

interface Request {
  readonly url: Template;
  readonly headers: readonly (readonly [string, Template])[];
  readonly body: Template | null;
}

function requestOf({ config, services }: NodeContext): Request {
  const headers = isRecord(config['headers']) ? Object.entries(config['headers']) : [];
  const isJson = headers.some(([name, value]) => /^content-type$/i.test(name) && /json/i.test(String(value)));
  return {
    url: template(services, str(config, 'url'), 'url'),
    headers: headers.map(([name, value]) => [name, template(services, String(value), 'none')] as const),
    body:
      config['body'] === undefined ? null : template(services, str(config, 'body'), isJson ? 'json' : 'none'),
  };
}

async function send(context: NodeContext, request: Request, item: Value, call: Call): Promise<Value> {
  const { config, services } = context;
  const session = services.egress(policyOf(config)).open({
    signal: call.signal,
    record: record => {
      call.account.request(record);
      if (record.decision === 'denied')
        call.account.deny({
          kind: 'network',
          subject: URL.parse(record.url)?.host || record.url.slice(0, 256),
          hint: record.hint ?? '',
        });
    },
  });
  try {
    return await exchange(session, config, request, item, call);
  } finally {
    session.close();
    const { requests, bytesUp, bytesDown } = session.usage();
    call.account.traffic(requests, bytesUp, bytesDown);
  }
}

async function exchange(
  session: EgressSession,
  config: Config,
  request: Request,
  item: Value,
  call: Call,
): Promise<Value> {
  const view = { ...viewOf(item, call.index, call.vars), secrets: session.placeholders };
  const method = str(config, 'method', 'GET');
  const body = request.body === null ? null : utf8.encode(await request.body.render(view, call));
  const url = await request.url.render(view, call);
  const fields: (readonly [string, string])[] = [];
  for (const [name, value] of request.headers) fields.push([name, await value.render(view, call)]);
  const answer = await session.fetch({
    url,
    method,
    headers: fields,
    body: method === 'GET' || method === 'HEAD' ? null : body,
    signal: call.signal,
  });
  if (answer.kind === 'denied')
    throw failure('POLICY_DENIED', `${answer.denial.message}: ${answer.denial.hint}`);
  if (answer.kind === 'failed')
    throw failure('HTTP_FAILED', `the request to ${URL.parse(url)?.host ?? 'there'} failed`);
  const { status, headers, body: content } = answer.response;
  const bytes = await read(content, num(config, 'maxBytes', MiB));
  if (status >= 400 && bool(config, 'failOnStatus', true))
    throw failure('HTTP_FAILED', `the server answered ${status}`);
  const table: Record<string, Value> = Object.fromEntries(
    headers.map(([name, value]) => [name.toLowerCase(), value] as const),
  );
  const data = parse(bytes, str(config, 'parse', 'auto'), String(table['content-type'] ?? ''));
  const whole = str(config, 'response', 'body') === 'all';
  return call.budget.place(item, str(config, 'into'), whole ? { status, headers: table, body: data } : data);
}

export const http: NodeKind = {
  inputs: ['in'],
  outputs: () => ['out'],
  modes: ['item'],
  check(config, complain, context) {
    if (!checkFields(config, HTTP, complain)) return;
    checkTemplates(config, ['url', 'body'], complain);
    const headers = isRecord(config['headers']) ? config['headers'] : {};
    for (const name of Object.keys(headers))
      if (!/^[!#$%&'*+.^_`|~0-9a-zA-Z-]+$/.test(name))
        complain('headers', `has a name that is none: ${JSON.stringify(name)}`);
    if (!checkPolicy(config, complain, context)) return;
    const url = str(config, 'url');
    const rules = context.services.rules(policyOf(config));
    // What is filled in is decided when it is known.
    if (rules === undefined || url.includes('{')) return;
    const decision = decideUrl(rules.network, url, str(config, 'method', 'GET'));
    if (!decision.allowed)
      complain.as('network', 'warning', 'url', `will be denied: ${decision.message}; ${decision.hint}`);
  },
  open(context) {
    const request = requestOf(context);
    return { item: async (item, call) => ({ out: [await send(context, request, item, call)] }) };
  },
};
