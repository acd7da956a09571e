/** Reading a manifest's parts, with messages that name the path. */
import { SandboxError } from '../../core/errors.ts';
import { cleanLine } from '../../core/text.ts';
import { keyPath } from '../copy.ts';

export type Fields = { readonly [key: string]: unknown };

export const bad = (message: string): SandboxError => new SandboxError('MANIFEST_INVALID', message);
export const quote = (text: string): string => JSON.stringify(cleanLine(text, 60));

/** Requests of one kind. */
const ENTRIES = 100;

export function describe(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'an array' : typeof value;
}

/** Absent means empty. */
export function fieldsAt(value: unknown, path: string, known: readonly string[]): Fields {
  if (value === undefined) return {};
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw bad(`${path} must be an object, got ${describe(value)}`);
  for (const key of Object.keys(value))
    if (!known.includes(key)) throw bad(`${keyPath(path, key)} is unknown; known are ${known.join(', ')}`);
  return value as Fields;
}

/** Absent means empty. */
export function listAt(value: unknown, path: string): readonly unknown[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) throw bad(`${path} must be an array, got ${describe(value)}`);
  if (value.length > ENTRIES) throw bad(`${path} must have at most ${ENTRIES} entries, got ${value.length}`);
  return value;
}

/** One line of text without control characters. */
export function lineAt(value: unknown, path: string, max: number, fallback?: string): string {
  if (value === undefined && fallback !== undefined) return fallback;
  if (typeof value !== 'string') throw bad(`${path} must be a string, got ${describe(value)}`);
  if (value === '' || value.length > max || value !== cleanLine(value, max))
    throw bad(`${path} must be one line of 1 to ${max} characters without control characters`);
  return value;
}

export function oneOf<T extends string>(value: unknown, path: string, choices: readonly T[]): T {
  if (choices.includes(value as T)) return value as T;
  throw bad(
    `${path} must be ${choices.map(choice => `"${choice}"`).join(' or ')}, got ${typeof value === 'string' ? quote(value) : describe(value)}`,
  );
}
