/** `5s`, `64MB`, `1_000_000` to numbers. Ranges are the limits' own business. */
import { cleanLine } from '../core/text.ts';
import { usage } from './fail.ts';

const DURATIONS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** As Docker and the JVM have it: 1 MB is 1 MiB. A memory limit in powers of ten surprises everyone. */
const SIZES: Readonly<Record<string, number>> = {
  b: 1,
  k: 1024,
  kb: 1024,
  kib: 1024,
  m: 1024 ** 2,
  mb: 1024 ** 2,
  mib: 1024 ** 2,
  g: 1024 ** 3,
  gb: 1024 ** 3,
  gib: 1024 ** 3,
};

const NUMBER_AND_UNIT = /^(-?\d+(?:\.\d+)?)\s*([a-z]+)$/i;

function scaled(text: string, units: Readonly<Record<string, number>>): number | null {
  const match = NUMBER_AND_UNIT.exec(text);
  const unit = match?.[2]?.toLowerCase() ?? '';
  if (match === null || !Object.hasOwn(units, unit)) return null;
  return Math.round(Number(match[1]) * (units[unit] as number));
}

const shown = (text: string): string => JSON.stringify(cleanLine(text, 40));

/** Milliseconds. */
export function parseDuration(text: string, option: string): number {
  const ms = scaled(text, DURATIONS);
  if (ms === null)
    throw usage(`${option} needs a time with its unit, such as 500ms, 5s or 2m, got ${shown(text)}`);
  return ms;
}

/** Bytes. */
export function parseSize(text: string, option: string): number {
  const bytes = scaled(text, SIZES);
  if (bytes === null)
    throw usage(`${option} needs a size with its unit, such as 64MB or 1GB, got ${shown(text)}`);
  return bytes;
}

export function parseCount(text: string, option: string): number {
  if (!/^-?\d[\d_]*$/.test(text))
    throw usage(`${option} needs a whole number, such as 1000000, got ${shown(text)}`);
  return Number(text.replaceAll('_', ''));
}
