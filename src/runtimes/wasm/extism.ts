/**
 * The host's part of Extism's plugin interface, for plugins as they come: https://extism.org/docs/concepts/pdk. What a
 * plugin's manifest would allow grants nothing here; configuration is the policy's `env`, variables live for one run.
 */
import { utf8Decode, utf8Encode } from '../cell/utf8.ts';
import { GuestFailure, type Imports } from './guest.ts';
import type { Kernel } from './kernel.ts';
import type { Meter } from './meter.ts';

/** The network was asked for. */
export class Denied {
  readonly subject: string;

  constructor(subject: string) {
    this.subject = subject;
  }
}

export interface ExtismHost {
  readonly config: Readonly<Record<string, string>>;
  readonly meter: Meter;
  /** Index into LOG_LEVELS. */
  log(level: number, text: string): void;
}

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

type HostFunction = (...args: bigint[]) => bigint | number | undefined;

export function extismImports(kernel: Kernel, host: ExtismHost): Imports {
  const vars = new Map<string, Uint8Array>();
  let varsBytes = 0;

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

  const functions: Record<string, HostFunction> = {
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
    http_request(request) {
      throw new Denied(hostOf(textAt(request as bigint, 'the request of http_request')));
    },
    http_status_code: () => 0,
    http_headers: () => 0n,
    get_log_level: () => LOWEST_LEVEL,
  };
  for (const [name, level] of LOG_FUNCTIONS) {
    functions[name] = at => {
      host.log(level, textAt(at as bigint, 'the text of a log record'));
      return undefined;
    };
  }
  return Object.assign(kernel.functions(), functions as unknown as Imports);
}

/** What the report names: the host of the request's URL. */
function hostOf(request: string): string {
  const url = /"url"\s*:\s*"https?:\/\/([^"/?#\\]{1,255})/i.exec(request);
  return url?.[1] ?? 'the network';
}
