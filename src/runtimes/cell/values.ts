/** Between the wire's values and the bytes a guest without objects reads and writes. */
import { SandboxError } from '../../core/errors.ts';
import type { Value } from '../../core/value.ts';
import { encodeValue } from '../../protocol/value-codec.ts';
import { type Execution, failed } from './execution.ts';
import { type JsonRead, readJson } from './json.ts';
import { utf8Decode, utf8Encode } from './utf8.ts';

/** JSON has no form for it. */
export class NotJson extends Error {}

function replaceValue(key: string, value: unknown): unknown {
  if (typeof value === 'bigint') throw new NotJson(`${key === '' ? 'it' : JSON.stringify(key)} is a BigInt`);
  if (value instanceof Map || value instanceof Set)
    throw new NotJson(
      `${key === '' ? 'it' : JSON.stringify(key)} is a ${value instanceof Map ? 'Map' : 'Set'}`,
    );
  if (value instanceof Uint8Array)
    throw new NotJson(`${JSON.stringify(key)} is a Uint8Array inside of something`);
  return value;
}

/** JSON in UTF-8; a Uint8Array as it is; nothing for undefined. @throws NotJson */
export function toBytes(value: Value): Uint8Array {
  if (value instanceof Uint8Array) return value;
  if (value === undefined) return new Uint8Array(0);
  return utf8Encode(JSON.stringify(value, replaceValue));
}

/** Characters that no text has, except for tab and the ends of lines. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const CONTROL = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f]/;

/**
 * Bytes of a guest as a value: JSON if they are JSON, else text if they are text, else bytes; `undefined` for none. Or why they are
 * none, where they say they are JSON.
 * @param step called now and then while long JSON is read; what it throws ends the run
 */
export function readBytes(
  bytes: Uint8Array,
  most: number,
  step: () => void,
): { readonly value: Value; readonly refusal?: undefined } | Extract<JsonRead, { refusal: string }> {
  if (bytes.length === 0) return { value: undefined };
  const text = utf8Decode(bytes, true);
  // Bytes that happen to be UTF-8 are not text yet.
  if (text === null || CONTROL.test(text)) return { value: new Uint8Array(bytes) };
  const read = readJson(bytes, text, most, step);
  return read.refusal === 'not-json' ? { value: text } : read;
}

export type OutputMode = 'auto' | 'json' | 'text' | 'bytes';

function unsupported(message: string): Execution {
  return failed('OUTPUT_UNSUPPORTED', { message });
}

/**
 * What a guest returned as bytes, as the caller wants it read.
 * @param step called now and then while a long answer is read; what it throws ends the run
 */
export function fromBytes(
  bytes: Uint8Array,
  mode: OutputMode,
  outputBytes: number,
  step: () => void,
): Execution {
  if (mode === 'bytes') return succeed(new Uint8Array(bytes), outputBytes);
  const text = mode === 'auto' ? '' : utf8Decode(bytes, true);
  if (text === null) return unsupported('ask for output "bytes": the plugin’s output is not UTF-8');
  if (mode === 'text') return succeed(text, outputBytes);
  const read =
    mode === 'auto' ? readBytes(bytes, outputBytes, step) : readJson(bytes, text, outputBytes, step);
  if (read.refusal === undefined) return succeed(read.value, outputBytes);
  if (read.refusal === 'not-json')
    return unsupported('ask for output "text" or "bytes": the plugin’s output is not JSON');
  return failed(read.refusal, { message: read.message });
}

/** A value that is plain data of this realm. */
export function succeed(value: Value, outputBytes: number): Execution {
  try {
    return failed('ok', { value: encodeValue(value, { bytes: Math.max(outputBytes, 4) }, 'output') });
  } catch (error) {
    if (!(error instanceof SandboxError)) throw error;
    return error.code === 'INPUT_TOO_LARGE' ? failed('OUTPUT_TOO_LARGE') : unsupported(error.message);
  }
}
