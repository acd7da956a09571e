/** Cell → host messages, parsed as hostile input: anything but a frame of protocol/frames.ts is refused. */
import type { GuestThrow, SourcePosition } from '../core/errors.ts';
import type { LogEntry } from '../core/result.ts';
import { cleanLine, cleanText } from '../core/text.ts';
import { ProtocolError } from './error.ts';
import {
  DENIAL_KINDS,
  FRAME_CAPS,
  FRAME_DONE,
  FRAME_FAILED,
  FRAME_LOADED,
  FRAME_LOG,
  FRAME_NET,
  FRAME_PONG,
  FRAME_READY,
  FRAME_WITHDRAWN,
  LOG_LEVELS,
  OUTCOMES,
  type Outcome,
} from './frames.ts';
import { NET_CAPS, NET_OPS, NET_REDIRECTS, NET_WAYS, type NetCall, type NetHeader } from './net.ts';
import { parseDetail } from './thrown.ts';

export { ProtocolError } from './error.ts';

export interface ReadyFrame {
  readonly type: 'ready';
}
export interface FailedFrame {
  readonly type: 'failed';
  /** Why, one clean line. */
  readonly text: string;
}
export interface PongFrame {
  readonly type: 'pong';
  readonly id: number;
}
export interface WithdrawnFrame {
  readonly type: 'withdrawn';
  readonly id: number;
}
export interface LoadedFrame {
  readonly type: 'loaded';
  readonly id: number;
}
export interface LogFrame {
  readonly type: 'log';
  readonly id: number;
  /** Size of the payload. */
  readonly bytes: number;
  readonly records: readonly LogEntry[];
}
export interface DoneFrame {
  readonly type: 'done';
  readonly id: number;
  readonly outcome: Outcome;
  /** Null: not measured. */
  readonly guestMs: number | null;
  readonly cpuMs: number | null;
  readonly fuel: number | null;
  readonly memoryBytes: number | null;
  readonly droppedLogs: number;
  readonly droppedDenials: number;
  readonly position: SourcePosition | null;
  readonly guest: GuestThrow;
  readonly denials: readonly DeniedRequest[];
  /** Still encoded; see protocol/value-codec.ts. */
  readonly value: Uint8Array;
  /** Files the guest left, still encoded; empty when there are none. */
  readonly files: Uint8Array;
  readonly logs: readonly LogEntry[];
}
export interface NetFrame {
  readonly type: 'net';
  readonly id: number;
  readonly call: NetCall;
}
export interface DeniedRequest {
  readonly kind: (typeof DENIAL_KINDS)[number];
  readonly subject: string;
}
export type Frame =
  | ReadyFrame
  | FailedFrame
  | PongFrame
  | WithdrawnFrame
  | LoadedFrame
  | LogFrame
  | NetFrame
  | DoneFrame;

export interface MessageCaps {
  /** Size of the whole message. */
  readonly bytes: number;
  /** Frames in it. Default 10,000. */
  readonly frames?: number;
}

const DEFAULT_FRAMES = 10_000;
const HEADER_BYTES = 9;
const NAME_CHARS = 256;
const MESSAGE_CHARS = 4096;
const STACK_CHARS = 8192;

const { apply, getPrototypeOf } = Reflect;
const typedArray = getPrototypeOf(Uint8Array.prototype) as object;
const getter = (owner: object, name: string | symbol): ((this: unknown) => unknown) =>
  Object.getOwnPropertyDescriptor(owner, name)?.get as (this: unknown) => unknown;
const tagOf = getter(typedArray, Symbol.toStringTag);
const lengthOf = getter(typedArray, 'length');
const bufferOf = getter(typedArray, 'buffer');
const bufferLength = getter(ArrayBuffer.prototype, 'byteLength');

// A leading U+FEFF is a character like any other here.
const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });

const malformed = (what: string): ProtocolError => new ProtocolError(`malformed message: ${what}`);

/**
 * The private copy of a message's bytes. Everything is asked of captured intrinsics, so that no property of the
 * object, own or inherited, has a say.
 */
