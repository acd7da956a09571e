/** The calls that are about neither descriptors nor names: arguments, clocks, randomness, waiting, the end. */
import { wasi } from '@bjorn3/browser_wasi_shim';
import { utf8Encode } from '../../cell/utf8.ts';
import { Errno } from '../fs/index.ts';
import { type Descriptors, InputStream, OpenDirectory, OpenFile } from './descriptors.ts';
import { EVENT_BYTES, SUBSCRIPTION_BYTES } from './encode.ts';
import type { GuestMemory } from './memory.ts';
import type { Calls } from './preview1.ts';
import { ProcExit, type WasiHost } from './types.ts';

const MILLISECOND = 1_000_000n;
/** Drawn and copied so many at a time. */
const RANDOM_CHUNK = 65_536;
const MAX_SUBSCRIPTIONS = 1024;
/** A year: longer waits end at the deadline all the same. */
const MAX_WAIT_MS = 31_536_000_000;

interface SystemHost {
  readonly host: WasiHost;
  readonly fds: Descriptors;
  memory(): GuestMemory;
  pay(bytes: number): void;
}

export function systemCalls({ host, fds, memory, pay }: SystemHost): Calls {
  const args = host.args.map(arg => terminated(arg));
  const env = Object.entries(host.env).map(([name, value]) => terminated(`${name}=${value}`));
  const sizes = (list: readonly Uint8Array[], count: number, size: number): void => {
    memory().setU32(count, list.length);
    memory().setU32(
      size,
      list.reduce((sum, { length }) => sum + length, 0),
    );
  };
  const put = (list: readonly Uint8Array[], pointers: number, buffer: number): void => {
    memory().view(pointers, list.length * 4);
    let at = buffer;
    for (const [index, bytes] of list.entries()) {
      pay(bytes.length);
      memory().bytes(at, bytes.length).set(bytes);
      memory().setU32(pointers + index * 4, at);
      at += bytes.length;
    }
  };
  const clock = (id: number): bigint => {
    if (id === wasi.CLOCKID_REALTIME) return BigInt(Math.floor(host.now())) * MILLISECOND;
    if (id <= wasi.CLOCKID_THREAD_CPUTIME_ID) return BigInt(Math.floor(host.monotonic())) * MILLISECOND;
    throw new Errno(wasi.ERRNO_INVAL);
  };

  return {
    args_sizes_get: (count: number, size: number) => sizes(args, count, size),
    args_get: (pointers: number, buffer: number) => put(args, pointers, buffer),
    environ_sizes_get: (count: number, size: number) => sizes(env, count, size),
    environ_get: (pointers: number, buffer: number) => put(env, pointers, buffer),
    clock_res_get(id: number, answer: number) {
      clock(id);
      memory().setU64(answer, MILLISECOND);
    },
    clock_time_get: (id: number, _precision: bigint, answer: number) => memory().setU64(answer, clock(id)),
    random_get(at: number, length: number) {
      memory().bytes(at, length);
      for (let done = 0; done < length; done += RANDOM_CHUNK) {
        const part = Math.min(RANDOM_CHUNK, length - done);
        // A generator costs more than a copy.
        pay(part * 16);
        memory()
          .bytes(at + done, part)
          .set(host.random(part));
      }
    },
    poll_oneoff: (subscriptions: number, events: number, count: number, answer: number) =>
      poll({ host, fds, memory, pay }, clock, subscriptions, events, count, answer),
    proc_exit(code: number): never {
      throw new ProcExit(code);
    },
    proc_raise() {
      throw new Errno(wasi.ERRNO_NOTSUP);
    },
    // Nobody else is waiting. Its price is the call's.
    sched_yield() {},
    sock_accept: (fd: number) => noSocket(fds, fd),
    sock_recv: (fd: number) => noSocket(fds, fd),
    sock_send: (fd: number) => noSocket(fds, fd),
    sock_shutdown: (fd: number) => noSocket(fds, fd),
  };
}

function terminated(text: string): Uint8Array {
  return utf8Encode(`${text}\0`);
}

