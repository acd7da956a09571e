/** JSON that a guest wrote, as a value: within bounds, and with every number as it was written. */
import { hostBytesFor } from '../../core/budget.ts';
import type { Value } from '../../core/value.ts';
import { MAX_DEPTH } from '../../protocol/value-format.ts';
import { pathText, type Step } from '../../protocol/value-path.ts';
import { MAX_INTEGER_CHARS, scanJson } from './json-scan.ts';

/** What an answer may take in memory once it is parsed, as estimated: the cell's heap has 512 MiB, and holds it twice. */
const PARSED_BYTES = 160 * 1024 * 1024;

export type JsonRead =
  | { readonly value: Exclude<Value, undefined>; readonly refusal?: undefined }
  | {
      readonly value?: undefined;
      readonly refusal: 'not-json' | 'OUTPUT_UNSUPPORTED' | 'OUTPUT_TOO_LARGE';
      readonly message: string;
    };

const refuse = (refusal: Exclude<JsonRead['refusal'], undefined>, message: string): JsonRead => ({
  refusal,
  message,
});

/** `text` is what `bytes` say. */
export function readJson(bytes: Uint8Array, text: string, outputBytes: number, step: () => void): JsonRead {
  const most = Math.min(PARSED_BYTES, hostBytesFor(outputBytes));
  const scan = scanJson(bytes, most, step);
  if (scan === 'not-json') return refuse(scan, '');
  if (scan === 'too-deep')
    return refuse('OUTPUT_UNSUPPORTED', `the plugin’s output is nested deeper than ${MAX_DEPTH}`);
  if (scan === 'too-large') {
    return refuse(
      'OUTPUT_TOO_LARGE',
      `the plugin’s output takes more than ${most} bytes of memory once it is parsed`,
    );
  }
  const value = (scan.hasBigIntegers ? parseExactly(text) : JSON.parse(text)) as
    | Exclude<Value, undefined>
    | undefined;
  if (value === undefined) {
    return refuse(
      'OUTPUT_UNSUPPORTED',
      'ask for output "text": the plugin’s output has integers beyond ±(2⁵³ − 1), which this browser cannot read exactly',
    );
  }
  const path: Step[] = [];
  if (scan.hasHuge && findsHuge(value, path))
    return refuse('OUTPUT_UNSUPPORTED', `${pathText('output', path)} is larger than any number`);
  return { value };
}

/** https://github.com/tc39/proposal-json-parse-with-source; not in TypeScript's library yet. */
type Reviver = (key: string, value: unknown, context?: { readonly source?: string }) => unknown;

const INTEGER = /^-?\d+$/;

/** Integers beyond ±(2⁵³ − 1) become BigInts, as those of Python do. Undefined where the platform cannot tell. */
function parseExactly(text: string): unknown {
  let isExact = true;
  const exact: Reviver = (_, value, context) => {
    if (typeof value !== 'number' || Number.isSafeInteger(value)) return value;
    const source = context?.source;
    isExact &&= source !== undefined;
    return source !== undefined && source.length <= MAX_INTEGER_CHARS && INTEGER.test(source)
      ? BigInt(source)
      : value;
  };
  const value: unknown = JSON.parse(text, exact);
  return isExact ? value : undefined;
}

/** Whether there is an infinite number, which JSON has none of; `path` is left at the first. */
function findsHuge(value: unknown, path: Step[]): boolean {
  if (typeof value === 'number') return !Number.isFinite(value);
  if (typeof value !== 'object' || value === null) return false;
  const keys = Array.isArray(value) ? null : Object.keys(value);
  const count = keys === null ? (value as readonly unknown[]).length : keys.length;
  for (let i = 0; i < count; i++) {
    const step = keys === null ? i : (keys[i] as string);
    path.push(step);
    if (findsHuge((value as Record<Exclude<Step, object>, unknown>)[step], path)) return true;
    path.pop();
  }
  return false;
}
