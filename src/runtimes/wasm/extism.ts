/**
 * The host's part of Extism's plugin interface, for plugins as they come: https://extism.org/docs/concepts/pdk. What a
 * plugin's manifest would allow grants nothing here; configuration is the policy's `env`, variables live for one run.
 */
import type { NetHead, NetHeader } from '../../protocol/net.ts';
import type { GuestRequest, NetLink } from '../cell/net.ts';
import { fetchSuspended, fetchWaiting, type Waited } from '../cell/net-wait.ts';
import { utf8Decode, utf8Encode } from '../cell/utf8.ts';
import { GuestFailure, type Imports, Suspension } from './guest.ts';
import type { Kernel } from './kernel.ts';
import type { Meter } from './meter.ts';

/** The policy does not let a request out. */
export class Denied {
  readonly message: string;

  constructor(message: string) {
    this.message = message;
  }
}

export interface ExtismHost {
  readonly config: Readonly<Record<string, string>>;
  readonly meter: Meter;
  readonly net: NetLink;
  /** Largest body of an answer. */
  readonly bodyBytes: number;
  /** Where the guest is suspended while it waits: resolves with the answer to a request. */
  readonly answer: ((id: number) => Promise<Uint8Array>) | null;
  /** Index into LOG_LEVELS. */
  log(level: number, text: string): void;
}

/** Of the JSON of a request. */
const REQUEST_CHARS = 128 * 1024;
const FAILURES = {
  network: 'the request failed',
  aborted: 'the request was aborted',
  limit: 'the answer is more than the policy lets a run receive',
  unsent: 'the request is more than the policy lets a run send',
  'too-large': 'the answer is larger than the memory of the plugin',
} as const;
/** Extism's own default for all variables of a plugin together. */
const MAX_VARS_BYTES = 1024 * 1024;
const MAX_VARS = 1_000;
/** A call costs this much fuel, and a unit more for every 16 bytes. */
const CALL_FUEL = 32;
const LOG_FUNCTIONS = [
  ['log_trace', 0],
  ['log_debug', 0],
  ['log_info', 2],
  ['log_warn', 3],
  ['log_error', 4],
] as const;
/** Everything is logged: limits bound it. */
const LOWEST_LEVEL = 0;

/** By the way this platform has of waiting. */
function httpRequest(
  { net, meter, bodyBytes, answer }: ExtismHost,
  asked: (request: bigint, body: bigint) => GuestRequest,
  answered: (found: Waited) => bigint,
): HostFunction | WebAssembly.ExportValue {
  if (net.canWait) {
    return (request, body) =>
      answered(fetchWaiting(net, meter, asked(request as bigint, body as bigint), bodyBytes));
  }
  if (answer !== null && Suspension.Suspending !== undefined) {
    return new Suspension.Suspending(async (request: bigint, body: bigint) =>
      answered(await fetchSuspended(net, meter, asked(request, body), bodyBytes, answer)),
    );
  }
  return () => {
    throw new GuestFailure(
      'NotSupported',
      'http_request needs a cross-origin isolated page, or a browser that can suspend WebAssembly',
    );
  };
}

type HostFunction = (...args: bigint[]) => bigint | number | undefined;

