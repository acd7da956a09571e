/** What one call cost the thread that made it: CPU time between two turns of its event loop, and memory that is held afterwards. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { ERROR_TABLE, SandboxError } from '../../../src/index.ts';
import { slowness } from './reference.ts';

setFlagsFromString('--expose-gc');
const gc = runInNewContext('gc') as () => void;

export interface Case {
  /** Of what is handed over. */
  readonly bytes: number;
  /** What it is, in a line. */
  readonly note: string;
  call(): unknown;
  /** After the last call. */
  close?(): Promise<unknown>;
}

export interface Bounds {
  /** CPU of the host's thread between two turns. */
  readonly stallMs: number;
  /** Held by the result: so many times its bytes, and a constant. */
  readonly heapPerByte: number;
  readonly heapConstant: number;
}

export interface Cost {
  readonly stallMs: number;
  readonly heapBytes: number;
  /** A code of ours, `ok`, or what was thrown that is neither. */
  readonly outcome: string;
  readonly isDocumented: boolean;
}

const cpuMs = (): number => {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
};
const memory = (): number => {
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
};

/** The longest time, in CPU of this thread, that passed between two looks of a timer. */
function startMeter(): () => number {
  let last = cpuMs();
  let most = 0;
  let open = true;
  const look = (): void => {
    const now = cpuMs();
    most = Math.max(most, now - last);
    last = now;
    if (open) setTimeout(look, 1);
  };
  setTimeout(look, 1);
  return () => {
    open = false;
    return Math.max(most, cpuMs() - last);
  };
}

function outcomeOf(thrown: unknown): Pick<Cost, 'outcome' | 'isDocumented'> {
  if (thrown instanceof SandboxError)
    return { outcome: thrown.code, isDocumented: Object.hasOwn(ERROR_TABLE, thrown.code) };
  const { name, message } = thrown as Error;
  // The one error beside ours: a cell's bytes that no healthy cell writes, before the host makes PROTOCOL_VIOLATION of it.
  return { outcome: `${name}: ${String(message).slice(0, 120)}`, isDocumented: name === 'ProtocolError' };
}

function codeOf(result: unknown): Pick<Cost, 'outcome' | 'isDocumented'> {
  const error = (result as { error?: { code?: string } | null } | null | undefined)?.error;
  const code = typeof error === 'object' ? error?.code : undefined;
  if (code === undefined) return { outcome: 'ok', isDocumented: true };
  return {
    outcome: code,
    isDocumented: Object.hasOwn(ERROR_TABLE, code) && code !== 'INTERNAL' && code !== 'PROTOCOL_VIOLATION',
  };
}

async function once(one: Case, isClean: boolean): Promise<Cost> {
  if (isClean) gc();
  const before = memory();
  const stop = startMeter();
  let result: unknown;
  let said: Pick<Cost, 'outcome' | 'isDocumented'>;
  try {
    result = one.call();
    if (result instanceof Promise) result = await result;
    said = codeOf(result);
  } catch (error) {
    said = outcomeOf(error);
  }
  const stallMs = stop();
  if (isClean) gc();
  const heapBytes = Math.max(0, memory() - before);
  // Held until here.
  if (result === one) throw new Error('a case must not return itself');
  return { ...said, stallMs, heapBytes };
}

/** Measures; what looks too dear is measured again, since collections of garbage and compilers take their time where they like. */
export async function measure(one: Case, bounds: Bounds): Promise<Cost> {
  const allowed = bounds.heapPerByte * one.bytes + bounds.heapConstant;
  let cost = await once(one, false);
  for (let n = 0; n < 4 && (cost.stallMs > bounds.stallMs || cost.heapBytes > allowed); n++) {
    const again = await once(one, true);
    const slow = slowness();
    cost = {
      ...again,
      stallMs: Math.min(cost.stallMs, again.stallMs / slow),
      heapBytes: Math.min(cost.heapBytes, again.heapBytes),
    };
  }
  await one.close?.();
  return cost;
}
