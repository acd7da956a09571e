/** Reading copied JSON with messages that name the path. */
import { SandboxError } from '../../core/errors.ts';
import { cleanLine } from '../../core/text.ts';
import { type Json, keyPath } from '../copy.ts';
import { suggest } from '../suggest.ts';

export type JsonObject = { readonly [key: string]: Json };

/** Entries of one list of the network policy. */
export const MOST_ENTRIES = 1000;

export const invalid = (message: string): SandboxError => new SandboxError('POLICY_INVALID', message);
export const quote = (text: string): string => JSON.stringify(cleanLine(text, 80));

export function describe(value: Json): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'an array' : typeof value;
}

/** Absent means empty. `known` limits the keys. */
export function objectOf(value: Json, path: string, known?: readonly string[]): JsonObject {
  if (value === undefined) return {};
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw invalid(`${path} must be an object, got ${describe(value)}`);
  }
  const object = value as JsonObject;
  if (known === undefined) return object;
  for (const key of Object.keys(object)) {
    if (known.includes(key)) continue;
    const near = suggest(key, known, '') ?? '';
    const meant = known.includes(near)
      ? `${path}.${near}`
      : near.startsWith('network.')
        ? `policy.${near}`
        : null;
    const tail = meant === null ? `known are ${known.join(', ')}` : `did you mean ${meant}?`;
    throw invalid(`${keyPath(path, key)} is unknown; ${tail}`);
  }
  return object;
}

/** Absent means empty. */
export function listOf(value: Json, path: string): readonly Json[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) throw invalid(`${path} must be an array, got ${describe(value)}`);
  if (value.length > MOST_ENTRIES) {
    throw invalid(`${path} must have at most ${MOST_ENTRIES} entries, got ${value.length}`);
  }
  return value as readonly Json[];
}
