/** What a plugin hands over must cost the host in proportion to what crossed, whatever it is made of. */
import { afterAll, describe, expect, it } from 'vitest';
import { createSandbox, type ExecutionResult } from '../../../src/index.ts';
import { heapOfLater } from '../../unit/heap.ts';

const MiB = 1024 * 1024;
const sandbox = createSandbox({ policy: { limits: { timeoutMs: 60_000, maxExecutionTimeMs: 120_000 } } });
afterAll(() => sandbox.close());

interface Case {
  readonly id: string;
  readonly what: string;
  readonly runtime: 'javascript' | 'python';
  readonly code: string;
}

const js = (id: string, what: string, code: string): Case => ({ id, what, runtime: 'javascript', code });
const py = (id: string, what: string, code: string): Case => ({ id, what, runtime: 'python', code });

/** These are values: they arrive, and take at most 56 bytes for each that crossed. */
const ARRIVES: readonly Case[] = [
  js(
    'HOST-DECODE-001',
    'integer keys far apart',
    'Array.from({ length: 40000 }, () => ({ 1023: null, 2573: null }))',
  ),
  js('HOST-DECODE-002', 'one integer key', 'Array.from({ length: 80000 }, () => ({ 1023: 1 }))'),
  js(
    'HOST-DECODE-003',
    'integer keys beside names, and in Maps',
    'Array.from({ length: 20000 }, (_, i) => i % 2 ? new Map([[1, { 900: 1, 1900: 2 }]]) : { a: 1, 1000: 2, 3000: 3 })',
  ),
  js(
    'HOST-DECODE-004',
    'integer keys that fall, after dense ones',
    'Array.from({ length: 15000 }, () => { const o = { 0: 0, 1: 1 }; for (const k of [4000, 3000, 2000, 1000]) o[k] = k; return o; })',
  ),
  py(
    'HOST-DECODE-011',
    'dicts with texts of integers',
    '[{"1023": None, "2573": None} for _ in range(20000)]',
  ),
  py('HOST-DECODE-012', 'and beside names', '[{"a": 1, "4000": 2, "b": 3} for _ in range(20000)]'),
  py('HOST-DECODE-013', 'in sets and Maps', '[{1: {"2000": i}} for i in range(20000)]'),
];

/** These are refused, by name; the cell is healthy and stays. */
const REFUSED: readonly (Case & { readonly code2: string })[] = [
  {
    ...js(
      'HOST-DECODE-021',
      'more integer keys far apart than are read at once',
      'Array.from({ length: 130000 }, () => ({ 1023: null, 2573: null }))',
    ),
    code2: 'OUTPUT_TOO_LARGE',
  },
  {
    ...js(
      'HOST-DECODE-022',
      'one object of a great many',
      'Object.fromEntries(Array.from({ length: 170000 }, (_, i) => [i * 7, null]))',
    ),
    code2: 'OUTPUT_TOO_LARGE',
  },
  {
    ...js(
      'HOST-SHARED-001',
      'a text that is shared',
      'const o = { s: "<b>x</b>".repeat(40000) }; Array(100000).fill(o)',
    ),
    code2: 'OUTPUT_TOO_LARGE',
  },
  {
    ...js(
      'HOST-SHARED-002',
      'bytes that are shared',
      'const b = new Uint8Array(900000); Array(1000).fill(b)',
    ),
    code2: 'OUTPUT_TOO_LARGE',
  },
  {
    ...js(
      'HOST-SHARED-003',
      'a long key of many objects',
      'const k = "k".repeat(300000); Array.from({ length: 5000 }, () => ({ [k]: 1 }))',
    ),
    code2: 'OUTPUT_TOO_LARGE',
  },
  {
    ...js('HOST-SHARED-004', 'arrays of arrays', 'let a = [1]; for (let i = 0; i < 40; i++) a = [a, a]; a'),
    code2: 'OUTPUT_TOO_LARGE',
  },
  {
    ...js(
      'HOST-COLLIDE-001',
      'texts of digits that collide',
      'const s = new Set(); for (let i = 0; i < 65000; i++) s.add(String(i * 65536)); s',
    ),
    code2: 'OUTPUT_UNSUPPORTED',
  },
  {
    ...js(
      'HOST-COLLIDE-002',
      'the same as keys of a Map',
      'const m = new Map(); for (let i = 0; i < 65000; i++) m.set(String(i * 65536), null); m',
    ),
    code2: 'OUTPUT_UNSUPPORTED',
  },
  {
    ...js(
      'HOST-COLLIDE-003',
      'numbers that collide',
      'const m = new Map(); for (let i = 0; i < 40000; i++) m.set(i * 2 ** 32, null); m',
    ),
    code2: 'OUTPUT_UNSUPPORTED',
  },
];

const codeOf = (result: ExecutionResult): string => (result.success ? 'ok' : result.error.code);

describe('what a plugin hands over', () => {
  it.each(ARRIVES)(
    '$id $runtime: $what',
    async ({ runtime, code }) => {
      const seen: ExecutionResult[] = [];
      const kept = await heapOfLater(async () => {
        seen.length = 0;
        seen.push(await sandbox.run({ runtime, code }));
      });
      expect(seen.map(codeOf)).toEqual(['ok']);
      expect(kept).toBeLessThan(56 * (seen[0] as ExecutionResult).report.usage.outputBytes + 4 * MiB);
    },
    120_000,
  );

  it.each(REFUSED)(
    '$id $what is refused, and the cell stays',
    async ({ runtime, code, code2 }) => {
      const result = await sandbox.run({ runtime, code });
      expect(codeOf(result)).toBe(code2);
      expect(result.report.terminated).toBe(false);
      expect(await sandbox.run({ runtime, code: '6 * 7' })).toMatchObject({ data: 42 });
    },
    120_000,
  );
});
