/** Configs of nodes: what each field may hold, said once, and read for the check and for the run. */
import { sizeOf } from '../core/measure.ts';
import { cleanLine } from '../core/text.ts';
import type { Complain } from './kind.ts';
import type { Config, Json } from './types.ts';

export interface Field {
  readonly required?: boolean;
  /** What it has to be, in words; null when the value is that. */
  readonly problem: (value: Json) => string | null;
}

export const text = (max = 10_000, required = false): Field => ({
  required,
  problem: value =>
    typeof value === 'string' && value.length <= max && (!required || value !== '')
      ? null
      : `must be a text of ${required ? 1 : 0} to ${max} characters`,
});

export const choice = (...of: readonly string[]): Field => ({
  problem: value =>
    typeof value === 'string' && of.includes(value) ? null : `must be one of ${of.join(', ')}`,
});

export const integer = (min: number, max: number, required = false): Field => ({
  required,
  problem: value =>
    typeof value === 'number' && Number.isSafeInteger(value) && value >= min && value <= max
      ? null
      : `must be an integer from ${min} to ${max}`,
});

export const flag: Field = {
  problem: value => (typeof value === 'boolean' ? null : 'must be true or false'),
};

export const texts = (max: number): Field => ({
  problem: value =>
    isRecord(value) &&
    Object.keys(value).length <= max &&
    Object.values(value).every(one => typeof one === 'string' && one.length <= 10_000)
      ? null
      : `must map at most ${max} names to texts`,
});

export const anything: Field = { problem: () => null };

/** Where a result goes: the name of a property of the item, which is then kept. */
export const into: Field = {
  problem: value =>
    typeof value === 'string' && /^[^\s]{1,100}$/u.test(value)
      ? null
      : 'must be a name of 1 to 100 characters without spaces',
};

export function isRecord(value: unknown): value is Readonly<Record<string, Json>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A value in a message, whatever its size. */
export function shown(value: unknown): string {
  if (typeof value === 'string') return cleanLine(JSON.stringify(value.slice(0, 100)), 60);
  if (sizeOf(value, 1_000) > 1_000) return Array.isArray(value) ? 'a long list' : 'a large object';
  return cleanLine(JSON.stringify(value) ?? typeof value, 60);
}

export type Fields = Readonly<Record<string, Field>>;

/** Names the fields that are not, are missing, or hold what they must not. True when nothing was found. */
export function checkFields(config: Config, fields: Fields, complain: Complain): boolean {
  let fine = true;
  const say = (path: string, message: string): void => {
    fine = false;
    complain(path, message);
  };
  for (const [key, value] of Object.entries(config)) {
    const field = Object.hasOwn(fields, key) ? fields[key] : undefined;
    if (field === undefined) {
      const known = Object.keys(fields).join(', ') || 'nothing';
      say(cleanLine(key, 60), `is unknown here; known: ${known}`);
      continue;
    }
    const problem = field.problem(value);
    if (problem !== null) say(key, `${problem}, got ${shown(value)}`);
  }
  for (const [key, field] of Object.entries(fields))
    if (field.required === true && !Object.hasOwn(config, key)) say(key, 'is missing');
  return fine;
}

export function str(config: Config, key: string, fallback = ''): string {
  const value = Object.hasOwn(config, key) ? config[key] : undefined;
  return typeof value === 'string' ? value : fallback;
}

export function num(config: Config, key: string, fallback: number): number {
  const value = Object.hasOwn(config, key) ? config[key] : undefined;
  return typeof value === 'number' ? value : fallback;
}

export function bool(config: Config, key: string, fallback: boolean): boolean {
  const value = Object.hasOwn(config, key) ? config[key] : undefined;
  return typeof value === 'boolean' ? value : fallback;
}
