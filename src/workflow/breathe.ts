/** Long loops on the host's thread, in slices: between two of them timers fire, and messages and requests are answered. */
const SLICE_MS = 10;

let turnedAt = 0;
let turn: Promise<void> | null = null;

const { setImmediate } = globalThis as { setImmediate?: (call: () => void) => unknown };

function macrotask(call: () => void): void {
  if (setImmediate !== undefined) {
    setImmediate(call);
    return;
  }
  // A browser's timers wait for milliseconds once they nest; messages do not.
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => {
    port1.close();
    call();
  };
  port2.postMessage(0);
}

/** Undefined while the slice goes on; otherwise what to await before going on. */
export function breathe(): Promise<void> | undefined {
  if (performance.now() - turnedAt < SLICE_MS) return undefined;
  turn ??= new Promise(resolve =>
    macrotask(() => {
      turn = null;
      turnedAt = performance.now();
      resolve();
    }),
  );
  return turn;
}
