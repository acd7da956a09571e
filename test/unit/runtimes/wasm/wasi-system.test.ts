/** Arguments, environment, clocks, randomness, waiting and the end. */
import { wasi } from '@bjorn3/browser_wasi_shim';
import { describe, expect, it } from 'vitest';
import { IMPORTS, WASI_MODULE } from '../../../../src/instrument/plugin/index.ts';
import { FileTree } from '../../../../src/runtimes/wasm/fs/index.ts';
import { createWasi, ProcExit } from '../../../../src/runtimes/wasm/wasi/index.ts';
import { ALL, ANSWER, type Caller, caller, Ended, WRITABLE } from '../../../security/native/wasi-calls.ts';

const LIST = 16_384;
const EVENTS = 24_576;

describe('the imports', () => {
  const { imports, bind } = createWasi({
    args: [],
    env: {},
    stdin: new Uint8Array(0),
    write() {},
    now: () => 0,
    monotonic: () => 0,
    random: bytes => new Uint8Array(bytes),
    sleep() {},
    charge() {},
    tree: new FileTree({ bytes: 0, inodes: 0, openFiles: 3, depth: 0 }, () => 0),
  });

  it('are exactly those that modules may name, and no prototype’s', () => {
    expect(Object.keys(imports).sort()).toEqual([...(IMPORTS.get(WASI_MODULE)?.keys() ?? [])].sort());
    expect(Object.getPrototypeOf(imports)).toBeNull();
  });

  it('answer a fault before there is a memory', () => {
    expect(imports['clock_time_get']?.(0, 0n, 0)).toBe(wasi.ERRNO_FAULT);
    expect(imports['random_get']?.(0, 1)).toBe(wasi.ERRNO_FAULT);
    bind(new WebAssembly.Memory({ initial: 1 }));
    expect(imports['clock_time_get']?.(0, 0n, 0)).toBe(0);
  });
});

describe('arguments and environment', () => {
  it.each([
    ['two bytes each', 'éé', 4],
    ['three bytes', '€', 3],
    ['a pair', '\u{1f600}', 4],
    ['half a pair, which becomes U+FFFD', 'x\ud800', 4],
    ['nothing', '', 0],
  ])('are counted in bytes: %s', (_what, arg, bytes) => {
    const guest = caller({}, { args: ['p', arg], env: { NAME: arg } });
    guest.bytes(LIST, 64).fill(0xee);
    expect(guest.call('args_sizes_get', ANSWER, ANSWER + 4)).toBe(0);
    expect([guest.u32(ANSWER), guest.u32(ANSWER + 4)]).toEqual([2, 2 + bytes + 1]);
    expect(guest.call('args_get', ANSWER, LIST)).toBe(0);
    expect([guest.u32(ANSWER), guest.u32(ANSWER + 4)]).toEqual([LIST, LIST + 2]);
    // Not one byte more than was said.
    expect(guest.bytes(LIST, 64).indexOf(0xee)).toBe(2 + bytes + 1);
    expect(guest.call('environ_sizes_get', ANSWER, ANSWER + 4)).toBe(0);
    expect([guest.u32(ANSWER), guest.u32(ANSWER + 4)]).toEqual([1, 5 + bytes + 1]);
    expect(guest.call('environ_get', ANSWER, LIST)).toBe(0);
    const end = LIST + 5 + bytes;
    expect(new TextDecoder().decode(guest.bytes(LIST, end - LIST))).toBe(`NAME=${arg.toWellFormed()}`);
  });
});

describe('clocks', () => {
  const read = (guest: Caller, id: number, precision = 0n): bigint => {
    expect(guest.call('clock_time_get', id, precision, ANSWER)).toBe(0);
    return guest.u64(ANSWER);
  };

  it.each([0n, 1n, (1n << 63n) - 1n, -1n])('WA-WASI-044: are coarse at any precision: %i', precision => {
    const guest = caller();
    expect(read(guest, wasi.CLOCKID_REALTIME, precision)).toBe(1_700_000_000_123_000_000n);
    for (const id of [
      wasi.CLOCKID_MONOTONIC,
      wasi.CLOCKID_PROCESS_CPUTIME_ID,
      wasi.CLOCKID_THREAD_CPUTIME_ID,
    ]) {
      expect(read(guest, id, precision)).toBe(12_000_000n);
    }
  });

  it('WA-WASI-044: say that they are', () => {
    const guest = caller();
    for (const id of [0, 1, 2, 3]) {
      expect(guest.call('clock_res_get', id, ANSWER)).toBe(0);
      expect(guest.u64(ANSWER)).toBe(1_000_000n);
    }
  });

  it.each([4, 0x7fff_ffff, -1])('there are no others: %i', id => {
    const guest = caller();
    expect(guest.call('clock_time_get', id, 0n, ANSWER)).toBe(wasi.ERRNO_INVAL);
    expect(guest.call('clock_res_get', id, ANSWER)).toBe(wasi.ERRNO_INVAL);
  });
});

