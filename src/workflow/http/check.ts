/** What of an HTTP node's config cannot succeed, or is not what it looks like, before anything is asked. */
import { SandboxError } from '../../core/errors.ts';
import type { Header } from '../../platform/net.ts';
import { checkHeaders, decideUrl } from '../../policy/egress/index.ts';
import { type Piece, type Sample, samplesSteps } from '../../tools/fill.ts';
import {
  anything,
  checkFields,
  choice,
  type Field,
  type Fields,
  flag,
  integer,
  into,
  isRecord,
  str,
  text,
  texts,
} from '../fields.ts';
import type { Complain, NodeContext } from '../kind.ts';
import { checkPolicy, checkTexts, policyOf } from '../kinds/common.ts';
import type { Config, Json } from '../types.ts';
import { BODY_KEYS, placeFor } from './body.ts';
import { isKnownCharset } from './charset.ts';
import { checkPages } from './pages.ts';
import { fillHeader } from './text-places.ts';
import { fillUrl } from './url.ts';

const MiB = 1024 * 1024;
export const METHODS: readonly string[] = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];
const TOKEN = /^[!#$%&'*+.^_`|~0-9a-zA-Z-]+$/;
const PARTS = 100;
/** Fits every place: a label, a port, a segment, a key and a value of JSON. */
const SAMPLE = '1';
const SAMPLE_CHARS = 1_000_000;

const record = (max: number): Field => ({
  problem: value =>
    isRecord(value) && Object.keys(value).length <= max ? null : `must be an object of at most ${max} names`,
});

const list = (max: number): Field => ({
  problem: value =>
    Array.isArray(value) && value.length > 0 && value.length <= max && value.every(isRecord)
      ? null
      : `must be a list of 1 to ${max} objects`,
});

const FIELDS: Fields = {
  url: text(8_192, true),
  method: choice(...METHODS),
  headers: texts(100),
  body: text(100_000),
  json: anything,
  form: record(1_000),
  multipart: list(PARTS),
  /** JSONPath of bytes or a text of the item. */
  from: text(1_000),
  parse: choice('auto', 'json', 'ndjson', 'text', 'bytes'),
  charset: text(40),
  malformed: choice('fail', 'replace'),
  integers: choice('bigint', 'text'),
  response: choice('body', 'all'),
  /** Statuses from 400 on are failures. Default true. */
  failOnStatus: flag,
  maxBytes: integer(0, 64 * MiB),
  cookies: choice('run'),
  pages: anything,
  policy: text(100),
  into,
};

const PART: Fields = {
  name: text(1_000, true),
  value: anything,
  from: text(1_000),
  fileName: text(1_000),
  type: text(200),
};

function messageOf(error: unknown): string {
  return error instanceof Error
    ? error.message.replace(/^config\.\w+(?:\.[\w-]+)?:? /, '')
    : 'cannot be made';
}

/** Templates among what a config holds, with their paths. */
function* templatesIn(value: Json | undefined, at: string): Generator<readonly [string, string]> {
  if (typeof value === 'string') yield [at, value];
  else if (Array.isArray(value))
    for (const [index, one] of (value as readonly Json[]).entries())
      yield* templatesIn(one, `${at}[${index}]`);
  else if (isRecord(value))
    for (const [key, one] of Object.entries(value)) yield* templatesIn(one, `${at}.${key}`);
}

/** Pieces with a value in each place; null where only a run can tell, because of tags. */
type Samples = ReadonlyMap<string, readonly Piece[] | null>;

const TEMPLATES = ['url', 'headers', 'body', 'json', 'form'];
const PART_TEMPLATES = ['value', 'fileName', 'type'];

function* allTemplates(config: Config): Generator<readonly [string, string]> {
  for (const key of TEMPLATES) yield* templatesIn(config[key], key);
  const parts = Array.isArray(config['multipart']) ? (config['multipart'] as readonly Json[]) : [];
  for (const [index, part] of parts.entries())
    if (isRecord(part))
      for (const key of PART_TEMPLATES) yield* templatesIn(part[key], `multipart[${index}].${key}`);
}

/** Reads all templates, where and when there is time for it; then looks closer, when there is nothing wrong with them. */
function readTemplates(config: Config, complain: Complain, use: (samples: Samples) => void): void {
  const templates = [...allTemplates(config)];
  const input = templates.map(([, text]) => text);
  complain.reading({
    tool: 'samples',
    config: { sample: SAMPLE },
    input,
    steps: samplesSteps(input),
    use(result) {
      const samples = new Map<string, readonly Piece[] | null>();
      let fine = true;
      for (const [i, sample] of (result as unknown as readonly Sample[]).entries()) {
        const [at = ''] = templates[i] ?? [];
        if ('pieces' in sample) {
          samples.set(at, sample.pieces);
          continue;
        }
        fine = false;
        complain(at, `is no template: ${sample.problem}`);
      }
      if (fine) use(samples);
    },
    skipped: why => complain.as('limit', 'warning', 'url', why),
  });
}

/** Null, too, where values are taken as they are: then their place is not known. */
function placesOf(samples: Samples, at: string): readonly Piece[] | null {
  const pieces = samples.get(at) ?? null;
  return pieces?.some(piece => piece.kind === 'value' && piece.isRaw) === true ? null : pieces;
}

function tryOut(complain: Complain, at: string, make: () => unknown): void {
  try {
    make();
  } catch (error) {
    complain(at, messageOf(error));
  }
}

function checkUrl(samples: Samples, complain: Complain): void {
  const raw = samples
    .get('url')
    ?.find(piece => piece.kind === 'value' && piece.isRaw && !/^\{\{-?\s*vars\b/.test(piece.name));
  if (raw?.kind === 'value')
    complain.as(
      'config',
      'warning',
      'url',
      `takes ${raw.name} as it is: it can change the rest of the address; leave out | raw, or check it first`,
    );
  const pieces = placesOf(samples, 'url');
  // One that is the whole address says everything itself.
  if (pieces === null || (pieces.length === 1 && pieces[0]?.kind === 'value')) return;
  tryOut(complain, 'url', () => fillUrl(pieces));
}

function checkNames(config: Config, samples: Samples, complain: Complain, { services }: NodeContext): void {
  const headers = isRecord(config['headers']) ? config['headers'] : {};
  const rules = services.rules(policyOf(config));
  for (const name of Object.keys(headers)) {
    const at = `headers.${name.slice(0, 60)}`;
    if (!TOKEN.test(name)) {
      complain('headers', `has a name that is none: ${JSON.stringify(name)}`);
      continue;
    }
    const pieces = placesOf(samples, `headers.${name}`);
    if (pieces === null) continue;
    let sample: Header = [name, SAMPLE];
    tryOut(complain, at, () => {
      sample = [name, fillHeader(pieces, `config.${at}`, 10_000)];
    });
    if (rules === undefined) continue;
    const decision = checkHeaders(
      [sample],
      rules.network.limits.requestHeaderBytes,
      rules.network.allowHeaders,
    );
    if (!decision.allowed)
      complain.as('network', 'warning', at, `will be denied: ${decision.message}; ${decision.hint}`);
  }
}

const typeOf = (config: Config): string | null => {
  const headers = isRecord(config['headers']) ? config['headers'] : {};
  const found = Object.entries(headers).find(([name]) => /^content-type$/i.test(name));
  return found === undefined ? null : String(found[1]);
};

function checkBody(config: Config, complain: Complain): void {
  const [key, second] = BODY_KEYS.filter(name => config[name] !== undefined);
  if (second !== undefined) complain(second, `is a second body beside config.${key}: leave one of them out`);
  if (key === undefined) return;
  const method = str(config, 'method', 'GET');
  if (method === 'GET' || method === 'HEAD')
    complain(key, `cannot be sent with ${method}: set config.method to POST or PUT, or leave it out`);
  if (key === 'multipart') checkParts(config, complain);
  if (key === 'from') checkTexts('path', [['from', str(config, 'from')]], complain);
}

function checkParts(config: Config, complain: Complain): void {
  if (typeOf(config) !== null)
    complain('headers', 'may not name a content-type for config.multipart, which has its own: leave it out');
  for (const [index, part] of (config['multipart'] as readonly Config[]).entries()) {
    const at = `multipart[${index}]`;
    const say = Object.assign((key: string, message: string): void => complain(`${at}.${key}`, message), {
      as: complain.as,
    }) as Complain;
    if (!checkFields(part, PART, say)) continue;
    if ((part['value'] === undefined) === (part['from'] === undefined))
      complain(at, 'must have either value, a text with templates, or from, a JSONPath');
    if (part['from'] !== undefined) checkTexts('path', [[`${at}.from`, str(part, 'from')]], complain);
  }
}

/** A body that is a text: whether its places can be known. */
function checkText(config: Config, samples: Samples, complain: Complain): void {
  if (config['body'] === undefined) return;
  const pieces = samples.get('body') ?? null;
  const [only] = pieces ?? [];
  if (pieces?.length === 1 && only?.kind === 'value') return;
  const type = typeOf(config);
  const place = type?.includes('{') === true ? null : placeFor(type);
  const fills = pieces === null || pieces.some(piece => piece.kind === 'value');
  if (place === null && fills) {
    complain.as(
      'config',
      'warning',
      'body',
      `is filled in as it is, since ${type === null ? 'no content-type says' : `nobody knows for ${JSON.stringify(type.slice(0, 60))}`} how: name a type such as application/json or text/plain, or use config.json, form or multipart`,
    );
    return;
  }
  if (pieces?.some(piece => piece.kind === 'value' && piece.isRaw) === true) {
    complain.as('config', 'warning', 'body', 'takes values as they are: they can change what is around them');
    return;
  }
  if (place !== null && pieces !== null)
    tryOut(complain, 'body', () => place(pieces, 'config.body', SAMPLE_CHARS));
}

function checkCookies(config: Config, complain: Complain, { services }: NodeContext): void {
  if (config['cookies'] === undefined) return;
  try {
    if (services.egress(policyOf(config)).capabilities.cookiesSeen) return;
    complain.as(
      'permission',
      'error',
      'cookies',
      'cannot be kept here, where a page sees none: send requests through an egress proxy (options.egressProxy)',
    );
  } catch (error) {
    if (!(error instanceof SandboxError)) throw error;
    complain.as('permission', 'error', 'policy', `cannot be used here: ${error.message}`);
  }
}

export function checkHttp(config: Config, complain: Complain, context: NodeContext): void {
  if (!checkFields(config, FIELDS, complain)) return;
  checkBody(config, complain);
  checkPages(config, complain);
  const charset = str(config, 'charset');
  if (charset !== '' && !isKnownCharset(charset))
    complain('charset', `is no encoding that can be decoded here: ${JSON.stringify(charset)}`);
  readTemplates(config, complain, samples => {
    checkUrl(samples, complain);
    checkText(config, samples, complain);
    checkNames(config, samples, complain, context);
  });
  if (!checkPolicy(config, complain, context)) return;
  checkCookies(config, complain, context);
  const url = str(config, 'url');
  const rules = context.services.rules(policyOf(config));
  // What is filled in is decided when it is known.
  if (rules === undefined || url.includes('{')) return;
  const decision = decideUrl(rules.network, url, str(config, 'method', 'GET'));
  if (!decision.allowed)
    complain.as('network', 'warning', 'url', `will be denied: ${decision.message}; ${decision.hint}`);
}
