/** Every address a call takes, at the end of memory and past it: refused before the call has done anything. */
import { wasi } from '@bjorn3/browser_wasi_shim';
import { describe, expect, it } from 'vitest';
import {
  ALL,
  ANSWER,
  type Caller,
  caller,
  READ_ONLY,
  WRITABLE,
} from '../../../security/native/wasi-calls.ts';

const MEMORY = 4 * 65_536;
/** Below everything that `caller` uses. */
const SPARE = 65_536;
/** Zeros: a list of empty ranges. */
const EMPTY = 2 * 65_536;
const VECTORS: ReadonlySet<string> = new Set(['fd_read', 'fd_pread', 'fd_write', 'fd_pwrite']);
const FILE = 5;

/** An address in an argument list: how many bytes the call reads or writes there. */
class At {
  readonly bytes: number;

  constructor(bytes: number) {
    this.bytes = bytes;
  }
}

const at = (bytes: number): At => new At(bytes);
const name = [at(4), 4] as const;
type Call = readonly [name: string, ...args: (number | bigint | At)[]];

const CALLS: readonly Call[] = [
  ['args_sizes_get', at(4), at(4)],
  ['args_get', at(4), at('plugin.wasm\0'.length)],
  ['environ_sizes_get', at(4), at(4)],
  ['environ_get', at(4), at('A=b\0'.length)],
  ['clock_res_get', 1, at(8)],
  ['clock_time_get', 1, 0n, at(8)],
  ['fd_fdstat_get', FILE, at(24)],
  ['fd_filestat_get', FILE, at(64)],
  ['fd_prestat_get', READ_ONLY, at(8)],
  ['fd_prestat_dir_name', READ_ONLY, at(5), 5],
  ['fd_read', FILE, at(8), 1, at(4)],
  ['fd_pread', FILE, at(16), 2, 0n, at(4)],
  ['fd_write', FILE, at(8), 1, at(4)],
  ['fd_pwrite', FILE, at(16), 2, 0n, at(4)],
  ['fd_readdir', WRITABLE, at(100), 100, 0n, at(4)],
  ['fd_seek', FILE, 1n, 0, at(8)],
  ['fd_tell', FILE, at(8)],
  ['path_create_directory', WRITABLE, ...name],
  ['path_filestat_get', WRITABLE, 0, ...name, at(64)],
  ['path_filestat_set_times', WRITABLE, 0, ...name, 1n, 1n, 1],
  ['path_link', WRITABLE, 0, ...name, WRITABLE, ...name],
  ['path_open', WRITABLE, 0, ...name, 0, 2n, 0n, 0, at(4)],
  ['path_readlink', WRITABLE, ...name, at(30), 30, at(4)],
  ['path_remove_directory', WRITABLE, ...name],
  ['path_rename', WRITABLE, ...name, WRITABLE, ...name],
  ['path_symlink', ...name, WRITABLE, ...name],
  ['path_unlink_file', WRITABLE, ...name],
  ['poll_oneoff', at(48), at(32), 1, at(4)],
  ['random_get', at(16), 16],
];

/** Each call with one of its addresses singled out. */
const CASES = CALLS.flatMap(([call, ...args]) =>
  args.flatMap((arg, index) => (arg instanceof At ? [{ call, args, index, bytes: arg.bytes }] : [])),
);

/** A guest with a file open as FILE, and a name `name` that is free. */
function guestWithFile(): Caller {
  const guest = caller({}, { env: { A: 'b' }, stdin: Uint8Array.of(1, 2, 3) });
  expect(guest.open(WRITABLE, 'file', { flags: wasi.OFLAGS_CREAT, rights: ALL })).toBe(FILE);
  guest.bytes(SPARE, 4).set(new TextEncoder().encode('file'));
  guest.vector(SPARE, 4);
  return guest;
}

function invoke(guest: Caller, { call, args, index }: (typeof CASES)[number], address: number): number {
  // Where the other addresses point: a path, or a list of ranges.
  const other = VECTORS.has(call) ? EMPTY : SPARE;
  return guest.call(call, ...args.map((arg, i) => (i === index ? address : arg instanceof At ? other : arg)));
}

/** All a guest could see of a change. */
function stateOf(guest: Caller): unknown {
  const root = guest.tree.mounts[1]?.root;
  guest.call('fd_tell', FILE, ANSWER);
  const position = guest.u64(ANSWER);
  guest.call('fd_filestat_get', FILE, ANSWER);
  const stat = [...guest.bytes(ANSWER, 64)];
  const next = guest.open(WRITABLE, 'file');
  guest.call('fd_close', next);
  return [[...(root?.entries.keys() ?? [])], position, stat, next, guest.output.length, guest.slept()];
}

