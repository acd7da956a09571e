/**
 * What an egress proxy and its client say to each other. A request is a JSON head, its length before it, and the body
 * as it is; an answer is frames, because its end has to be told from a connection that broke.
 */
import { NetError } from './net.ts';

export const PROXY_PATH = '/v1/fetch';
export const PROXY_TYPE = 'application/x-citadel-egress';
/** A head with all its headers, in bytes. */
export const MOST_HEAD_BYTES: number = 1024 * 1024;
/** One frame's payload, in bytes. */
export const MOST_FRAME_BYTES: number = 1024 * 1024;

export const FRAME_HEAD = 1;
export const FRAME_DATA = 2;
export const FRAME_END = 3;
/** The payload is one word: `network`, `aborted` or `limit`. */
export const FRAME_ERROR = 4;

export interface ProxyRequestHead {
  readonly url: string;
  readonly method: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly hasBody: boolean;
}

export type ProxyAnswerHead =
  | {
      readonly kind: 'response';
      readonly status: number;
      readonly statusText: string;
      readonly headers: readonly (readonly [string, string])[];
      readonly decoded: string | null;
    }
  | { readonly kind: 'denied'; readonly reason: string; readonly message: string }
  | { readonly kind: 'failed'; readonly failure: string };

const encoder: TextEncoder = new TextEncoder();

/** Length first, then the JSON text. */
export function encodeHead(head: ProxyRequestHead): Uint8Array<ArrayBuffer> {
  return withLength(encoder.encode(JSON.stringify(head)), 4);
}

export function encodeFrame(type: number, payload: Uint8Array): Uint8Array<ArrayBuffer> {
  const frame = withLength(payload, 5);
  frame[4] = type;
  return frame;
}

/** @param before bytes in front of the payload; the first four of them get its length */
function withLength(payload: Uint8Array, before: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(before + payload.length);
  new DataView(bytes.buffer).setUint32(0, payload.length);
  bytes.set(payload, before);
  return bytes;
}

export type PullBytes = () => Promise<Uint8Array | null>;

/** Exact amounts out of a stream of pieces. */
export class ByteSource {
  readonly #pull: PullBytes;
  #pieces: Uint8Array[] = [];
  #length = 0;

  constructor(pull: PullBytes) {
    this.#pull = pull;
  }

  /** `count` bytes, or `null` when the stream ends before the first of them. @throws NetError when it ends within */
  async take(count: number): Promise<Uint8Array | null> {
    while (this.#length < count) {
      const piece = await this.#pull();
      if (piece === null) {
        if (this.#length === 0 && count > 0) return null;
        throw new NetError('reset', 'ended in the middle of a frame');
      }
      if (piece.length === 0) continue;
      this.#pieces.push(piece);
      this.#length += piece.length;
    }
    const [first] = this.#pieces;
    if (first !== undefined && first.length > count) {
      // The usual case, without a copy.
      this.#pieces[0] = first.subarray(count);
      this.#length -= count;
      return first.subarray(0, count);
    }
    const taken = new Uint8Array(count);
    let at = 0;
    while (at < count) {
      const [piece] = this.#pieces;
      if (piece === undefined) break;
      const part = piece.subarray(0, count - at);
      taken.set(part, at);
      at += part.length;
      if (part.length === piece.length) this.#pieces.shift();
      else this.#pieces[0] = piece.subarray(part.length);
    }
    this.#length -= count;
    return taken;
  }

  /** What came along with the last amount, then the rest of the stream. */
  async rest(): Promise<Uint8Array | null> {
    const piece = this.#pieces.shift();
    if (piece === undefined) return this.#pull();
    this.#length -= piece.length;
    return piece;
  }
}

export function lengthAt(bytes: Uint8Array): number {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(0);
}

/** The next frame, `null` at the end of the stream. @throws NetError */
export async function readFrame(
  source: ByteSource,
): Promise<{ readonly type: number; readonly payload: Uint8Array } | null> {
  const start = await source.take(5);
  if (start === null) return null;
  const length = lengthAt(start);
  if (length > MOST_FRAME_BYTES) throw new NetError('protocol', 'a frame is too long');
  const payload = length === 0 ? new Uint8Array(0) : await source.take(length);
  if (payload === null) throw new NetError('reset', 'ended in the middle of a frame');
  return { type: start[4] ?? 0, payload };
}

/** JSON of a head. @throws SyntaxError */
export function decodeJson(bytes: Uint8Array): unknown {
  return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
}