function noSocket(fds: Descriptors, fd: number): never {
  fds.get(fd);
  throw new Errno(wasi.ERRNO_NOTSOCK);
}

interface Ready {
  readonly userdata: bigint;
  readonly error: number;
  readonly type: number;
  readonly bytes: number;
}

/** Waits for the first of the clocks, unless a descriptor is ready: they all are, at once. */
function poll(
  { host, fds, memory, pay }: SystemHost,
  clock: (id: number) => bigint,
  subscriptions: number,
  events: number,
  count: number,
  answer: number,
): void {
  if (count === 0 || count > MAX_SUBSCRIPTIONS) throw new Errno(wasi.ERRNO_INVAL);
  const list = memory().view(subscriptions, count * SUBSCRIPTION_BYTES);
  memory().view(events, count * EVENT_BYTES);
  memory().view(answer, 4);
  pay(count * SUBSCRIPTION_BYTES);
  const ready: Ready[] = [];
  const waits: { readonly userdata: bigint; readonly ms: number }[] = [];
  for (let i = 0; i < count; i++) {
    const at = i * SUBSCRIPTION_BYTES;
    const userdata = list.getBigUint64(at, true);
    const type = list.getUint8(at + 8);
    if (type === wasi.EVENTTYPE_CLOCK) {
      const id = list.getUint32(at + 16, true);
      const timeout = list.getBigUint64(at + 24, true);
      const absolute = (list.getUint16(at + 40, true) & wasi.SUBCLOCKFLAGS_SUBSCRIPTION_CLOCK_ABSTIME) !== 0;
      const left = absolute ? timeout - clock(id) : timeout;
      if (!absolute) clock(id);
      // Rounded up: a wait is never shorter than it was asked to be.
      waits.push({
        userdata,
        ms: Math.min(MAX_WAIT_MS, Math.max(0, Number((left + MILLISECOND - 1n) / MILLISECOND))),
      });
    } else if (type === wasi.EVENTTYPE_FD_READ || type === wasi.EVENTTYPE_FD_WRITE) {
      ready.push(readiness(fds, userdata, type, list.getUint32(at + 16, true)));
    } else throw new Errno(wasi.ERRNO_INVAL);
  }
  const shortest = ready.length > 0 ? 0 : Math.min(...waits.map(({ ms }) => ms));
  if (shortest > 0) host.sleep(shortest);
  for (const { userdata, ms } of waits) {
    if (ms <= shortest)
      ready.push({ userdata, error: wasi.ERRNO_SUCCESS, type: wasi.EVENTTYPE_CLOCK, bytes: 0 });
  }
  for (const [index, { userdata, error, type, bytes }] of ready.entries()) {
    const event = memory().view(events + index * EVENT_BYTES, EVENT_BYTES);
    event.setBigUint64(0, userdata, true);
    event.setUint16(8, error, true);
    event.setUint8(10, type);
    event.setBigUint64(16, BigInt(bytes), true);
    event.setUint16(24, 0, true);
  }
  memory().setU32(answer, ready.length);
}

function readiness(fds: Descriptors, userdata: bigint, type: number, fd: number): Ready {
  try {
    const descriptor = fds.get(fd);
    if (descriptor instanceof OpenDirectory) return { userdata, type, error: wasi.ERRNO_SUCCESS, bytes: 0 };
    const right = type === wasi.EVENTTYPE_FD_READ ? wasi.RIGHTS_FD_READ : wasi.RIGHTS_FD_WRITE;
    if ((descriptor.rights & BigInt(right)) === 0n)
      return { userdata, type, error: wasi.ERRNO_NOTCAPABLE, bytes: 0 };
    const bytes =
      descriptor instanceof InputStream
        ? descriptor.available
        : descriptor instanceof OpenFile && type === wasi.EVENTTYPE_FD_READ
          ? Math.max(0, descriptor.node.size - descriptor.position)
          : 0;
    return { userdata, type, error: wasi.ERRNO_SUCCESS, bytes };
  } catch (error) {
    if (error instanceof Errno) return { userdata, type, error: error.code, bytes: 0 };
    throw error;
  }
}
