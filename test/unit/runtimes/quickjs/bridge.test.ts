/** What crosses between the guest and the code around it in the cell: long texts, deep values, busy logs, stops. */
import { describe, expect, it } from 'vitest';
import { loadCellAssets } from '../../../../src/platform/node/assets.ts';
import {
  CONTROL_OUT_LENGTH,
  CONTROL_OUT_OFFSET,
  CONTROL_REASON,
  CONTROL_STOP,
  STOP_CANCEL,
} from '../../../../src/protocol/control.ts';
import { parseMessage } from '../../../../src/protocol/parse.ts';
import { encodeValue } from '../../../../src/protocol/value-codec.ts';
import {
  readTexts,
  writeBuffer,
  writeNumber,
  writeText,
  writeTexts,
} from '../../../../src/runtimes/quickjs/bjson.ts';
import { createProgram } from '../../../../src/runtimes/quickjs/program.ts';
import { direct, JOB } from './drive.ts';

const program = direct();
const PART = 64 * 1024;

describe('texts that cross in parts', () => {
  // Characters of one to four bytes, so that every part's end falls inside one somewhere.
  const text = 'aé€😀'.repeat(20_000);

  for (const shift of [0, 1, 2, 3, 4, 5]) {
    it(`encode and decode as one, ${shift} bytes off`, () => {
      const input = 'x'.repeat(shift) + text;
      const bytes = new TextEncoder().encode(input);
      expect(program.run('new TextEncoder().encode(input)', input).data).toEqual(bytes);
      expect(program.run('new TextDecoder().decode(input)', bytes).data).toBe(input);
    });
  }

  it('replace malformed bytes at a part’s end as the standard does', () => {
    const tails = [
      [0x80, 0x80, 0x80, 0x80, 0x80],
      [0xf0, 0x9f, 0x98],
      [0xe2, 0x82],
      [0xc3],
      [0xf0, 0x80, 0x80, 0x80],
      [0xed, 0xa0, 0x80],
    ];
    for (const tail of tails) {
      for (let before = 0; before < 6; before++) {
        const bytes = new Uint8Array(PART * 2).fill(0x61);
        bytes.set(tail, PART - before);
        expect(program.run('new TextDecoder().decode(input)', bytes).data).toBe(
          new TextDecoder().decode(bytes),
        );
        expect(program.run('new TextDecoder("utf-8", { fatal: true }).decode(input)', bytes).outcome).toBe(
          'GUEST_ERROR',
        );
      }
    }
  });

  it('refuse a URL of any length without working on it', () => {
    expect(program.run('URL.canParse("http://a/" + "b".repeat(5e6))').data).toBe(false);
  });
});

describe('the bridge’s binary JSON', () => {
  it('keeps every unit of a text, of any length and width', () => {
    for (const text of ['', 'a', '\0', 'a\0b', 'ÿ', 'Ā', '\ud800', 'x'.repeat(20_000), 'Ω'.repeat(20_000)]) {
      expect(readTexts(writeText(text))).toEqual([text]);
    }
    const list = ['one', '', 'two\0', '\udfff'];
    expect(readTexts(writeTexts(list))).toEqual(list);
  });

  it('reads anything else as an empty text', () => {
    for (const bytes of [writeNumber(5), writeNumber(-0.5), writeBuffer(new Uint8Array(9))]) {
      expect(readTexts(bytes)).toEqual(['']);
    }
  });
});

describe('a value', () => {
  const nested = (depth: number, leaf: string): string =>
    `let v = ${leaf}; for (let i = 0; i < ${depth}; i++) v = i % 2 ? [v] : { v }; v`;

  it('crosses out at the depth that is allowed, plain or tagged, and not below', () => {
    for (const leaf of ['1', 'new Map([[1, 2]])']) {
      const room = leaf === '1' ? 0 : 1;
      expect(program.run(nested(500 - room, leaf)).outcome).toBe('ok');
    }
    const tooDeep = program.run(nested(501, 'new Set()'));
    expect(tooDeep.outcome).toBe('OUTPUT_UNSUPPORTED');
    expect(tooDeep.guest.message).toMatch(/is nested deeper than 500 levels$/);
  });

  it('crosses in at the depth that is allowed, plain or tagged', () => {
    for (const leaf of [1, new Set([1])]) {
      let value: unknown = leaf;
      for (let i = 0; i < 499; i++) value = i % 2 ? [value] : { value };
      // Also with the least stack that a guest can be given.
      for (const stackBytes of [JOB.stackBytes, 16 * 1024]) {
        expect(program.run('input', value, { stackBytes }).data).toEqual(value);
      }
    }
  });

  it('is refused at its place in Maps, Sets and under odd keys', () => {
    const place = (code: string): string => program.run(code).guest.message;
    expect(place('new Map([["a b", [1, () => {}]]])')).toBe('result.get("a b")[1] is a function');
    expect(place('new Set([Symbol()])')).toBe('result.item is a symbol');
    expect(place('({ "a b": { c: Symbol() } })')).toBe('result["a b"].c is a symbol');
    expect(place('const m = new Map(); m.set("self", m); m')).toBe(
      'result.get("self") refers back to itself',
    );
  });
});

