/** From what a cell says of a run to what the caller is told. */
import type { ErrorCode } from '../core/errors.ts';
import type { Value } from '../core/value.ts';
import type { DoneFrame } from '../protocol/parse.ts';
import { decodeValue, ProtocolError } from '../protocol/value-codec.ts';
import { decodeFiles } from './files.ts';
import type { Run } from './run.ts';

const line = (text: string, fallback: string): string => (text === '' ? fallback : text);

function describe(code: ErrorCode, run: Run, done: DoneFrame): string {
  const { limits } = run.request;
  const { name, message } = done.guest;
  switch (code) {
    case 'GUEST_ERROR':
      return `the plugin threw ${line(name, 'a value')}${message === '' ? '' : `: ${message}`}`;
    case 'NEVER_SETTLES':
      return 'the plugin waits for a promise that nothing can settle any more';
    case 'STACK_OVERFLOW':
      return run.request.runtime === 'javascript'
        ? `the plugin’s calls nest deeper than limits.stackBytes = ${limits.stackBytes} allows`
        : 'the plugin’s calls nest deeper than the platform’s stack allows';
    case 'TIMEOUT':
      return `the plugin ran longer than limits.timeoutMs = ${limits.timeoutMs}`;
    case 'FUEL_EXHAUSTED':
      return `the plugin spent more than limits.fuel = ${limits.fuel}`;
    case 'MEMORY_LIMIT':
      return `the plugin needed more than limits.memoryBytes = ${limits.memoryBytes}`;
    case 'OUTPUT_TOO_LARGE':
      return line(message, `the plugin’s result is larger than limits.outputBytes = ${limits.outputBytes}`);
    case 'CANCELLED':
      return 'the run was cancelled while the plugin ran';
    case 'CELL_CRASHED':
      return 'the engine failed inside the cell';
    default:
      return line(message, name);
  }
}

/** Settles the run with what its cell reported. @throws ProtocolError when the value is malformed. */
export function settleDone(run: Run, done: DoneFrame): void {
  if (run.ending !== null) {
    run.fail(run.ending.code, run.ending.message, { done });
    return;
  }
  const { outcome } = done;
  const { limits } = run.request;
  if (outcome === 'ok') {
    const files = decodeFiles(done.files, run.request.writable, limits);
    let data: Value;
    try {
      data = decodeValue(done.value, { bytes: limits.outputBytes });
    } catch (error) {
      if (!(error instanceof ProtocolError) || error.reason === 'malformed') throw error;
      const isLarge = error.reason === 'too-large';
      run.fail(isLarge ? 'OUTPUT_TOO_LARGE' : 'OUTPUT_UNSUPPORTED', error.message, { done });
      return;
    }
    run.succeed(data, files, done);
    return;
  }
  const threw = done.guest.name !== '';
  run.fail(outcome, describe(outcome, run, done), {
    done,
    detail: { guest: threw ? done.guest : undefined, position: done.position ?? undefined },
  });
}
