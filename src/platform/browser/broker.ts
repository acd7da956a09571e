/**
 * A worker has no document to put frames in. Where the sandbox host runs in one, the page makes the frames for it;
 * the data port of each cell still leads straight from the host to the cell's worker.
 */
import type { EngineName } from '../../protocol/engines.ts';
import type { CellAssets } from './assets.ts';
import { type Frame, startFrame } from './frame.ts';

/** Host worker → page. `spawn` brings the data port. */
type Order =
  | { readonly type: 'spawn'; readonly id: number; readonly engine: EngineName }
  | { readonly type: 'stop'; readonly id: number; readonly runId: number; readonly reason: number }
  | { readonly type: 'reply'; readonly id: number; readonly runId: number; readonly bytes: Uint8Array }
  | { readonly type: 'end'; readonly id: number };

/** Page → host worker. */
interface Gone {
  readonly id: number;
  readonly reason: string;
}

/**
 * In the page: makes the cells the other end of `port` asks for. Both ends are trusted.
 * `load` is for tests that put something else in the engine's place.
 */
export function serveCells(port: MessagePort, load?: (name: EngineName) => Promise<CellAssets>): void {
  const frames = new Map<number, Frame>();
  port.onmessage = ({ data: order, ports }: MessageEvent<Order>) => {
    const { id } = order;
    if (order.type === 'spawn') {
      const frame = startFrame(
        order.engine,
        ports[0] as MessagePort,
        reason => {
          frames.delete(id);
          port.postMessage({ id, reason } satisfies Gone);
        },
        load,
      );
      frames.set(id, frame);
    } else if (order.type === 'stop') frames.get(id)?.stop(order.runId, order.reason);
    else if (order.type === 'reply') frames.get(id)?.reply(order.runId, order.bytes);
    else {
      frames.get(id)?.end();
      frames.delete(id);
    }
  };
  // A host worker that ended leaves nobody who could use its cells.
  port.addEventListener('close', () => {
    for (const frame of frames.values()) frame.end();
    frames.clear();
  });
}

let broker: MessagePort | null = null;
let nextId = 1;
const waiting = new Map<number, (reason: string) => void>();

/** In the worker: from now on cells are made by the page at the other end of `port`. */
export function connectCells(port: MessagePort): void {
  broker = port;
  port.onmessage = ({ data: { id, reason } }: MessageEvent<Gone>) => {
    const gone = waiting.get(id);
    waiting.delete(id);
    gone?.(reason);
  };
}

/** The frame of a cell, in a page elsewhere. */
export function brokeredFrame(engine: EngineName, data: MessagePort, gone: (reason: string) => void): Frame {
  const port = broker;
  if (port === null) {
    queueMicrotask(() =>
      gone(
        'Call serveCells(port) in the page and connectCells(port) in this worker first: a worker cannot make a cell',
      ),
    );
    return { stop() {}, reply() {}, end() {} };
  }
  const id = nextId++;
  waiting.set(id, gone);
  port.postMessage({ type: 'spawn', id, engine } satisfies Order, [data]);
  return {
    stop: (runId, reason) => port.postMessage({ type: 'stop', id, runId, reason } satisfies Order),
    reply: (runId, bytes) => port.postMessage({ type: 'reply', id, runId, bytes } satisfies Order),
    end() {
      waiting.delete(id);
      port.postMessage({ type: 'end', id } satisfies Order);
    },
  };
}
