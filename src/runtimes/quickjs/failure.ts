/** From whatever ended a run to what is said of it. */

import { YIELD_IN_FOR_OF } from '../../syntax/defects.ts';
import { type Execution, failed, Stopped } from '../cell/execution.ts';
import type { RunState } from './execution.ts';
import type { Machine } from './machine.ts';
import { GuestException, OutOfGuestMemory } from './values.ts';

/** Frames shown of a stack. */
const MAX_FRAMES = 50;
/** Longest line of a stack that is read. */
const MAX_LINE = 1024;

/** JS_EVAL_FLAG_COMPILE_ONLY, and JS_EVAL_TYPE_MODULE. */
const COMPILE_ONLY = 32;
const MODULE = 1;

export function describeFailure(machine: Machine, run: RunState, error: unknown): Execution {
  if (error instanceof Stopped) return failed(error.reason);
  if (error instanceof OutOfGuestMemory) return failed('MEMORY_LIMIT');
  if (error instanceof GuestException) {
    const full = machine.refusedMemory;
    machine.refusedMemory = false;
    try {
      return describeThrown(machine, run, error.error, full);
    } catch (second) {
      if (second instanceof GuestException) {
        // Either the heap is so full that not even this fits, or the guest did something about being described.
        return machine.refusedMemory ? failed('MEMORY_LIMIT') : failed('GUEST_ERROR', { name: 'Error' });
      }
      return describeFailure(machine, run, second);
    }
  }
  if (error instanceof RangeError) return failed('STACK_OVERFLOW');
  if (error instanceof WebAssembly.RuntimeError) {
    if (machine.refusedMemory) return failed('MEMORY_LIMIT');
    return failed('GUEST_ERROR', { name: 'EngineTrap', message: error.message });
  }
  return failed('CELL_CRASHED', { name: 'Error', message: String(error) });
}

/** `full`: the guest was refused memory before it threw. */
function describeThrown(machine: Machine, run: RunState, thrown: number, full: boolean): Execution {
  machine.stackFor('bridge', run.job.stackBytes);
  const { values, meta } = machine;
  const [name = '', said = '', rawStack = ''] = values.texts(values.call(meta.entry.describe, thrown));
  const message = name === 'SyntaxError' ? explainExport(run, said) : said;
  const { stack, line, column } = ownFrames(rawStack, run);
  // When not all of the error fits, the engine throws it without its message, or null, or a value that is none.
  const nothing = name === 'a value' && (message === 'null' || message === '[unsupported type]');
  const outOfMemory =
    nothing || (name === 'InternalError' && (message === 'out of memory' || message === ''));
  if ((full && outOfMemory) || machine.refusedMemory) return failed('MEMORY_LIMIT');
  if (name === 'InternalError') {
    if (message.startsWith('stack underflow (op=') || message.startsWith('nip_catch: '))
      return failed('GUEST_SYNTAX', { name: 'SyntaxError', message: YIELD_IN_FOR_OF, stack });
    if (message === 'stack overflow') return failed('STACK_OVERFLOW', { name, message, stack, line, column });
  }
  const denial = values.call(meta.entry.isDenial, thrown);
  const denied = values.number(denial) !== 0;
  if (denied) {
    return failed(message.startsWith('import ') ? 'MODULE_DENIED' : 'POLICY_DENIED', {
      name,
      message,
      stack,
      line,
      column,
    });
  }
  const guest = { name, message, stack, line, column, detail: detailOf(machine, thrown) };
  if (name === 'SyntaxError' && run.stage === 'new' && !compiles(machine, run))
    return failed('GUEST_SYNTAX', guest);
  return failed('GUEST_ERROR', guest);
}

/** Says what kind of file a module without exports is likely to be. */
function explainExport({ modules }: RunState, message: string): string {
  const [, name] = /^Could not find export '[^']*' in module '([^']*)'$/.exec(message) ?? [];
  const source = name === undefined ? undefined : modules.get(name);
  if (source === undefined || /\bexport\b/.test(source)) return message;
  const kind = /\bmodule\.exports\b|\bexports\.\w|\btypeof exports\b/.test(source)
    ? 'is CommonJS or UMD'
    : 'exports nothing';
  return `${message}: the file ${kind}; bundle it as an ES module, as with esbuild --bundle --format=esm`;
}

/** Encoded, for the host; empty when there is none, or when saying it fails. */
function detailOf({ values, meta }: Machine, thrown: number): Uint8Array {
  try {
    const detail = values.call(meta.entry.detail, thrown);
    if (values.typeOf(detail) === 'undefined') return new Uint8Array(0);
    const bytes = values.view(values.encode(detail));
    const encoded = new Uint8Array(bytes.length + 1);
    encoded.set(bytes, 1);
    return encoded;
  } catch (error) {
    if (error instanceof GuestException) return new Uint8Array(0);
    throw error;
  }
}

/** Whether the engine can read the program at all: a SyntaxError may also be one that the program threw. */
function compiles(machine: Machine, run: RunState): boolean {
  const source = run.prepared;
  if (source === null) return true;
  try {
    machine.values.evaluate(
      source.text,
      run.job.fileName,
      COMPILE_ONLY | (source.form === 'module' ? MODULE : 0),
    );
    return true;
  } catch (error) {
    if (error instanceof GuestException) return false;
    throw error;
  }
}

/** Frames in the plugin's own files, at its own columns; the first one's place. */
function ownFrames(raw: string, run: RunState): { stack: string; line: number; column: number } {
  const files = new Set([run.job.fileName, ...run.modules.keys()]);
  const offset = run.prepared?.offset ?? 0;
  const kept: string[] = [];
  let line = 0;
  let column = 0;
  for (const text of raw.split('\n')) {
    // The text may be the guest's own, and the expression below is not linear.
    if (text.length > MAX_LINE) continue;
    const frame = /^\s*at (?:(.*) \()?(.*?):(\d+)(?::(\d+))?\)?$/.exec(text);
    if (frame === null) continue;
    const [, name = '', file = '', lineText, columnText] = frame;
    if (!files.has(file)) continue;
    if (kept.length === MAX_FRAMES) break;
    const frameLine = Number(lineText);
    let frameColumn = Number(columnText ?? 1);
    if (file === run.job.fileName && frameLine === 1) frameColumn = Math.max(1, frameColumn - offset);
    if (kept.length === 0 && file === run.job.fileName) {
      line = frameLine;
      column = frameColumn;
    }
    kept.push(`    at ${name === '' ? '' : `${name} `}(${file}:${frameLine}:${frameColumn})`);
  }
  return { stack: kept.join('\n'), line, column };
}
