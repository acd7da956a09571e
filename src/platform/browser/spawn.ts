/** Starts cells, wherever the host runs: in the page, or in a worker of the page that asks the page for frames. */
import type { EngineName } from '../../protocol/engines.ts';
import type { CellEvents, CellTransport } from '../types.ts';
import type { CellAssets } from './assets.ts';
import { brokeredFrame } from './broker.ts';
import { startFrame } from './frame.ts';

/** `load` is for tests that put something else in the engine's place. */
export function spawnCell(
  engine: EngineName,
  events: CellEvents,
  load?: (name: EngineName) => Promise<CellAssets>,
): CellTransport {
  const { port1: port, port2: data } = new MessageChannel();
  let open = true;

  const end = (reason: string): void => {
    if (!open) return;
    open = false;
    port.close();
    events.exit(reason);
  };
  // The data port goes through page and frame to the worker; nobody on the way reads it.
  const frame =
    typeof document === 'undefined' ? brokeredFrame(engine, data, end) : startFrame(engine, data, end, load);

  port.onmessage = event => {
    if (open) events.message(event.data);
  };
  port.onmessageerror = () => {
    if (open) events.message(null);
  };
  // Where the browser tells: the other end went away with its worker.
  port.addEventListener('close', () => {
    if (!open) return;
    frame.end();
    end('the worker is gone');
  });

  return {
    post(batch) {
      if (open) port.postMessage(batch);
    },
    stop(runId, reason) {
      if (open) frame.stop(runId, reason);
    },
    // The control area is the frame's, whose answer would come after the deadline.
    begunMsAgo: () => Number.POSITIVE_INFINITY,
    reply(runId, bytes) {
      if (open) frame.reply(runId, bytes);
    },
    // A page has no process to keep alive.
    ref() {},
    terminate() {
      if (!open) return;
      open = false;
      // First of all: no message arrives after this. The browser may need seconds to stop busy code.
      port.close();
      frame.end();
    },
  };
}
