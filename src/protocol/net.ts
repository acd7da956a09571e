/**
 * What a cell asks of the host, and what it is answered: requests of the network and calls of host functions, by one road. A
 * cell asks in NET frames, which the host parses as hostile input (protocol/parse.ts); the host answers with the bytes
 * that `encodeReply` makes and the cell's side of runtimes/cell/net-reply.ts reads. A request or call has one answer, and so
 * has each `read` of what follows it: a body, or the items of an iterable.
 */
import { FrameWriter } from './frame-writer.ts';

/** As on the wire, in order; a name may occur more than once. */
export type NetHeader = readonly [name: string, value: string];

/**
 * Where the cell waits for the answer: `message` when it has an event loop, `window` of the control area when its guest
 * keeps the thread. The host believes neither: an answer nobody takes is dropped with the run.
 */
export type NetWay = 'message' | 'window';

export type NetCall =
  | {
      readonly op: 'fetch';
      /** Larger than every one before in this run. */
      readonly id: number;
      readonly way: NetWay;
      readonly url: string;
      readonly method: string;
      readonly headers: readonly NetHeader[];
      readonly body: Uint8Array<ArrayBuffer> | null;
      readonly redirect: 'follow' | 'manual' | 'error';
    }
  | {
      readonly op: 'call';
      /** Of the same count as those of requests. */
      readonly id: number;
      readonly way: NetWay;
      /** Of the function among those the job names. */
      readonly index: number;
      /** The arguments as an encoded array: see protocol/value-codec.ts. */
      readonly args: Uint8Array<ArrayBuffer>;
    }
  /** Asks for the next bytes of the answer's body, at most so many; or the next item. One at a time. */
  | { readonly op: 'read'; readonly id: number; readonly way: NetWay; readonly mostBytes: number }
  /** Ends the request, whatever it is doing. Nothing is answered. */
  | { readonly op: 'cancel'; readonly id: number; readonly way: NetWay };

/** What the network answers. */
export type NetRequestCall = Exclude<NetCall, { op: 'call' }>;

export type NetFailure = 'network' | 'aborted' | 'limit';

/** Why a call has no value; the text is for the guest. */
export type CallFault = 'denied' | 'refused' | 'limit' | 'timeout' | 'error' | 'failed';

export type NetReply =
  | { readonly op: 'head'; readonly id: number; readonly head: NetHead }
  | { readonly op: 'data'; readonly id: number; readonly bytes: Uint8Array }
  | { readonly op: 'end'; readonly id: number }
  | { readonly op: 'error'; readonly id: number; readonly failure: NetFailure }
  /** Of a call, or the next item of its iterable: an encoded value. */
  | { readonly op: 'value'; readonly id: number; readonly bytes: Uint8Array }
  | {
      readonly op: 'fault';
      readonly id: number;
      readonly fault: CallFault;
      readonly name: string;
      readonly message: string;
    }
  /** The answer of a call is an iterable: its items are asked for by `read`, until `end`. */
  | { readonly op: 'items'; readonly id: number };

/** What a guest may know of an answer. */
export type NetHead =
  | {
      readonly kind: 'response';
      readonly status: number;
      readonly statusText: string;
      readonly headers: readonly NetHeader[];
      readonly url: string;
      readonly redirected: boolean;
    }
  | { readonly kind: 'denied'; readonly reason: string; readonly message: string; readonly url: string }
  | { readonly kind: 'failed'; readonly failure: NetFailure };

/** Of a NET frame. */
export const NET_OPS: readonly ['fetch', 'read', 'cancel', 'call'] = ['fetch', 'read', 'cancel', 'call'];
export const NET_WAYS: readonly ['message', 'window'] = ['message', 'window'];
export const NET_REDIRECTS: readonly ['follow', 'manual', 'error'] = ['follow', 'manual', 'error'];
/** Of a reply. */
export const REPLY_HEAD = 0;
export const REPLY_DATA = 1;
export const REPLY_END = 2;
export const REPLY_ERROR = 3;
export const REPLY_VALUE = 4;
export const REPLY_FAULT = 5;
export const REPLY_ITEMS = 6;
/** Bytes of a reply before what depends on its kind; the first of a head says which. */
export const REPLY_BYTES = 5;
export const HEAD_RESPONSE = 0;
export const HEAD_DENIED = 1;
export const HEAD_FAILED = 2;
export const NET_FAILURES: readonly ['network', 'aborted', 'limit'] = ['network', 'aborted', 'limit'];

export const CALL_FAULTS: readonly ['denied', 'refused', 'limit', 'timeout', 'error', 'failed'] = [
  'denied', 'refused', 'limit', 'timeout', 'error', 'failed',
]; // biome-ignore format: a list

/**
 * What a cell lets out, and a host takes, whatever the policy says. A healthy cell refuses more by itself, so that a
 * guest cannot make it send what the host would take for a broken cell.
 */
export const NET_CAPS: Readonly<
  Record<'headBytes' | 'headers' | 'bodyBytes' | 'readBytes' | 'spareRequests' | 'callBytes', number>
> = Object.freeze({
  /** URL, method and headers of one request, as UTF-8. */
  headBytes: 512 * 1024,
  headers: 2_000,
  /** Body of one request. */
  bodyBytes: 64 * 1024 * 1024,
  /** Of a body, in one answer. */
  readBytes: 192 * 1024,
  /** Requests, and calls, beyond the limit that still reach the host, to be denied there. */
  spareRequests: 16,
  /** Arguments of one call: the ceiling of limits.functionInputBytes. */
  callBytes: 32 * 1024 * 1024,
});

/** The bytes of a reply, little-endian; texts are `u32 byteLength` and UTF-8. */
export function encodeReply(reply: NetReply): Uint8Array<ArrayBuffer> {
  const out = new FrameWriter('bytes' in reply ? reply.bytes.length + 8 : 256);
  switch (reply.op) {
    case 'head':
      out.u8(REPLY_HEAD).u32(reply.id);
      writeHead(out, reply.head);
      break;
    case 'data':
      out.u8(REPLY_DATA).u32(reply.id).raw(reply.bytes);
      break;
    case 'end':
      out.u8(REPLY_END).u32(reply.id);
      break;
    case 'error':
      out.u8(REPLY_ERROR).u32(reply.id).u8(NET_FAILURES.indexOf(reply.failure));
      break;
    case 'value':
      out.u8(REPLY_VALUE).u32(reply.id).raw(reply.bytes);
      break;
    case 'fault':
      out.u8(REPLY_FAULT).u32(reply.id).u8(CALL_FAULTS.indexOf(reply.fault));
      out.text(reply.name);
      out.text(reply.message);
      break;
    case 'items':
      out.u8(REPLY_ITEMS).u32(reply.id);
      break;
  }
  return out.take();
}

function writeHead(out: FrameWriter, head: NetHead): void {
  if (head.kind === 'failed') {
    out.u8(HEAD_FAILED).u8(NET_FAILURES.indexOf(head.failure));
    return;
  }
  if (head.kind === 'denied') {
    out.u8(HEAD_DENIED);
    for (const text of [head.reason, head.message, head.url]) out.text(text);
    return;
  }
  out
    .u8(HEAD_RESPONSE)
    .u32(head.status)
    .u8(head.redirected ? 1 : 0);
  out.text(head.statusText);
  out.text(head.url);
  out.u32(head.headers.length);
  for (const [name, value] of head.headers) {
    out.text(name);
    out.text(value);
  }
}
