/** What else a guest threw, besides name, message and stack: parsed as hostile input. */
import { setEntry } from '../core/entries.ts';
import type { GuestThrown } from '../core/errors.ts';
import { cleanLine, cleanText } from '../core/text.ts';
import type { Value } from '../core/value.ts';
import { ProtocolError } from './error.ts';
import { FRAME_CAPS } from './frames.ts';
import { decodeValue } from './value-decode.ts';
import { encodeValue } from './value-encode.ts';

const NAME_CHARS = 256;
const MESSAGE_CHARS = 4096;
const FIELD_CHARS = 4096;
const KEY_CHARS = 256;
/** A healthy cell keeps well below each. */
const MAX_NESTED = 6;
const MAX_MEMBERS = 20;
const MAX_FIELDS = 50;
const MAX_DEPTH = 6;
const MAX_VALUES = 2000;

export type GuestDetail = Pick<GuestThrown, 'code' | 'cause' | 'errors' | 'fields'>;

const malformed = (): ProtocolError => new ProtocolError('malformed message: the details of an error');

type Plain = Readonly<Record<string, Value>>;
function plain(value: Value): Plain {
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype)
    throw malformed();
  return value as Plain;
}

const own = (object: Plain, key: string): Value => (Object.hasOwn(object, key) ? object[key] : undefined);

class Cleaner {
  #left = MAX_VALUES;

  field(value: Value, depth: number): Value {
    if (--this.#left < 0 || depth < 0) throw malformed();
    if (typeof value === 'string') return cleanText(value, FIELD_CHARS);
    if (typeof value === 'bigint') throw malformed();
    if (typeof value !== 'object' || value === null || value instanceof Date) return value;
    if (Array.isArray(value)) return value.map(item => this.field(item, depth - 1));
    return this.fields(plain(value), depth - 1);
  }

  fields(value: Plain, depth: number): Record<string, Value> {
    const keys = Object.keys(value);
    if (keys.length > MAX_FIELDS) throw malformed();
    const out: Record<string, Value> = {};
    for (const key of keys) setEntry(out, cleanLine(key, KEY_CHARS), this.field(value[key], depth));
    return out;
  }

  detail(given: Plain, nested: number): GuestDetail {
    if (--this.#left < 0 || nested < 0) throw malformed();
    const code = own(given, 'code');
    const cause = own(given, 'cause');
    const errors = own(given, 'errors');
    const fields = own(given, 'fields');
    if (code !== undefined && typeof code !== 'string' && typeof code !== 'number') throw malformed();
    if (errors !== undefined && (!Array.isArray(errors) || errors.length > MAX_MEMBERS)) throw malformed();
    return {
      ...(code === undefined ? {} : { code: typeof code === 'string' ? cleanLine(code, NAME_CHARS) : code }),
      ...(cause === undefined ? {} : { cause: this.thrown(plain(cause), nested - 1) }),
      ...(errors === undefined
        ? {}
        : { errors: (errors as readonly Value[]).map(each => this.thrown(plain(each), nested - 1)) }),
      ...(fields === undefined ? {} : { fields: this.fields(plain(fields), MAX_DEPTH) }),
    };
  }

  thrown(given: Plain, nested: number): GuestThrown {
    const name = own(given, 'name');
    const message = own(given, 'message');
    if (typeof name !== 'string' || typeof message !== 'string') throw malformed();
    return {
      name: cleanLine(name, NAME_CHARS),
      message: cleanText(message, MESSAGE_CHARS),
      ...this.detail(given, nested),
    };
  }
}

/** @throws ProtocolError, and nothing else */
export function parseDetail(bytes: Uint8Array): GuestDetail {
  if (bytes.length === 0) return {};
  let value: Value;
  try {
    value = decodeValue(bytes, { bytes: bytes.length });
  } catch {
    throw malformed();
  }
  return new Cleaner().detail(plain(value), MAX_NESTED);
}

/** For a cell whose guest may have written it: what is no detail is none. */
export function encodeDetail(value: unknown): Uint8Array {
  if (value === null || value === undefined) return new Uint8Array(0);
  try {
    const detail = new Cleaner().detail(plain(value as Value), MAX_NESTED);
    return encodeValue(detail, { bytes: FRAME_CAPS.detail });
  } catch {
    return new Uint8Array(0);
  }
}
