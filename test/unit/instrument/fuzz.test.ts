import { describe, expect, test } from 'vitest';
import {
  type InstrumentOptions,
  instrument,
  prescan,
  WasmFormatError,
} from '../../../src/instrument/index.ts';
import { functions } from './assemble.ts';
import { REAL_MODULES } from './real.ts';
import { SAMPLES } from './samples.ts';

const OPTIONS: InstrumentOptions = {
  fuel: {
    globalExport: 'fuel',
    width: 'i64',
    initial: 0,
    tick: { tableExport: 'tick' },
    charge: 'entries-and-loops',
  },
  maxMemoryPages: 1024,
  maxTableEntries: 10_000,
};

/** xorshift32: the same mutations on every run. */
function random(seed: number): (below: number) => number {
  let state = seed;
  return below => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

const INTERESTING: readonly number[] = [0x00, 0x01, 0x0b, 0x40, 0x7f, 0x80, 0xfc, 0xfd, 0xfe, 0xff];

/** One to four bytes replaced, removed or doubled; half of them in the first kilobyte, where declarations are. */
function mutate(bytes: Uint8Array<ArrayBuffer>, pick: (below: number) => number): Uint8Array<ArrayBuffer> {
  let out = bytes.slice();
  for (let count = 1 + pick(4); count > 0; count--) {
    const at = 8 + pick((pick(2) ? Math.min(1024, out.length) : out.length) - 8);
    const kind = pick(8);
    if (kind < 3) out[at] = pick(256);
    else if (kind < 5) out[at] = INTERESTING[pick(INTERESTING.length)] as number;
    else if (kind === 5) out[at] = (out[at] as number) ^ (1 << pick(8));
    else if (kind === 6) out = Uint8Array.from([...out.subarray(0, at), ...out.subarray(at + 1)]);
    else out = Uint8Array.from([...out.subarray(0, at), out[at] as number, ...out.subarray(at)]);
  }
  return out;
}

/** Oracle: a WasmFormatError, or a module that the platform takes before and after. Says which. */
function judge(bytes: Uint8Array<ArrayBuffer>): 'refused' | 'accepted' {
  try {
    const metered = instrument(bytes, OPTIONS);
    expect(WebAssembly.validate(metered.bytes)).toBe(true);
    return 'accepted';
  } catch (error) {
    if (!(error instanceof WasmFormatError)) throw error;
    expect(error.offset).toBeLessThanOrEqual(bytes.length);
    return 'refused';
  }
}

describe('mutated modules', () => {
  test.each<[string, Uint8Array<ArrayBuffer>, number]>([
    ['samples', functions(...SAMPLES), 4000],
    ...Object.entries(REAL_MODULES).map(([name, bytes]): [string, Uint8Array<ArrayBuffer>, number] => [
      name,
      bytes,
      150,
    ]),
  ])('are refused with the format error or stay valid: %s', (_, bytes, rounds) => {
    const pick = random(0x5eed);
    const verdicts = { refused: 0, accepted: 0 };
    for (let i = 0; i < rounds; i++) verdicts[judge(mutate(bytes, pick))]++;
    expect(verdicts.refused).toBeGreaterThan(rounds / 10);
    expect(verdicts.accepted).toBeGreaterThan(rounds / 100);
  });

  test('that the platform accepts are never misread: the walker finds no fault but a feature or a cap', () => {
    const bytes = functions(...SAMPLES);
    const pick = random(0xbeef);
    let valid = 0;
    for (let i = 0; i < 4000; i++) {
      const mutant = mutate(bytes, pick);
      if (!WebAssembly.validate(mutant)) continue;
      valid++;
      try {
        prescan(mutant);
      } catch (error) {
        expect(error).toMatchObject({ refusal: expect.stringMatching(/^(unsupported|limit)$/) });
      }
    }
    expect(valid).toBeGreaterThan(100);
  });
});
