/**
 * Entry of a cell's worker in a browser. Bundled to one IIFE and placed *before* the program's text in the same
 * script, so the globals are gone when the first line of the engine runs. Everything this code uses later is captured
 * here: the program shares this realm and may change every intrinsic once a guest has broken it.
 */
import type { HostBatch } from '../../protocol/messages.ts';
import type { CellProgram } from '../../protocol/program.ts';
import { copyIn, createPump } from '../../protocol/pump.ts';
import { scrub } from './scrub.ts';
import type { WorkerInit, WorkerReport } from './wire.ts';

interface ProgramBundle {
  createProgram(options: { live(frame: Uint8Array): boolean }): CellProgram;
}

/** `var citadelProgram` of the text that follows this one. */
declare const citadelProgram: ProgramBundle;
/** Whether this realm keeps `Intl`: a parameter of the function around this text, where there is one. */
declare const citadelIntl: boolean | undefined;

const TRANSFER_FROM_BYTES = 16 * 1024;
/** More than the ceilings of all limits allow together: the host would refuse it, after having made room for it. */
const MOST_BYTES = 256 * 1024 * 1024;
const { apply } = Reflect;
const Bytes = Uint8Array;
const scope = globalThis as unknown as {
  postMessage(message: WorkerReport): void;
  setTimeout(callback: () => void, ms: number): number;
  clearTimeout(timer: number): void;
};
const { postMessage, setTimeout, clearTimeout } = scope;
const portPost = MessagePort.prototype.postMessage;
const getter = (owner: object, name: string | symbol): (() => unknown) =>
  Object.getOwnPropertyDescriptor(owner, name)?.get as () => unknown;
const typedArray = Object.getPrototypeOf(Bytes.prototype) as object;
const tagOf = getter(typedArray, Symbol.toStringTag);
const lengthOf = getter(typedArray, 'length');
const bufferOf = getter(typedArray, 'buffer') as () => ArrayBuffer;
const bufferLength = getter(ArrayBuffer.prototype, 'byteLength');
const seed = crypto.getRandomValues(new Uint8Array(32));

// A turn "soon" is a message to oneself: nested timers are clamped to 4 ms.
const soon = new MessageChannel();
let due: (() => void) | null = null;
soon.port1.onmessage = () => {
  const callback = due;
  due = null;
  callback?.();
};

/** A rejection nobody handles is the guest's business; it shall not fill the page's console. */
addEventListener('unhandledrejection', event => event.preventDefault());

addEventListener(
  'message',
  (event: MessageEvent<WorkerInit>) => start(event.data, event.ports[0] as MessagePort),
  { once: true },
);
// Nothing that another script could have put here is kept: this line runs before any other code of the cell.
const left = scrub(globalThis, typeof citadelIntl === 'boolean' && citadelIntl);

function start({ module, assets }: WorkerInit, port: MessagePort): void {
  // The host's thread unpacks a message before its parser sees it, so a graph of a million objects, or a small view
  // of a huge buffer, would cost it time and memory however soon it refuses. Only plain bytes get out of here.
  const post = (bytes: Uint8Array): void => {
    if (apply(tagOf, bytes, []) !== 'Uint8Array') throw null;
    const buffer = apply(bufferOf, bytes, []);
    // Throws for shared memory.
    const size = apply(bufferLength, buffer, []) as number;
    if (size !== apply(lengthOf, bytes, []) || size > MOST_BYTES) throw null;
    apply(portPost, port, size < TRANSFER_FROM_BYTES ? [bytes] : [bytes, [buffer]]);
  };

  let failure = 'the engine did not start';
  let control: WorkerReport = null;
  let program: CellProgram | null = null;
  if (left.length > 0) failure = `this browser keeps globals the cell must not have: ${left.join(', ')}`;
  else {
    try {
      program = citadelProgram.createProgram({
        live(frame) {
          // A fresh copy: the program may go on writing to its own.
          post(new Bytes(frame));
          return true;
        },
      });
      copyIn(program.asset('seed', 32), seed);
      for (const [name, bytes] of assets) copyIn(program.asset(name, bytes.length), bytes);
      failure = String(program.boot(module));
      control = program.control();
    } catch {
      // What the program throws is not looked at.
    }
  }
  apply(postMessage, scope, [control]);
  let timer = 0;
  const pump = createPump(program as CellProgram, {
    post,
    schedule(ms, callback) {
      // A newer turn makes the older one stale: what was to wake it must not pile up.
      apply(clearTimeout, scope, [timer]);
      if (ms > 0) timer = apply(setTimeout, scope, [callback, ms]);
      else {
        // One turn is pending at a time: a newer one makes the older stale.
        due = callback;
        apply(portPost, soon.port2, [0]);
      }
    },
  });
  port.onmessage = (event: MessageEvent<HostBatch>) => pump.receive(event.data);
  pump.announce(failure);
}
