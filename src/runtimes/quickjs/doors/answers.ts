/** Arguments and answers of host functions, between the engine's values and the wire. */
import { REPLY_END, REPLY_FAULT, REPLY_ITEMS, REPLY_VALUE } from '../../../protocol/net.ts';
import { MODE_TAGGED } from '../../../protocol/value-format.ts';
import { decodeReply } from '../../cell/net-reply.ts';
import { NULL_VALUE, writeNumber, writeTexts } from '../bjson.ts';
import type { Engine } from '../engine.ts';
import type { RunState } from '../execution.ts';
import { CALL_ANSWER, NET_ANSWERS } from '../guest/ops.ts';
import type { Machine } from '../machine.ts';
import { GuestException, type Values } from '../values.ts';

export interface CallAnswer {
  /** One of CALL_ANSWER, or `end` of NET_ANSWERS. */
  readonly kind: number;
  readonly id: number;
  /** In the engine's own form. */
  readonly value: Uint8Array;
}

const END: number = NET_ANSWERS.indexOf('end');

/** What the guest gave, encoded; null when it does not cross as it is: its side then says why, or in which form it does. */
export function encodedArguments(
  { fn }: Engine,
  values: Values,
  args: number,
  tagged: boolean,
): Uint8Array | null {
  let buffer: number;
  try {
    buffer = values.encode(args);
  } catch (error) {
    if (!(error instanceof GuestException)) throw error;
    fn.QTS_FreeValuePointer(values.context, error.error);
    return null;
  }
  const view = values.view(buffer);
  const bytes = new Uint8Array(view.length + 1);
  bytes[0] = tagged ? MODE_TAGGED : 0;
  bytes.set(view, 1);
  values.free(buffer);
  return bytes;
}

export function callAnswer(bytes: Uint8Array): CallAnswer {
  const reply = decodeReply(bytes);
  const { id } = reply;
  if (reply.op === 'value') {
    const kind = reply.bytes[0] === MODE_TAGGED ? CALL_ANSWER.tagged : CALL_ANSWER.value;
    return { kind, id, value: reply.bytes.subarray(1) };
  }
  if (reply.op === 'items') return { kind: CALL_ANSWER.items, id, value: NULL_VALUE };
  if (reply.op === 'end') return { kind: END, id, value: NULL_VALUE };
  const parts = reply.op === 'fault' ? [reply.fault, reply.name, reply.message] : ['failed', 'Error', ''];
  return { kind: CALL_ANSWER.fault, id, value: writeTexts(parts) };
}

/** Hands the guest an answer to a call. False for one that is the network's. */
export function receiveAnswer(machine: Machine, run: RunState, bytes: Uint8Array): boolean {
  const [op] = bytes;
  if (run.doors === 0) return false;
  if (op !== REPLY_VALUE && op !== REPLY_FAULT && op !== REPLY_ITEMS && op !== REPLY_END) return false;
  const { values } = machine;
  const { kind, id, value } = callAnswer(bytes);
  machine.stackFor('bridge', run.job.stackBytes);
  const given = [values.decode(writeNumber(kind)), values.decode(writeNumber(id)), values.decode(value)];
  const taken = values.call(run.doors, ...given);
  machine.stackFor('guest', run.job.stackBytes);
  const isTaken = values.number(taken) !== 0;
  for (const one of [...given, taken]) values.free(one);
  return isTaken;
}