function copyBytes(data: unknown, cap: number): Uint8Array<ArrayBuffer> {
  // undefined for anything that is not a typed array, a Proxy of one included.
  if (apply(tagOf, data, []) !== 'Uint8Array' || getPrototypeOf(data as object) !== Uint8Array.prototype) {
    throw malformed('not a Uint8Array');
  }
  try {
    apply(bufferLength, apply(bufferOf, data, []), []);
  } catch {
    throw malformed('its memory is shared');
  }
  const length = apply(lengthOf, data, []) as number;
  if (length > cap) throw new ProtocolError(`a message of ${length} bytes exceeds its cap of ${cap}`);
  return new Uint8Array(data as Uint8Array);
}

class Reader {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly #view: DataView;
  at = 0;
  end: number;

  constructor(bytes: Uint8Array<ArrayBuffer>) {
    this.bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.end = bytes.length;
  }

  take(size: number): number {
    const start = this.at;
    if (size > this.end - start) throw malformed('it ends early');
    this.at = start + size;
    return start;
  }

  u8(): number {
    return this.#view.getUint8(this.take(1));
  }

  u32(): number {
    return this.#view.getUint32(this.take(4), true);
  }

  f64(): number {
    return this.#view.getFloat64(this.take(8), true);
  }

  /** A measured figure; NaN says it was not measured. */
  figure(what: string): number | null {
    const value = this.f64();
    if (Number.isNaN(value)) return null;
    if (value < 0 || value > Number.MAX_SAFE_INTEGER) throw malformed(`${what} is out of range`);
    return value;
  }

  chunk(cap: number, what: string): Uint8Array<ArrayBuffer> {
    const length = this.u32();
    if (length > cap) throw malformed(`${what} is too long`);
    const start = this.take(length);
    return this.bytes.subarray(start, this.at);
  }

  text(cap: number, what: string): string {
    const bytes = this.chunk(cap, what);
    return bytes.length === 0 ? '' : utf8.decode(bytes);
  }

  oneOf<T>(list: readonly T[], what: string): T {
    const index = this.u8();
    const found = list[index];
    if (found === undefined) throw malformed(`unknown ${what} ${index}`);
    return found;
  }
}

/**
 * Splits one message into its frames.
 * @throws ProtocolError, and nothing else, for whatever is not a sequence of well-formed frames within the caps
 */
export function parseMessage(data: unknown, caps: MessageCaps): Frame[] {
  const reader = new Reader(copyBytes(data, caps.bytes));
  const size = reader.bytes.length;
  const most = caps.frames ?? DEFAULT_FRAMES;
  const frames: Frame[] = [];
  if (size === 0) throw malformed('it is empty');
  while (reader.at < size) {
    if (frames.length >= most) throw malformed(`more than ${most} frames`);
    reader.end = size;
    if (size - reader.at < HEADER_BYTES) throw malformed('it ends early');
    const type = reader.u8();
    const id = reader.u32();
    const length = reader.u32();
    if (length > size - reader.at) throw malformed('it ends early');
    reader.end = reader.at + length;
    frames.push(parseFrame(reader, type, id, length));
    if (reader.at !== reader.end) throw malformed('a frame is longer than its content');
  }
  return frames;
}

/** The records of a LOG payload. @throws ProtocolError */
export function parseLogRecords(bytes: Uint8Array, caps: MessageCaps): LogEntry[] {
  return readRecords(new Reader(copyBytes(bytes, caps.bytes)));
}

function parseFrame(reader: Reader, type: number, id: number, length: number): Frame {
  switch (type) {
    case FRAME_READY:
      return { type: 'ready' };
    case FRAME_PONG:
      return { type: 'pong', id };
    case FRAME_FAILED:
      return {
        type: 'failed',
        text: cleanLine(reader.text(FRAME_CAPS.message, 'failure text'), MESSAGE_CHARS),
      };
  }
  if (id === 0) throw malformed('a frame of no run');
  switch (type) {
    case FRAME_WITHDRAWN:
      return { type: 'withdrawn', id };
    case FRAME_LOADED:
      return { type: 'loaded', id };
    case FRAME_LOG:
      return { type: 'log', id, bytes: length, records: readRecords(reader) };
    case FRAME_DONE:
      return parseDone(reader, id);
    case FRAME_NET:
      return { type: 'net', id, call: parseNetCall(reader) };
  }
  throw malformed(`unknown frame type ${type}`);
}