describe('randomness', () => {
  it.each([0, 1, 65_536, 65_537, 200_000])('WA-WASI-034: %i bytes come in parts', length => {
    const parts: number[] = [];
    const guest = caller(
      {},
      {
        random(bytes) {
          parts.push(bytes);
          return new Uint8Array(bytes).fill(7);
        },
      },
    );
    guest.bytes(0, length + 1).fill(0xee);
    expect(guest.call('random_get', 0, length)).toBe(0);
    expect(guest.bytes(0, length + 1).indexOf(0xee)).toBe(length);
    expect(Math.max(0, ...parts)).toBeLessThanOrEqual(65_536);
  });

  it.each([
    [0, 0xffff_ffff],
    [262_143, 2],
    [-1, 1],
  ])('WA-WASI-034: at %i, %i bytes are drawn only when there is room', (at, length) => {
    let drawn = 0;
    const guest = caller(
      {},
      {
        random(bytes) {
          drawn += bytes;
          return new Uint8Array(bytes);
        },
      },
    );
    expect(guest.call('random_get', at, length)).toBe(wasi.ERRNO_FAULT);
    expect(drawn).toBe(0);
  });
});

interface Subscription {
  readonly type: number;
  readonly clock?: number;
  readonly timeout?: bigint;
  readonly flags?: number;
  readonly fd?: number;
}

/** Polls; answers the events as [userdata, error, type, bytes], or the error. */
function poll(guest: Caller, list: readonly Subscription[], events = EVENTS): number | number[][] {
  const view = new DataView(guest.memory.buffer);
  list.forEach(({ type, clock = 1, timeout = 0n, flags = 0, fd }, i) => {
    const at = LIST + i * 48;
    guest.bytes(at, 48).fill(0);
    view.setBigUint64(at, BigInt(100 + i), true);
    view.setUint8(at + 8, type);
    view.setUint32(at + 16, fd ?? clock, true);
    view.setBigUint64(at + 24, timeout, true);
    view.setUint16(at + 40, flags, true);
  });
  const error = guest.call('poll_oneoff', LIST, events, list.length, ANSWER);
  if (error !== 0) return error;
  return Array.from({ length: guest.u32(ANSWER) }, (_, i) => {
    const at = events + i * 32;
    const bits = new DataView(guest.memory.buffer, at, 32);
    return [
      Number(bits.getBigUint64(0, true)),
      bits.getUint16(8, true),
      bits.getUint8(10),
      Number(bits.getBigUint64(16, true)),
    ];
  });
}

const CLOCK = wasi.EVENTTYPE_CLOCK;
const READ = wasi.EVENTTYPE_FD_READ;
const WRITE = wasi.EVENTTYPE_FD_WRITE;

