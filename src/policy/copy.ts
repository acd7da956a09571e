/** A private copy of what a caller configured: what was checked is what is used. */
import { type ErrorCode, SandboxError } from '../core/errors.ts';
import { cleanLine } from '../core/text.ts';

export type Json =
  | null
  | boolean
  | number
  | string
  | undefined
  | readonly Json[]
  | { readonly [key: string]: Json };

/** Deeper than any policy; also what ends a cycle. */
const MAX_DEPTH = 8;
/** Entries of one list or object; the rules below it are stricter. */
const MAX_ENTRIES = 1000;

/** Of a key in a message. */
const KEY_CHARS = 60;

const IDENTIFIER = /^[A-Za-z_$][\w$]*$/;

/** `policy.env` or `policy.env["odd key"]`. */
export function keyPath(path: string, key: string): string {
  return key.length <= KEY_CHARS && IDENTIFIER.test(key)
    ? `${path}.${key}`
    : `${path}[${JSON.stringify(cleanLine(key, KEY_CHARS))}]`;
}

/**
 * Copies plain JSON, reading every own enumerable property once.
 * @throws SandboxError `code` naming the path of whatever is not plain JSON
 */
export function copyJson(value: unknown, path: string, code: ErrorCode, depth = 0): Json {
  switch (typeof value) {
    case 'string':
    case 'number':
    case 'boolean':
    case 'undefined':
      return value;
    case 'object':
      break;
    default:
      throw new SandboxError(code, `${path} must be plain JSON, got a ${typeof value}`);
  }
  if (value === null) return null;
  if (depth >= MAX_DEPTH) throw new SandboxError(code, `${path} is nested too deeply, or contains itself`);
  return copyObject(value, path, code, depth);
}

function copyObject(value: object, path: string, code: ErrorCode, depth: number): Json {
  const read = <T>(from: () => T): T => {
    try {
      return from();
    } catch (cause) {
      throw new SandboxError(code, `${path} could not be read`, { cause });
    }
  };
  const isList = read(() => Array.isArray(value));
  if (isList) {
    const list = value as readonly unknown[];
    const length = read(() => list.length);
    if (length > MAX_ENTRIES)
      throw new SandboxError(code, `${path} has ${length} entries; at most ${MAX_ENTRIES}`);
    const copy: Json[] = [];
    for (let i = 0; i < length; i++) {
      copy.push(
        copyJson(
          read(() => list[i]),
          `${path}[${i}]`,
          code,
          depth + 1,
        ),
      );
    }
    return copy;
  }
  const prototype = read(() => Object.getPrototypeOf(value) as object | null);
  // The Object.prototype of another realm has no prototype either; a class instance's is two steps away.
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null) {
    throw new SandboxError(code, `${path} must be a plain object`);
  }
  const keys = read(() => Object.keys(value));
  if (keys.length > MAX_ENTRIES) {
    throw new SandboxError(code, `${path} has ${keys.length} entries; at most ${MAX_ENTRIES}`);
  }
  // Without a prototype, '__proto__' is a key like any other.
  const copy: Record<string, Json> = Object.create(null);
  for (const key of keys) {
    const item = read(() => (value as Record<string, unknown>)[key]);
    copy[key] = copyJson(item, keyPath(path, key), code, depth + 1);
  }
  return copy;
}
