/** Starts cells as worker threads. */
import { Worker } from 'node:worker_threads';
import {
  CONTROL_BEGUN,
  CONTROL_BEGUN_AT,
  CONTROL_BYTES,
  CONTROL_OUT_BYTES,
  CONTROL_OUT_LENGTH,
  CONTROL_OUT_OFFSET,
  CONTROL_REASON,
  CONTROL_STOP,
} from '../../protocol/control.ts';
import type { EngineName } from '../../protocol/engines.ts';
import { openReplyWindow, type ReplyWindow } from '../reply-window.ts';
import type { CellEvents, CellTransport } from '../types.ts';
import { enterAddressSpace } from './address-space.ts';
import { type CellAssets, loadCellAssets } from './assets.ts';

/** Room for the engine's recursion at the largest limits.stackBytes (512 KiB of guest stack). */
const WORKER_STACK_MB = 16;
/** The cell's own JavaScript heap: bundles, frames in flight and the inputs of queued runs. */
const WORKER_HEAP_MB = 512;

/** A message that comes in parts: more than any host takes. */
const MOST_BYTES = 128 * 1024 * 1024;

/**
 * Watches the window through which a busy cell sends, until stopped.
 * @returns takes what is in it now: it was sent before any message that has arrived
 */
function watchOut(control: Int32Array, events: CellEvents, alive: () => boolean): () => void {
  const bytes = new Uint8Array(control.buffer);
  let parts: Uint8Array[] = [];
  let size = 0;
  const take = (length: number): void => {
    const part = bytes.slice(CONTROL_OUT_OFFSET, CONTROL_OUT_OFFSET + Math.abs(length));
    size += part.length;
    if (size > MOST_BYTES) events.message(null);
    else if (length < 0) parts.push(part);
    else {
      const message = parts.length === 0 ? part : new Uint8Array(Buffer.concat([...parts, part]));
      parts = [];
      size = 0;
      events.message(message);
    }
  };
  const drain = (): boolean => {
    const length = Atomics.load(control, CONTROL_OUT_LENGTH);
    if (length === 0) return false;
    if (Math.abs(length) > CONTROL_OUT_BYTES) events.message(null);
    else take(length);
    if (!alive()) return true;
    Atomics.store(control, CONTROL_OUT_LENGTH, 0);
    Atomics.notify(control, CONTROL_OUT_LENGTH);
    return true;
  };
  const poll = async (): Promise<void> => {
    while (alive()) {
      if (drain()) {
        // A cell that refills the window at once must not keep the host from its other work.
        await new Promise(resolve => setImmediate(resolve));
        continue;
      }
      const wait = Atomics.waitAsync(control, CONTROL_OUT_LENGTH, 0);
      if (wait.async) await wait.value;
    }
  };
  void poll();
  return drain;
}

/** `load` is for tests that put something else in the engine's place. */
export function spawnCell(
  engineName: EngineName,
  events: CellEvents,
  load: (name: EngineName) => Promise<CellAssets> = loadCellAssets,
): CellTransport {
  let worker: Worker | null = null;
  let control: Int32Array | null = null;
  let replies: ReplyWindow | null = null;
  let open = true;
  let busy = true;
  let entered = (): void => {};
  let drain = (): unknown => undefined;
  /** The engine was sent: messages may follow it. */
  let ready = false;
  const backlog: unknown[] = [];

  const end = (reason: string): void => {
    if (!open) return;
    open = false;
    release();
    events.exit(reason);
  };
  /** Wakes the watcher, so that it ends. */
  const release = (): void => {
    entered();
    replies?.close();
    if (control !== null) Atomics.notify(control, CONTROL_OUT_LENGTH);
  };

  const start = async (): Promise<void> => {
    // Before the engine is compiled, which takes room as well. A sandbox that is closed right after its first answer is closed before its
    // spare gets here, and starts no thread that would have to be ended while it boots.
    entered = await enterAddressSpace();
    const data = open ? await load(engineName) : null;
    if (data === null || !open) {
      entered();
      return;
    }
    worker = new Worker(data.shell, {
      eval: true,
      name: 'citadel-cell',
      env: {},
      argv: [],
      execArgv: [],
      stdin: false,
      stdout: true,
      stderr: true,
      trackUnmanagedFds: true,
      workerData: data.workerData,
      resourceLimits: { stackSizeMb: WORKER_STACK_MB, maxOldGenerationSizeMb: WORKER_HEAP_MB },
    });
    if (!busy) worker.unref();
    worker.on('message', (message: unknown) => {
      if (!open) return;
      entered();
      if (control === null && message instanceof SharedArrayBuffer && message.byteLength === CONTROL_BYTES) {
        control = new Int32Array(message);
        replies = openReplyWindow(control);
        drain = watchOut(control, events, () => open);
      } else {
        drain();
        if (open) events.message(message);
      }
    });
    worker.on('messageerror', () => {
      if (open) events.message(null);
    });
    worker.on('error', error =>
      end(String((error as { code?: unknown } | null)?.code ?? 'error in the cell')),
    );
    worker.on('exit', code => end(`worker exited with ${code}`));
    const engine = await data.engine;
    if (!open) return;
    worker.postMessage(engine);
    ready = true;
    for (const batch of backlog.splice(0)) worker.postMessage(batch);
  };
  start().catch((error: unknown) => end(error instanceof Error ? error.message : 'the cell did not start'));

  return {
    post(batch) {
      if (!open) return;
      if (ready) worker?.postMessage(batch);
      else backlog.push(batch);
    },
    stop(runId, reason) {
      if (control === null || !open) return;
      Atomics.store(control, CONTROL_REASON, reason);
      Atomics.store(control, CONTROL_STOP, runId | 0);
    },
    begunMsAgo(runId) {
      if (control === null) return Number.POSITIVE_INFINITY;
      const begun = Atomics.load(control, CONTROL_BEGUN);
      // A cell that never says so gets nothing for it.
      if (begun === 0) return Number.POSITIVE_INFINITY;
      if (begun !== (runId | 0)) return null;
      return Math.max(0, (Date.now() - Atomics.load(control, CONTROL_BEGUN_AT)) | 0);
    },
    reply(runId, bytes) {
      if (open) replies?.write(runId, bytes);
    },
    ref(nowBusy) {
      busy = nowBusy;
      if (busy) worker?.ref();
      else worker?.unref();
    },
    terminate() {
      if (!open) return;
      open = false;
      release();
      // Never awaited: V8 may need long to stop native code, and the caller has its answer already.
      worker?.removeAllListeners();
      worker?.on('error', () => {});
      worker?.unref();
      void worker?.terminate();
    },
  };
}
