/** The host's end of the window through which answers reach a cell whose guest keeps the thread. */
import {
  CONTROL_REPLY_BYTES,
  CONTROL_REPLY_LENGTH,
  CONTROL_REPLY_OFFSET,
  CONTROL_REPLY_RUN,
} from '../protocol/control.ts';

export interface ReplyWindow {
  /** Never waits: what does not fit now follows when the cell has read what is there. */
  write(runId: number, bytes: Uint8Array): void;
  close(): void;
}

/** A cell takes an answer within microseconds; one that does not is looked at ever less often. */
const RETRY_MS = { first: 1, most: 64 } as const;
/** Answers a cell leaves unread, in bytes: as many as its requests under way may have. More are dropped. */
const MOST_WAITING = 64 * 1024 * 1024;

export function openReplyWindow(control: Int32Array): ReplyWindow {
  const bytes = new Uint8Array(control.buffer);
  const waiting: { readonly runId: number; readonly bytes: Uint8Array; at: number }[] = [];
  let size = 0;
  let retry: number = RETRY_MS.first;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const pump = (): void => {
    timer = undefined;
    for (;;) {
      const [first] = waiting;
      if (first === undefined) return;
      if (Atomics.load(control, CONTROL_REPLY_LENGTH) !== 0) {
        timer = setTimeout(pump, retry);
        retry = Math.min(retry * 2, RETRY_MS.most);
        return;
      }
      retry = RETRY_MS.first;
      const part = first.bytes.subarray(first.at, first.at + CONTROL_REPLY_BYTES);
      first.at += part.length;
      const isLast = first.at >= first.bytes.length;
      bytes.set(part, CONTROL_REPLY_OFFSET);
      Atomics.store(control, CONTROL_REPLY_RUN, first.runId | 0);
      Atomics.store(control, CONTROL_REPLY_LENGTH, isLast ? part.length : -part.length);
      Atomics.notify(control, CONTROL_REPLY_LENGTH);
      if (isLast) {
        size -= first.bytes.length;
        waiting.shift();
      }
    }
  };

  return {
    write(runId, reply) {
      if (size + reply.length > MOST_WAITING) return;
      size += reply.length;
      waiting.push({ runId, bytes: reply, at: 0 });
      if (timer === undefined) pump();
    },
    close() {
      clearTimeout(timer);
      waiting.length = 0;
      size = 0;
    },
  };
}
