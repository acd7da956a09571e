/**
 * The loop around a {@link CellProgram}, the same in every cell: queues runs, drives the program, posts its
 * frames. On Node.js this code lives outside the realm and treats the program as hostile: it hands in primitives
 * only, copies realm buffers with intrinsics captured here, and never looks at what the program throws.
 */
import { FRAME_FAILED, FRAME_LOADED, FRAME_PONG, FRAME_READY, FRAME_WITHDRAWN } from './frames.ts';
import type { HostMessage, LoadMessage, RunMessage, UnloadMessage } from './messages.ts';
import type { CellProgram } from './program.ts';

export interface PumpIo {
  /** Sends bytes to the host; the pump never touches them again. */
  post(bytes: Uint8Array): void;
  /** Calls back after `ms`; 0 means soon, after messages that wait. */
  schedule(ms: number, callback: () => void): void;
  /** Gives a module compiled outside the prototype the program's realm expects. */
  adopt?(module: WebAssembly.Module): void;
}

export interface Pump {
  /** Takes messages from the host, which is trusted. */
  receive(batch: readonly HostMessage[]): void;
  /** Announces the cell, or why its engine did not start ('' means it did). */
  announce(failure: string): void;
}

const HEADER_BYTES = 9;
/** Milliseconds that no timer can count: see `step` of a CellProgram. */
const UNTIL_MESSAGE = 0x7fff_ffff;
const typedArray = Object.getPrototypeOf(Uint8Array.prototype) as object;
const { apply } = Reflect;
const setBytes = Uint8Array.prototype.set;
const getter = (name: string | symbol): (() => unknown) =>
  Object.getOwnPropertyDescriptor(typedArray, name)?.get as () => unknown;
const tagOf = getter(Symbol.toStringTag);
const lengthOf = getter('length');

/** Copies a buffer of the realm; empty when it is anything but a plain Uint8Array. */
function copyOut(foreign: Uint8Array): Uint8Array {
  if (apply(tagOf, foreign, []) !== 'Uint8Array') return new Uint8Array(0);
  const copy = new Uint8Array(apply(lengthOf, foreign, []) as number);
  apply(setBytes, copy, [foreign]);
  return copy;
}

/** Fills a buffer of the realm. */
export function copyIn(foreign: Uint8Array, bytes: Uint8Array): void {
  if (apply(tagOf, foreign, []) === 'Uint8Array') apply(setBytes, foreign, [bytes]);
}

/** A frame with an ASCII text payload, or none. */
function smallFrame(type: number, id: number, text = ''): Uint8Array {
  const textBytes = text === '' ? 0 : 4 + text.length;
  const frame = new Uint8Array(HEADER_BYTES + textBytes);
  const view = new DataView(frame.buffer);
  view.setUint8(0, type);
  view.setUint32(1, id, true);
  view.setUint32(5, textBytes, true);
  if (textBytes > 0) {
    view.setUint32(HEADER_BYTES, text.length, true);
    for (let i = 0; i < text.length; i++) frame[HEADER_BYTES + 4 + i] = text.charCodeAt(i) & 0x7f;
  }
  return frame;
}

export function createPump(program: CellProgram, io: PumpIo): Pump {
  /** In the order of arrival: a module comes before the runs that need it. */
  const queue: (RunMessage | LoadMessage | UnloadMessage)[] = [];
  let active = 0;
  /** A scheduled turn is stale unless it carries the newest ticket. */
  let ticket = 0;
  let dead = false;

  const fail = (text: string): void => {
    dead = true;
    io.post(smallFrame(FRAME_FAILED, active, text));
  };

  const load = ({ id, key, module, bytes, info }: LoadMessage): void => {
    copyIn(program.inbox(bytes.length), bytes);
    if (module !== null) io.adopt?.(module);
    program.load(key, module, info);
    io.post(smallFrame(FRAME_LOADED, id));
  };

  const deliver = (bytes: Uint8Array): void => {
    try {
      copyIn(program.mail(bytes.length), bytes);
      program.deliver();
    } catch {
      fail('the engine failed outside a run');
    }
  };

  const turn = (): void => {
    if (dead) return;
    ticket++;
    const mine = ticket;
    try {
      for (;;) {
        if (active === 0) {
          const next = queue.shift();
          if (next === undefined) break;
          if (next.type === 'unload') {
            program.unload(next.key);
            continue;
          }
          if (next.type === 'load') {
            load(next);
            continue;
          }
          active = next.id;
          copyIn(program.inbox(next.input.length), next.input);
          program.begin(next.id, next.code, next.job);
        }
        const wait = Number(program.step());
        // Posted at once, not gathered: the next run may be a long one, and this answer must not wait for it.
        if (program.pending() > 0) io.post(copyOut(program.take()));
        if (wait < 0) active = 0;
        else {
          // Whoever waits for a message alone needs no timer: a guest makes thousands of calls, each a turn.
          if (wait < UNTIL_MESSAGE)
            io.schedule(wait, () => {
              if (mine === ticket) turn();
            });
          break;
        }
      }
    } catch {
      // Nothing of a hostile realm is looked at, not even what it threw.
      fail('the engine failed outside a run');
    }
  };

  return {
    receive(batch) {
      if (dead) return;
      for (const message of batch) {
        if (message.type === 'run' || message.type === 'load' || message.type === 'unload')
          queue.push(message);
        else if (message.type === 'net') {
          if (message.id === active) deliver(message.bytes);
        } else if (message.type === 'ping') io.post(smallFrame(FRAME_PONG, message.id));
        else if (message.type === 'withdraw') {
          for (const waiting of queue.splice(0)) {
            if (waiting.type === 'run') io.post(smallFrame(FRAME_WITHDRAWN, waiting.id));
            else queue.push(waiting);
          }
        } else if (message.id === active) {
          try {
            program.cancel(message.id);
          } catch {
            fail('the engine failed outside a run');
            return;
          }
        } else {
          const at = queue.findIndex(waiting => waiting.type === 'run' && waiting.id === message.id);
          if (at >= 0) {
            queue.splice(at, 1);
            io.post(smallFrame(FRAME_WITHDRAWN, message.id));
          }
        }
      }
      turn();
    },
    announce(failure) {
      if (failure === '') {
        io.post(smallFrame(FRAME_READY, 0));
      } else fail(failure);
    },
  };
}
