/** Reads what protocol/net.ts writes. The host made it, so it is well formed; what it carries comes from outside. */
import {
  CALL_FAULTS,
  HEAD_DENIED,
  HEAD_RESPONSE,
  NET_FAILURES,
  type NetFailure,
  type NetHeader,
  type NetReply,
  REPLY_BYTES,
  REPLY_DATA,
  REPLY_END,
  REPLY_FAULT,
  REPLY_HEAD,
  REPLY_ITEMS,
  REPLY_VALUE,
} from '../../protocol/net.ts';
import { utf8Decode } from './utf8.ts';

export const replyId = (bytes: Uint8Array): number =>
  new DataView(bytes.buffer, bytes.byteOffset).getUint32(1, true);

export function decodeReply(bytes: Uint8Array): NetReply {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const op = view.getUint8(0);
  const id = view.getUint32(1, true);
  let at = REPLY_BYTES;
  const u8 = (): number => view.getUint8(at++);
  const u32 = (): number => {
    at += 4;
    return view.getUint32(at - 4, true);
  };
  const text = (): string => {
    const length = u32();
    at += length;
    return utf8Decode(bytes.subarray(at - length, at), false) as string;
  };
  const failure = (): NetFailure => NET_FAILURES[u8()] ?? 'network';
  if (op === REPLY_DATA) return { op: 'data', id, bytes: bytes.subarray(at) };
  if (op === REPLY_VALUE) return { op: 'value', id, bytes: bytes.subarray(at) };
  if (op === REPLY_END) return { op: 'end', id };
  if (op === REPLY_ITEMS) return { op: 'items', id };
  if (op === REPLY_FAULT)
    return { op: 'fault', id, fault: CALL_FAULTS[u8()] ?? 'failed', name: text(), message: text() };
  if (op !== REPLY_HEAD) return { op: 'error', id, failure: failure() };
  const kind = u8();
  if (kind === HEAD_DENIED)
    return { op: 'head', id, head: { kind: 'denied', reason: text(), message: text(), url: text() } };
  if (kind !== HEAD_RESPONSE) return { op: 'head', id, head: { kind: 'failed', failure: failure() } };
  const status = u32();
  const redirected = u8() === 1;
  const statusText = text();
  const url = text();
  const headers: NetHeader[] = [];
  for (let left = u32(); left > 0; left--) headers.push([text(), text()]);
  return { op: 'head', id, head: { kind: 'response', status, statusText, headers, url, redirected } };
}
