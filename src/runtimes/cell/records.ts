/** What a run leaves besides its result: log records and denials, counted and capped as they come. */
import { FrameWriter } from '../../protocol/frame-writer.ts';
import { DENIAL_KINDS, FRAME_CAPS, LOG_LEVELS } from '../../protocol/frames.ts';
import type { JobBase } from '../../protocol/program.ts';

export class RunRecords {
  readonly denials: { readonly kind: number; readonly subject: string }[] = [];
  droppedLogs = 0;
  droppedDenials = 0;
  readonly #writer: FrameWriter = new FrameWriter();
  /** Start of each record not taken yet. */
  #starts: number[] = [];
  #bytesLeft = 0;
  #entriesLeft = 0;

  get bytes(): number {
    return this.#writer.length;
  }

  reset(job: JobBase): void {
    this.denials.length = 0;
    this.droppedLogs = 0;
    this.droppedDenials = 0;
    this.#writer.reset();
    this.#starts = [];
    this.#bytesLeft = job.logBytes;
    this.#entriesLeft = job.logEntries;
  }

  log(level: number, text: string, atMs: number): void {
    // UTF-16 units: the bytes are at least as many.
    if (this.#entriesLeft < 1 || text.length > this.#bytesLeft) {
      this.droppedLogs++;
      return;
    }
    this.#entriesLeft--;
    this.#starts.push(this.#writer.length);
    this.#writer.u8(level in LOG_LEVELS ? level : 1).f64(Math.max(0, atMs));
    this.#bytesLeft -= this.#writer.text(text, this.#bytesLeft);
  }

  deny(kind: number, subject: string): void {
    if (!(kind in DENIAL_KINDS)) return;
    if (this.denials.length < FRAME_CAPS.denials) this.denials.push({ kind, subject: subject.slice(0, 256) });
    else this.droppedDenials++;
  }

  /** Whole records of at most `room` bytes, oldest first; the rest stays. */
  take(room: number = Number.POSITIVE_INFINITY): Uint8Array {
    const all = this.#writer.take();
    if (all.length <= room) {
      this.#starts = [];
      return all;
    }
    const keep = this.#starts.findLastIndex(start => start <= room);
    const at = this.#starts[keep] ?? 0;
    this.#starts = this.#starts.slice(keep).map(start => start - at);
    this.#writer.raw(all.subarray(at));
    return all.subarray(0, at);
  }
}