export function extismImports(kernel: Kernel, host: ExtismHost): Imports {
  const vars = new Map<string, Uint8Array>();
  let varsBytes = 0;
  let last: Extract<NetHead, { kind: 'response' }> | null = null;

  const bytesAt = (at: bigint, what: string): Uint8Array => {
    const bytes = kernel.load(at);
    if (bytes === null) throw new GuestFailure('BadPointer', `${what} is no block of the exchange memory`);
    host.meter.charge(CALL_FUEL + (bytes.length >> 4));
    return bytes;
  };
  const textAt = (at: bigint, what: string): string => utf8Decode(bytesAt(at, what), false) as string;
  const answer = (bytes: Uint8Array): bigint => {
    host.meter.charge(CALL_FUEL + (bytes.length >> 4));
    const at = kernel.store(bytes);
    if (at === 0n && bytes.length > 0) throw new GuestFailure('NoRoom', 'the exchange memory is full');
    return at;
  };

  const asked = (request: bigint, body: bigint): GuestRequest => {
    const sent = body === 0n ? null : bytesAt(body, 'the body of http_request');
    return { ...readRequest(textAt(request, 'the request of http_request')), body: sent, redirect: 'follow' };
  };
  const answered = (found: Waited): bigint => {
    if (found.kind === 'denied') throw new Denied(`http_request is denied: ${found.message}`);
    if (found.kind === 'failed') throw new GuestFailure('HttpError', FAILURES[found.failure]);
    last = found.head;
    return answer(found.body);
  };

  const functions: Record<string, HostFunction | WebAssembly.ExportValue> = {
    http_request: httpRequest(host, asked, answered),
    config_get(key) {
      const name = textAt(key as bigint, 'the key of config_get');
      return Object.hasOwn(host.config, name) ? answer(utf8Encode(host.config[name] as string)) : 0n;
    },
    var_get(key) {
      const value = vars.get(textAt(key as bigint, 'the key of var_get'));
      return value === undefined ? 0n : answer(value);
    },
    var_set(key, at) {
      const name = textAt(key as bigint, 'the key of var_set');
      const value = at === 0n ? null : bytesAt(at as bigint, 'the value of var_set');
      varsBytes -= vars.get(name)?.length ?? 0;
      vars.delete(name);
      if (value === null) return undefined;
      varsBytes += value.length;
      if (varsBytes > MAX_VARS_BYTES || vars.size >= MAX_VARS)
        throw new GuestFailure(
          'NoRoom',
          `variables hold at most ${MAX_VARS_BYTES} bytes in ${MAX_VARS} names`,
        );
      vars.set(name, value);
      return undefined;
    },
    http_status_code: () => last?.status ?? 0,
    http_headers: () => (last === null ? 0n : answer(utf8Encode(headersText(last.headers)))),
    get_log_level: () => LOWEST_LEVEL,
  };
  for (const [name, level] of LOG_FUNCTIONS) {
    functions[name] = at => {
      host.log(level, textAt(at as bigint, 'the text of a log record'));
      return undefined;
    };
  }
  // The types of imports say nothing of plain functions.
  return Object.assign(kernel.functions(), functions as unknown as Imports);
}

interface Asked {
  readonly url: string;
  readonly method: string;
  readonly headers: readonly string[];
}

/** The JSON of a request: `url`, and perhaps `method` and `headers`, as Extism's PDKs write it. */
function readRequest(text: string): Asked {
  const refuse = (what: string): GuestFailure => new GuestFailure('BadRequest', `http_request: ${what}`);
  if (text.length > REQUEST_CHARS) throw refuse(`the request has more than ${REQUEST_CHARS} characters`);
  let given: unknown;
  try {
    given = JSON.parse(text);
  } catch {
    throw refuse('the request is not JSON');
  }
  if (typeof given !== 'object' || given === null) throw refuse('the request is no object');
  const own = (name: string): unknown => {
    const { value } = Object.getOwnPropertyDescriptor(given, name) ?? {};
    return value ?? undefined;
  };
  const url = own('url');
  const method = own('method') ?? 'GET';
  const headers = own('headers') ?? {};
  if (typeof url !== 'string') throw refuse('url must be text');
  if (typeof method !== 'string') throw refuse('method must be text');
  if (typeof headers !== 'object') throw refuse('headers must be an object');
  const flat: string[] = [];
  for (const [name, value] of Object.entries(headers as object)) {
    if (typeof value !== 'string') throw refuse('each header must be text');
    flat.push(name, value);
  }
  return { url, method, headers: flat };
}

/** Values of one name are joined, as HTTP allows. */
function headersText(headers: readonly NetHeader[]): string {
  const joined = new Map<string, string>();
  for (const [given, value] of headers) {
    const name = given.toLowerCase();
    const before = joined.get(name);
    joined.set(name, before === undefined ? value : `${before}, ${value}`);
  }
  return JSON.stringify(Object.fromEntries(joined));
}