describe('a busy guest', () => {
  async function started(): Promise<ReturnType<typeof createProgram>> {
    const { module, assets } = await (await loadCellAssets('quickjs')).engine;
    const cell = createProgram();
    cell.asset('seed', 32).fill(1);
    for (const [name, bytes] of assets) cell.asset(name, bytes.length).set(bytes);
    expect(cell.boot(module)).toBe('');
    return cell;
  }

  function begin(cell: ReturnType<typeof createProgram>, id: number, code: string, timeoutMs: number): void {
    const bytes = encodeValue(undefined, { bytes: 100 });
    cell.inbox(bytes.length).set(bytes);
    cell.begin(id, code, JSON.stringify({ ...JOB, timeoutMs, liveLogs: true }));
  }

  it('hands its logs over through the window, whole records, and the rest at its end', async () => {
    const cell = await started();
    const area = cell.control() as SharedArrayBuffer;
    const words = new Int32Array(area);
    begin(cell, 7, 'for (let i = 0;; i++) console.log("line " + i)', 300);
    expect(cell.step()).toBe(-1);
    const frame = new Uint8Array(area).slice(
      CONTROL_OUT_OFFSET,
      CONTROL_OUT_OFFSET + (words[CONTROL_OUT_LENGTH] as number),
    );
    const [live] = parseMessage(frame, { bytes: frame.length });
    const [done] = parseMessage(new Uint8Array(cell.take()), { bytes: 16 * 1024 * 1024 });
    if (live?.type !== 'log' || done?.type !== 'done') throw new Error('not the frames expected');
    const lines = [...live.records, ...done.logs].map(({ text }) => text);
    expect(live.records.length).toBeGreaterThan(0);
    expect(lines).toEqual(lines.map((_, i) => `line ${i}`));
    expect(done).toMatchObject({ id: 7, outcome: 'TIMEOUT' });
  });

  it('is stopped by its own id in the control area, and by no other', async () => {
    const cell = await started();
    const words = new Int32Array(cell.control() as SharedArrayBuffer);
    const outcome = (id: number, stop: number): string => {
      words[CONTROL_REASON] = STOP_CANCEL;
      words[CONTROL_STOP] = stop;
      begin(cell, id, 'for (;;);', 60);
      expect(cell.step()).toBe(-1);
      const [done] = parseMessage(new Uint8Array(cell.take()), { bytes: 1024 * 1024 });
      return done?.type === 'done' ? done.outcome : 'none';
    };
    expect(outcome(3, 3)).toBe('CANCELLED');
    expect(outcome(4, 3)).toBe('TIMEOUT');
    expect(outcome(2 ** 32 - 1, -1)).toBe('CANCELLED');
  });

  it('is cancelled while it waits', async () => {
    const cell = await started();
    begin(cell, 9, 'new Promise(r => setTimeout(r, 1e6))', 5000);
    expect(cell.step()).toBeGreaterThan(0);
    cell.cancel(8);
    expect(cell.step()).toBeGreaterThan(0);
    cell.cancel(9);
    expect(cell.step()).toBe(-1);
    const [done] = parseMessage(new Uint8Array(cell.take()), { bytes: 1024 * 1024 });
    expect(done).toMatchObject({ type: 'done', id: 9, outcome: 'CANCELLED' });
  });
});

describe('blocking Function alone', () => {
  it('blocks its relatives, which inherit from it', () => {
    const code = `[async () => {}, function* () {}, async function* () {}, () => {}].map(f => {
      try {
        f.constructor('1');
        return 'ran';
      } catch (error) {
        return error.name;
      }
    })`;
    const open = program.run(code, undefined, { blockedFunctions: [] });
    expect(open.data).toEqual(Array(4).fill('ran'));
    const blocked = program.run(code, undefined, { blockedFunctions: ['Function'] });
    expect(blocked.data).toEqual(Array(4).fill('EvalError'));
  });
});
