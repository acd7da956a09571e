/** Points in time, written anew: Luxon. */
import { DateTime } from 'luxon';
import type { Value } from '../core/value.ts';
import { failure } from './failure.ts';
import type { Prepared, Tool } from './types.ts';

/** A type, not an interface, so that it counts as plain JSON. '' leaves it out. */
export type DateConfig = {
  readonly zone: string;
  readonly toZone: string;
  /** Pattern of what is read; '' for ISO 8601. */
  readonly input: string;
  /** Pattern of what is written; '' for ISO 8601. */
  readonly format: string;
  /** An ISO 8601 duration. */
  readonly add: string;
};

/** Characters of a date that are read. */
const READ_CHARS = 200;
const STEPS = 1_000;
/** Of one character of a pattern: at worst the name of a time zone, in words. */
const STEPS_PER_CHAR = 150;

const DURATION =
  /^(-)?P(?:(\d{1,6})Y)?(?:(\d{1,6})M)?(?:(\d{1,6})W)?(?:(\d{1,6})D)?(?:T(?:(\d{1,6})H)?(?:(\d{1,6})M)?(?:(\d{1,9})S)?)?$/;

/** Pieces of a pattern, as Luxon splits it: what is quoted, runs of one letter, and single other characters. */
const PIECES = /'[^']*'?|([A-Za-z])\1*|[^A-Za-z']/g;
/** Those whose width is fixed, so that what they read can be read in one way only. */
const FIXED: ReadonlySet<string> = new Set(['yyyy', 'MM', 'dd', 'HH', 'hh', 'mm', 'ss', 'SSS', 'ooo', 'a']);

export function durationProblem(value: string): string | null {
  return DURATION.test(value) ? null : 'is no duration, such as P1D or -PT2H';
}

export function zoneProblem(zone: string): string | null {
  return DateTime.utc().setZone(zone).isValid ? null : 'is no time zone, such as Europe/Berlin';
}

const isFixed = (pattern: string): boolean =>
  [...pattern.matchAll(PIECES)].every(([piece, letter]) => letter === undefined || FIXED.has(piece));

/** A zone is read as up to 256 of many characters, `-` and digits among them: next to another it can be cut in many ways. */
export function inputProblem(pattern: string): string | null {
  const zones = [...pattern.matchAll(PIECES)].filter(([piece]) => piece === 'z').length;
  return zones > 1 ? `names the time zone ${zones} times, at most once` : null;
}

function durationOf(value: string): Record<string, number> {
  const [, sign, ...parts] = DURATION.exec(value) ?? [];
  const factor = sign === '-' ? -1 : 1;
  const units = ['years', 'months', 'weeks', 'days', 'hours', 'minutes', 'seconds'];
  return Object.fromEntries(units.map((unit, i) => [unit, factor * Number(parts[i] ?? 0)]));
}

function read(value: Value, { zone, input }: DateConfig): DateTime {
  if (value instanceof Date) return DateTime.fromJSDate(value, { zone });
  if (typeof value === 'number') return DateTime.fromMillis(value, { zone });
  const written = typeof value === 'string' ? value.slice(0, READ_CHARS) : '';
  return input === ''
    ? DateTime.fromISO(written, { zone })
    : DateTime.fromFormat(written, input, { zone, locale: 'en' });
}

class Dates implements Prepared {
  readonly #config: DateConfig;
  readonly #cost: number;

  constructor(config: DateConfig) {
    this.#config = config;
    const { input, format } = config;
    this.#cost = isFixed(input)
      ? STEPS + (input.length + format.length) * STEPS_PER_CHAR
      : Number.POSITIVE_INFINITY;
  }

  cost(): number {
    return this.#cost;
  }

  part(value: Value): Value {
    return typeof value === 'string' ? value.slice(0, READ_CHARS) : value instanceof Date ? value : null;
  }

  run(value: Value): string {
    const { zone, toZone, format, add } = this.#config;
    const parsed = read(value, this.#config);
    if (!parsed.isValid) throw failure('NODE_FAILED', `this is no date: ${parsed.invalidExplanation ?? ''}`);
    const moved = add === '' ? parsed : parsed.plus(durationOf(add));
    const shown = moved.setZone(toZone === '' ? zone : toZone).setLocale('en');
    return format === '' ? (shown.toISO() ?? '') : shown.toFormat(format);
  }
}

/** `{ zone, toZone, input, format, add }` and a Date, a number of milliseconds or a text. */
export const date: Tool<DateConfig> = {
  weight: () => 1,
  prepare: config => new Dates(config),
};