describe('waiting', () => {
  it.each([
    [0n, 0],
    [1n, 1],
    [1_000_000n, 1],
    [1_000_001n, 2],
    [25_000_000n, 25],
  ])('%i nanoseconds take %i milliseconds: no less than was asked for', (timeout, ms) => {
    const guest = caller();
    expect(poll(guest, [{ type: CLOCK, timeout }])).toEqual([[100, 0, CLOCK, 0]]);
    expect(guest.slept()).toBe(ms);
  });

  it.each([
    ['in the past', 11_000_000n, 0],
    ['now', 12_000_000n, 0],
    ['ahead', 15_500_000n, 4],
  ])('until a time that is %s', (_what, timeout, ms) => {
    const guest = caller();
    expect(poll(guest, [{ type: CLOCK, timeout, flags: 1 }])).toEqual([[100, 0, CLOCK, 0]]);
    expect(guest.slept()).toBe(ms);
  });

  it('ends with the first clock, and only that has come', () => {
    const guest = caller();
    const list = [30n, 10n, 20n].map(ms => ({ type: CLOCK, timeout: ms * 1_000_000n }));
    expect(poll(guest, list)).toEqual([[101, 0, CLOCK, 0]]);
    expect(guest.slept()).toBe(10);
  });

  it('does not happen when a descriptor is ready', () => {
    const guest = caller({}, { stdin: new Uint8Array(5) });
    expect(
      poll(guest, [
        { type: CLOCK, timeout: 1n << 60n },
        { type: READ, fd: 0 },
        { type: WRITE, fd: 1 },
      ]),
    ).toEqual([
      [101, 0, READ, 5],
      [102, 0, WRITE, 0],
    ]);
    expect(guest.slept()).toBe(0);
  });

  it.each([
    ['one that is not open', 77, READ, wasi.ERRNO_BADF],
    ['writing to standard input', 0, WRITE, wasi.ERRNO_NOTCAPABLE],
    ['reading from standard output', 1, READ, wasi.ERRNO_NOTCAPABLE],
  ])('says what is wrong with a descriptor, in its event: %s', (_what, fd, type, error) => {
    expect(poll(caller(), [{ type, fd }])).toEqual([[100, error, type, 0]]);
  });

  it('says how much of a file there is to read', () => {
    const guest = caller();
    const fd = guest.open(WRITABLE, 'f', { flags: wasi.OFLAGS_CREAT, rights: ALL });
    guest.call('fd_write', fd, guest.vector(0, 10), 1, ANSWER);
    guest.call('fd_seek', fd, 4n, 0, ANSWER);
    expect(poll(guest, [{ type: READ, fd }])).toEqual([[100, 0, READ, 6]]);
    guest.call('fd_seek', fd, 400n, 0, ANSWER);
    expect(poll(guest, [{ type: READ, fd }])).toEqual([[100, 0, READ, 0]]);
  });

  it.each([
    ['an unknown kind', { type: 3 }],
    ['an unknown clock', { type: CLOCK, clock: 4 }],
    ['an unknown clock until a time', { type: CLOCK, clock: 4, flags: 1 }],
  ])('is refused for %s', (_what, one) => {
    const guest = caller();
    expect(poll(guest, [{ type: CLOCK, timeout: 5n }, one])).toBe(wasi.ERRNO_INVAL);
    expect(guest.slept()).toBe(0);
  });

  it('WA-WASI-032: takes 1024 subscriptions, and not one more', () => {
    const guest = caller();
    const list = Array.from({ length: 100 }, () => ({ type: CLOCK }));
    expect(poll(guest, list)).toHaveLength(100);
    expect(guest.call('poll_oneoff', 65_536, 131_072, 1024, ANSWER)).toBe(0);
    expect(guest.call('poll_oneoff', 65_536, 131_072, 1025, ANSWER)).toBe(wasi.ERRNO_INVAL);
    expect(guest.call('poll_oneoff', 0, 0, 0x8000_0001, ANSWER)).toBe(wasi.ERRNO_INVAL);
  });

  it('reads all it was asked before it answers: the answers may go where the questions were', () => {
    const guest = caller();
    const list = [0, 1, 2].map(fd => ({ type: fd === 0 ? READ : WRITE, fd }));
    expect(poll(guest, list, LIST)).toEqual([
      [100, 0, READ, 0],
      [101, 0, WRITE, 0],
      [102, 0, WRITE, 0],
    ]);
  });

  it('ends with the guest when the host says so', () => {
    const guest = caller(
      {},
      {
        sleep() {
          throw new Ended();
        },
      },
    );
    expect(() => poll(guest, [{ type: CLOCK, timeout: 1n }])).toThrow(Ended);
  });
});

describe('the end', () => {
  it.each([
    [0, 0],
    [255, 255],
    [-1, 0xffff_ffff],
  ])('WA-WASI-042: proc_exit(%i) is thrown through the guest with code %i', (given, code) => {
    const guest = caller();
    let thrown: unknown;
    try {
      guest.call('proc_exit', given);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(ProcExit);
    expect((thrown as ProcExit).code).toBe(code);
  });

  it('WA-WASI-042: again, and after other calls, it is the same', () => {
    const guest = caller();
    for (let i = 0; i < 3; i++) {
      expect(() => guest.call('proc_exit', i)).toThrow(expect.objectContaining({ code: i }));
      expect(guest.call('sched_yield')).toBe(0);
    }
  });

  it.each([0, 6, 9, 0xff])('signal %i is not raised', signal => {
    expect(caller().call('proc_raise', signal)).toBe(wasi.ERRNO_NOTSUP);
  });
});

describe('what calls cost', () => {
  it.each([
    ['sched_yield'],
    ['fd_close', 99],
    ['clock_time_get', 0, 0n, ANSWER],
    ['path_open', 99, 0, 0xffff_ffff, 8, 0, 0n, 0n, 0, 0],
  ] as [string, ...(number | bigint)[]][])(
    'WA-WASI-045: %s pays before it looks at anything, and ends when it cannot',
    (name, ...args) => {
      let left = 350;
      const guest = caller(
        {},
        {
          charge(units) {
            left -= units;
            if (left < 0) throw new Ended();
          },
        },
      );
      let calls = 0;
      expect(() => {
        for (; calls < 1000; calls++) guest.call(name, ...args);
      }).toThrow(Ended);
      expect(calls).toBe(3);
    },
  );
});
