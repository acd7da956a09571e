/**
 * The only script of a cell's frame: starts the worker, and does for the page what only the frame can do. Bundled to
 * one inline script whose hash is the only one the frame's policy allows. It is trusted, holds no secret, and never
 * reads the cell's data: the data port goes straight through to the worker, and what the network answers to a guest that
 * keeps its thread is only put into the control area.
 */
import { CONTROL_BYTES, CONTROL_REASON, CONTROL_STOP } from '../../protocol/control.ts';
import { openReplyWindow, type ReplyWindow } from '../reply-window.ts';
import { type FrameInit, type FrameOrder, type FrameReport, TRUSTED_TYPES_POLICY } from './wire.ts';

interface TrustedTypes {
  createPolicy(
    name: string,
    rules: { createScriptURL(url: string): string },
  ): {
    createScriptURL(url: string): string;
  };
}

/** The page's policy is in force here too, and may ask for Trusted Types. */
function trusted(url: string): string {
  const types = (globalThis as { trustedTypes?: TrustedTypes }).trustedTypes;
  if (types === undefined) return url;
  try {
    return types.createPolicy(TRUSTED_TYPES_POLICY, { createScriptURL: text => text }).createScriptURL(url);
  } catch {
    // Not one of the page's policies. Where a plain address is not enough, making the worker says so.
    return url;
  }
}

async function begin(init: FrameInit, control: MessagePort, data: MessagePort): Promise<void> {
  const report = (message: FrameReport): void => control.postMessage(message);
  report({ type: 'up' });
  try {
    const url = URL.createObjectURL(new Blob([init.script], { type: 'text/javascript' }));
    const worker = new Worker(trusted(url), { name: 'citadel-cell' });
    let started = false;
    let words: Int32Array | null = null;
    let replies: ReplyWindow | null = null;
    worker.onerror = event => {
      // The text of the error is hostile; it goes nowhere, the console included.
      event.preventDefault();
      report({
        type: 'gone',
        reason: started ? 'error in the cell' : 'the worker of the cell did not start',
      });
    };
    worker.onmessageerror = () => report({ type: 'gone', reason: 'unreadable message from the cell' });
    worker.onmessage = ({ data: area }: MessageEvent<unknown>) => {
      started = true;
      URL.revokeObjectURL(url);
      if (
        words === null &&
        typeof SharedArrayBuffer !== 'undefined' &&
        area instanceof SharedArrayBuffer &&
        area.byteLength === CONTROL_BYTES
      ) {
        words = new Int32Array(area);
        replies = openReplyWindow(words);
      }
    };
    control.onmessage = ({ data: order }: MessageEvent<FrameOrder>) => {
      if (order.type === 'end') {
        replies?.close();
        worker.terminate();
      } else if (order.type === 'reply') replies?.write(order.runId, order.bytes);
      else if (words !== null) {
        Atomics.store(words, CONTROL_REASON, order.reason);
        Atomics.store(words, CONTROL_STOP, order.runId);
      }
    };
    const module = await WebAssembly.compile(init.wasm as Uint8Array<ArrayBuffer>);
    worker.postMessage({ module, assets: init.assets }, [data]);
  } catch (error) {
    report({ type: 'gone', reason: `the sandbox frame did not start: ${String(error)}` });
  }
}

addEventListener('message', function once({ source, data, ports }: MessageEvent<FrameInit>) {
  // Any window that can name this frame can post to it; only the page that made it is obeyed.
  if (source !== parent) return;
  removeEventListener('message', once);
  void begin(data, ports[0] as MessagePort, ports[1] as MessagePort);
});
