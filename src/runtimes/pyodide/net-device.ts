/**
 * `/dev/net`: what guest/net.py writes are requests, what it reads are answers. One write is one request:
 *
 *   u8 op, u8 way (0: ask only, the answer comes by message; 1: ask only, the answer comes to who waits; 2: wait),
 *   u32 timeoutMs (0: none), then of the op
 *   fetch  := u8 redirect, u32 n, text[n] (url, method, header name, header value …), u8 hasBody, body
 *   read   := u32 id, u32 mostBytes
 *   cancel := u32 id
 *   call   := u32 index, u8 't' (complex numbers are dates) or 'v', the arguments as a marshalled list
 *   next   := (empty)                  the next answer to what was only asked: by message, one that is there
 *
 * What is read afterwards is the answer as protocol/net.ts writes it (a value of a host function instead as `u8 whether it has
 * dates` and marshalled), or one byte: UNSENT, LATE or UNABLE. What was only
 * asked is answered with its number. No answer there: nothing to read.
 */
import { SandboxError } from '../../core/errors.ts';
import { NET_REDIRECTS, type NetWay, REPLY_BYTES, REPLY_VALUE } from '../../protocol/net.ts';
import { decodeInput, encodeValue } from '../../protocol/value-codec.ts';
import type { NetLink } from '../cell/net.ts';
import { type WaitMeter, waitFor } from '../cell/net-wait.ts';
import { utf8Decode } from '../cell/utf8.ts';
import { readMarshal, Unsupported } from './marshal-read.ts';
import { MarshalWriter } from './marshal-write.ts';
import { fail } from './os/errno.ts';
import type { Device } from './os/nodes.ts';

const FETCH = 0;
const READ = 1;
const CANCEL = 2;
const NEXT = 3;
const CALL = 4;
const BY_MESSAGE = 0;
const BY_WINDOW = 1;
const WAITING = 2;
/** The run may send no more; the time is over; nobody can wait here. */
const UNSENT = Uint8Array.of(255);
const LATE = Uint8Array.of(254);
const UNABLE = Uint8Array.of(253);
const NOTHING = new Uint8Array(0);

/** Thrown through the wait, and caught around it. */
class Late {}

export function netDevice(link: NetLink, meter: WaitMeter): Device {
  let answer: Uint8Array = NOTHING;

  /** Waits for the answer to `id`, or to any (0); cancels the one that was late. */
  const wait = (id: number, timeoutMs: number): Uint8Array => {
    const until = timeoutMs === 0 ? Number.POSITIVE_INFINITY : Date.now() + timeoutMs;
    const check = (): void => {
      // Waiting for a host function is not the guest's time.
      if (link.isCalling) meter.checkStop();
      else meter.check();
      if (Date.now() >= until) throw new Late();
    };
    try {
      return waitFor(link, meter, id, check);
    } catch (error) {
      if (!(error instanceof Late)) throw error;
      if (id !== 0) link.cancel(id);
      return LATE;
    }
  };

  const call = (by: NetWay, reader: Reader): number => {
    const index = reader.u32();
    const dates = reader.u8() === 't'.charCodeAt(0);
    try {
      const args = readMarshal(reader.rest(), 0, { dates });
      return link.call(by, index, encodeValue(args, { bytes: Number.MAX_SAFE_INTEGER }, 'arguments'));
    } catch (error) {
      // Which guest/doors.py puts into words.
      if (error instanceof Unsupported || error instanceof SandboxError) return fail('EINVAL');
      throw error;
    }
  };

  return {
    read(into) {
      const part = answer.subarray(0, into.length);
      into.set(part);
      answer = answer.subarray(part.length);
      return part.length;
    },
    write(bytes) {
      const reader = new Reader(bytes);
      const op = reader.u8();
      const way = reader.u8();
      const timeoutMs = reader.u32();
      const by = way === BY_MESSAGE ? 'message' : 'window';
      if (op === CANCEL) {
        link.cancel(reader.u32());
        answer = NOTHING;
      } else if (way !== BY_MESSAGE && !link.canWait) answer = UNABLE;
      else if (op === NEXT) {
        if (way === BY_MESSAGE) answer = readable(link.take() ?? NOTHING);
        else answer = link.isWatching ? readable(wait(0, timeoutMs)) : NOTHING;
      } else if (op === READ || op === FETCH || op === CALL) {
        const id =
          op === READ ? reader.u32() : op === FETCH ? link.fetch(by, reader.request()) : call(by, reader);
        if (op === READ && !link.read(by, id, reader.u32())) fail('EINVAL');
        if (id === 0) answer = UNSENT;
        else if (way === WAITING) answer = readable(wait(id, timeoutMs));
        else answer = numbered(id);
        // Nobody gives the thread back before it waits.
        if (way === BY_WINDOW) link.send(() => meter.check());
      } else fail('EINVAL');
      return bytes.length;
    },
  };
}

/** A value of a host function as Python reads it; everything else as it is. */
function readable(answer: Uint8Array): Uint8Array {
  if (answer[0] !== REPLY_VALUE) return answer;
  const writer = new MarshalWriter();
  writer.value(decodeInput(answer.subarray(REPLY_BYTES)));
  const marshalled = writer.finish();
  const bytes = new Uint8Array(REPLY_BYTES + 1 + marshalled.length);
  bytes.set(answer.subarray(0, REPLY_BYTES));
  bytes[REPLY_BYTES] = writer.dates ? 1 : 0;
  bytes.set(marshalled, REPLY_BYTES + 1);
  return bytes;
}

function numbered(id: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, id, true);
  return bytes;
}

/** What a guest wrote: anything out of place is an invalid argument. */
class Reader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  u8(): number {
    return this.#view.getUint8(this.#take(1));
  }

  u32(): number {
    return this.#view.getUint32(this.#take(4), true);
  }

  /** All that is left. */
  rest(): Uint8Array {
    return this.#bytes.subarray(this.#at);
  }

  request(): Parameters<NetLink['fetch']>[1] {
    const redirect = NET_REDIRECTS[this.u8()] ?? fail('EINVAL');
    const count = this.u32();
    const [url, method, ...headers] = Array.from({ length: Math.min(count, this.#bytes.length) }, () =>
      this.#text(),
    );
    if (url === undefined || method === undefined) return fail('EINVAL');
    const body = this.u8() === 1 ? this.#bytes.slice(this.#at) : null;
    return { url, method, headers, body, redirect };
  }

  #text(): string {
    const length = this.u32();
    const start = this.#take(length);
    return utf8Decode(this.#bytes.subarray(start, this.#at), false) ?? '';
  }

  #take(size: number): number {
    const start = this.#at;
    if (size > this.#bytes.length - start) fail('EINVAL');
    this.#at = start + size;
    return start;
  }
}
