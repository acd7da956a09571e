/** Requests that are one call for the guest: it keeps the thread, or is suspended, until the answer is there. */
import { concatBytes } from '../../core/bytes.ts';
import { NET_CAPS, type NetFailure, type NetHead, type NetReply, type NetWay } from '../../protocol/net.ts';
import type { GuestRequest, NetLink } from './net.ts';
import { decodeReply } from './net-reply.ts';

/** Time spent waiting is not time spent computing. */
export interface WaitMeter {
  sleptMs: number;
  /** Throws when the run is to end. */
  check(): void;
  /** The same, but for the guest's own time. */
  checkStop(): void;
  /** Waiting for a host function is not the guest's time. */
  excuse(ms: number): void;
}

export type Waited =
  | {
      readonly kind: 'response';
      readonly head: Extract<NetHead, { kind: 'response' }>;
      readonly body: Uint8Array;
    }
  | { readonly kind: 'denied'; readonly message: string }
  | { readonly kind: 'failed'; readonly failure: NetFailure | 'unsent' | 'too-large' };

/** One request with its whole body, at most `mostBytes` of it: asks, and is given the answer to each number it yields. */
export function* fetchWhole(
  link: NetLink,
  way: NetWay,
  request: GuestRequest,
  mostBytes: number,
): Generator<number, Waited, Uint8Array> {
  const id = link.fetch(way, request);
  if (id === 0) return { kind: 'failed', failure: 'unsent' };
  const first = decodeReply(yield id);
  if (first.op !== 'head') return { kind: 'failed', failure: 'network' };
  const { head } = first;
  if (head.kind !== 'response') return head;
  const parts: Uint8Array[] = [];
  let size = 0;
  while (link.read(way, id, NET_CAPS.readBytes)) {
    const part = decodeReply(yield id);
    if (part.op === 'error') return { kind: 'failed', failure: part.failure };
    if (part.op !== 'data') break;
    size += part.bytes.length;
    if (size > mostBytes) {
      link.cancel(id);
      return { kind: 'failed', failure: 'too-large' };
    }
    parts.push(part.bytes);
  }
  return { kind: 'response', head, body: concatBytes(parts) };
}

/** While the thread is kept. Throws what ends the guest. */
export function fetchWaiting(
  link: NetLink,
  meter: WaitMeter,
  request: GuestRequest,
  mostBytes: number,
): Waited {
  const check = (): void => meter.check();
  const steps = fetchWhole(link, 'window', request, mostBytes);
  let step = steps.next();
  while (!step.done) step = steps.next(waitFor(link, meter, step.value, check));
  return step.value;
}

/** Sends what was asked and waits for the answer to `id`, or to any (0). Throws what `check` throws. */
export function waitFor(link: NetLink, meter: WaitMeter, id: number, check: () => void): Uint8Array {
  const begun = Date.now();
  const { isCalling } = link;
  try {
    link.send(check);
    return link.wait(id, check);
  } finally {
    const ms = Date.now() - begun;
    meter.sleptMs += ms;
    if (isCalling) meter.excuse(ms);
  }
}

/** While the guest is suspended. `answer` resolves with the answer to a number. */
export async function fetchSuspended(
  link: NetLink,
  meter: WaitMeter,
  request: GuestRequest,
  mostBytes: number,
  answer: (id: number) => Promise<Uint8Array>,
): Promise<Waited> {
  const steps = fetchWhole(link, 'message', request, mostBytes);
  let step = steps.next();
  while (!step.done) {
    const begun = Date.now();
    const bytes = await answer(step.value);
    meter.sleptMs += Date.now() - begun;
    step = steps.next(bytes);
  }
  return step.value;
}

/** A call of a host function while the thread is kept: its answer, or null when the run may call no more. */
export function callWaiting(
  link: NetLink,
  meter: WaitMeter,
  index: number,
  args: Uint8Array,
): NetReply | null {
  const id = link.call('window', index, args);
  if (id === 0) return null;
  return decodeReply(waitFor(link, meter, id, () => meter.checkStop()));
}

/** The same while the guest is suspended, whose driver counts the time. */
export async function callSuspended(
  link: NetLink,
  index: number,
  args: Uint8Array,
  answer: (id: number) => Promise<Uint8Array>,
): Promise<NetReply | null> {
  const id = link.call('message', index, args);
  return id === 0 ? null : decodeReply(await answer(id));
}