describe.each(CASES)('$call, argument $index', one => {
  it('the last place in memory is fine', () => {
    expect(invoke(guestWithFile(), one, MEMORY - one.bytes)).not.toBe(wasi.ERRNO_FAULT);
  });

  it.each([MEMORY - one.bytes + 1, MEMORY, 0x7fff_ffff, 0xffff_ffff, -1, -8])(
    '%i is refused, and nothing has happened',
    address => {
      const guest = guestWithFile();
      const before = stateOf(guest);
      expect(invoke(guest, one, address)).toBe(wasi.ERRNO_FAULT);
      expect(stateOf(guest)).toEqual(before);
    },
  );
});

describe('scattered ranges', () => {
  const put = (guest: Caller, ...ranges: [number, number][]): number => {
    const view = new DataView(guest.memory.buffer);
    ranges.forEach(([address, length], i) => {
      view.setUint32(SPARE + i * 8, address, true);
      view.setUint32(SPARE + i * 8 + 4, length, true);
    });
    return SPARE;
  };

  it.each([
    ['past the end', [MEMORY - 1, 2]],
    ['wrapping around', [0xffff_ffff, 2]],
    ['far outside', [0x8000_0000, 1]],
  ] as [string, [number, number]][])('WA-WASI-033: one %s spoils them all', (_what, range) => {
    for (const call of ['fd_write', 'fd_read']) {
      const guest = guestWithFile();
      const before = stateOf(guest);
      const list = put(guest, [0, 4], range, [0, 4]);
      expect(guest.call(call, FILE, list, 3, ANSWER)).toBe(wasi.ERRNO_FAULT);
      expect(guest.call(call, call === 'fd_read' ? 0 : 1, list, 3, ANSWER)).toBe(wasi.ERRNO_FAULT);
      expect(stateOf(guest)).toEqual(before);
    }
  });

  it('WA-WASI-033: at most 1024 of them, and less than 2 GiB together', () => {
    const guest = guestWithFile();
    put(guest, ...Array.from({ length: 1025 }, (): [number, number] => [0, 1]));
    expect(guest.call('fd_write', 1, SPARE, 1024, ANSWER)).toBe(0);
    expect(guest.u32(ANSWER)).toBe(1024);
    expect(guest.call('fd_write', 1, SPARE, 1025, ANSWER)).toBe(wasi.ERRNO_INVAL);
    expect(guest.call('fd_write', 1, SPARE, 0xffff_ffff, ANSWER)).toBe(wasi.ERRNO_INVAL);
    expect(guest.call('fd_read', FILE, SPARE, 0x2000_0001, ANSWER)).toBe(wasi.ERRNO_INVAL);
  });

  it('WA-WASI-033: ranges that overlap are no more than 2 GiB together, in a memory that has grown', () => {
    const guest = guestWithFile();
    guest.memory.grow(1020);
    // 31 times 64 MiB, and 40 times: for a stream of three bytes.
    put(guest, ...Array.from({ length: 40 }, (): [number, number] => [0, 64 * 1024 * 1024]));
    expect(guest.call('fd_read', 0, SPARE, 40, ANSWER)).toBe(wasi.ERRNO_INVAL);
    put(guest, ...Array.from({ length: 31 }, (): [number, number] => [262_144, 64 * 1024 * 1024 - 262_144]));
    expect(guest.call('fd_read', 0, SPARE, 31, ANSWER)).toBe(0);
    expect([guest.u32(ANSWER), ...guest.bytes(262_144, 3)]).toEqual([3, 1, 2, 3]);
  });

  it('WA-WASI-033: a flood is copied in parts, and ends where its taker ends it', () => {
    let taken = 0;
    const guest = caller(
      {},
      {
        write(_stream, bytes) {
          taken += bytes.length;
          if (taken > 100_000) throw new RangeError('full');
        },
      },
    );
    const list = guest.vector(0, MEMORY);
    expect(() => guest.call('fd_write', 1, list, 1, ANSWER)).toThrow('full');
    expect(taken).toBe(2 * 65_536);
  });

  it('are read before anything is written: a read over its own list goes by the list it was given', () => {
    const guest = guestWithFile();
    const list = put(guest, [SPARE, 8], [SPARE + 100, 8]);
    guest.call('fd_write', FILE, guest.vector(0, 16), 1, ANSWER);
    guest.call('fd_seek', FILE, 0n, 0, ANSWER);
    expect(guest.call('fd_read', FILE, list, 2, ANSWER)).toBe(0);
    expect(guest.u32(ANSWER)).toBe(16);
  });

  it('of no length transfer nothing, wherever the stream is', () => {
    const guest = guestWithFile();
    put(guest, [MEMORY, 0], [0, 0]);
    expect(guest.call('fd_write', FILE, SPARE, 2, ANSWER)).toBe(0);
    expect(guest.call('fd_write', FILE, SPARE, 0, ANSWER)).toBe(0);
    expect(guest.u32(ANSWER)).toBe(0);
  });
});
