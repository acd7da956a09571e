/** Requests of a guest that keeps the thread: each call comes back with the answer. */
import { NET_CAPS, type NetFailure, type NetHead, type NetReply } from '../../protocol/net.ts';
import type { GuestRequest, NetLink } from './net.ts';
import { decodeReply } from './net-reply.ts';

/** Time spent waiting is not time spent computing. */
export interface WaitMeter {
  sleptMs: number;
  /** Throws when the run is to end. */
  check(): void;
}

export type Waited =
  | {
      readonly kind: 'response';
      readonly head: Extract<NetHead, { kind: 'response' }>;
      readonly body: Uint8Array;
    }
  | { readonly kind: 'denied'; readonly message: string }
  | { readonly kind: 'failed'; readonly failure: NetFailure | 'unsent' | 'too-large' };

/** One request with its whole body, at most `mostBytes` of it. Throws what ends the guest. */
export function fetchWhole(
  link: NetLink,
  meter: WaitMeter,
  request: GuestRequest,
  mostBytes: number,
): Waited {
  const id = link.fetch('window', request);
  if (id === 0) return { kind: 'failed', failure: 'unsent' };
  const first = exchange(link, meter, id);
  if (first.op !== 'head') return { kind: 'failed', failure: 'network' };
  const { head } = first;
  if (head.kind !== 'response') return head;
  const parts: Uint8Array[] = [];
  let size = 0;
  for (;;) {
    link.read('window', id, NET_CAPS.readBytes);
    const part = exchange(link, meter, id);
    if (part.op === 'error') return { kind: 'failed', failure: part.failure };
    if (part.op !== 'data') break;
    size += part.bytes.length;
    if (size > mostBytes) {
      link.cancel(id);
      return { kind: 'failed', failure: 'too-large' };
    }
    parts.push(part.bytes);
  }
  const body = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    body.set(part, at);
    at += part.length;
  }
  return { kind: 'response', head, body };
}

function exchange(link: NetLink, meter: WaitMeter, id: number): NetReply {
  return decodeReply(waitFor(link, meter, id));
}

/** The bytes of the answer to what was just asked. Throws what ends the guest. */
export function waitFor(link: NetLink, meter: WaitMeter, id: number): Uint8Array {
  const begun = Date.now();
  try {
    const check = (): void => meter.check();
    link.send(check);
    return link.wait(id, check);
  } finally {
    meter.sleptMs += Date.now() - begun;
  }
}