function parseDone(reader: Reader, id: number): DoneFrame {
  const outcome = reader.oneOf(OUTCOMES, 'outcome');
  const guestMs = reader.figure('guestMs');
  const cpuMs = reader.figure('cpuMs');
  const fuel = reader.figure('fuel');
  const memoryBytes = reader.figure('memoryBytes');
  const droppedLogs = reader.u32();
  const droppedDenials = reader.u32();
  const line = reader.u32();
  const column = reader.u32();
  const guest = {
    name: cleanLine(reader.text(FRAME_CAPS.name, 'name'), NAME_CHARS),
    message: cleanText(reader.text(FRAME_CAPS.message, 'message'), MESSAGE_CHARS),
    stack: cleanText(reader.text(FRAME_CAPS.stack, 'stack'), STACK_CHARS),
  };
  const denials: DeniedRequest[] = [];
  const count = reader.u32();
  if (count > FRAME_CAPS.denials) throw malformed('too many denials');
  for (let i = 0; i < count; i++) {
    const kind = reader.oneOf(DENIAL_KINDS, 'denial');
    denials.push({ kind, subject: cleanLine(reader.text(FRAME_CAPS.subject, 'subject'), NAME_CHARS) });
  }
  const value = reader.chunk(reader.end, 'value');
  const files = reader.chunk(reader.end, 'files');
  const { end } = reader;
  const recordsBytes = reader.u32();
  if (recordsBytes > end - reader.at) throw malformed('its log records have another length');
  reader.end = reader.at + recordsBytes;
  const logs = readRecords(reader);
  reader.end = end;
  const detail = reader.at < end ? parseDetail(reader.chunk(FRAME_CAPS.detail, 'detail')) : {};
  return {
    type: 'done',
    id,
    outcome,
    guestMs,
    cpuMs,
    fuel,
    memoryBytes,
    droppedLogs,
    droppedDenials,
    position: line === 0 ? null : { line, column: Math.max(1, column) },
    guest: { ...guest, ...detail },
    denials,
    value,
    files,
    logs,
  };
}

function parseNetCall(reader: Reader): NetCall {
  const op = reader.oneOf(NET_OPS, 'request');
  const way = reader.oneOf(NET_WAYS, 'way');
  const id = reader.u32();
  if (op === 'cancel') return { op, id, way };
  if (op === 'read') {
    const mostBytes = reader.u32();
    if (mostBytes < 1 || mostBytes > NET_CAPS.readBytes) throw malformed('a read of an odd size');
    return { op, id, way, mostBytes };
  }
  if (op === 'call') {
    const index = reader.u32();
    // A copy, for the same reason as a body.
    return { op, id, way, index, args: reader.chunk(NET_CAPS.callBytes, 'arguments').slice() };
  }
  const redirect = reader.oneOf(NET_REDIRECTS, 'redirect');
  const start = reader.at;
  const text = (what: string): string => reader.text(NET_CAPS.headBytes, what);
  const url = text('url');
  const method = text('method');
  const count = reader.u32();
  if (count > NET_CAPS.headers) throw malformed('too many headers');
  const headers: NetHeader[] = [];
  for (let i = 0; i < count; i++) headers.push([text('header name'), text('header value')]);
  // With the lengths of its texts.
  if (reader.at - start > NET_CAPS.headBytes + 16 * NET_CAPS.headers)
    throw malformed('a request head is too long');
  const hasBody = reader.oneOf([false, true], 'mark of a body');
  const body = reader.chunk(NET_CAPS.bodyBytes, 'request body');
  if (!hasBody && body.length > 0) throw malformed('a body of a request without one');
  // A copy: what is kept while the request goes on must not keep the whole message.
  return { op, id, way, url, method, headers, body: hasBody ? body.slice() : null, redirect };
}

function readRecords(reader: Reader): LogEntry[] {
  const records: LogEntry[] = [];
  while (reader.at < reader.end) {
    const level = reader.oneOf(LOG_LEVELS, 'log level');
    const atMs = reader.figure('atMs');
    if (atMs === null) throw malformed('atMs is out of range');
    const text = reader.text(reader.end, 'log text');
    records.push({ level, text: cleanText(text, text.length), atMs });
  }
  return records;
}
