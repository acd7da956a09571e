/** One run of a Python plugin: from its job to its answer. */
import { unpackInbox } from '../../protocol/inbox.ts';
import type { PythonJob } from '../../protocol/program.ts';
import { encodeDetail } from '../../protocol/thrown.ts';
import { decodeInput, encodeValue } from '../../protocol/value-codec.ts';
import { type Execution, failed, Stopped } from '../cell/execution.ts';
import type { NetLink } from '../cell/net.ts';
import { succeed } from '../cell/values.ts';
import { LineLog } from '../wasm/lines.ts';
import { Meter, type MeterHooks } from '../wasm/meter.ts';
import { Aborted, Exit } from './engine.ts';
import { farDatePath } from './far-date.ts';
import { DriverFailed, type Machine } from './machine.ts';
import { readMarshal, Unsupported } from './marshal-read.ts';
import { MarshalWriter } from './marshal-write.ts';
import { netDevice } from './net-device.ts';
import type { Files } from './os/files.ts';
import { changedFiles, createSystem, type Library, wheelPath } from './system.ts';

export interface RunHooks extends MeterHooks {
  log(level: number, text: string, atMs: number): void;
  deny(kind: number, subject: string): void;
  random(bytes: number): Uint8Array;
  readonly net: NetLink;
}

const LEVEL_LOG = 1;
const LEVEL_ERROR = 4;
const DENIED_MODULE = 1;
const SEED_BYTES = 32;
const NOTHING = new Uint8Array(0);

/** The input holds what Python has no value for. */
class FarDate {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }
}

export class PythonRun {
  readonly meter: Meter;
  cpuMs = 0;
  readonly #code: string;
  readonly #job: PythonJob;
  readonly #inbox: Uint8Array;
  readonly #library: Library;
  readonly #machine: Machine;
  readonly #hooks: RunHooks;
  readonly #lines: readonly [LineLog, LineLog];
  #begun = false;
  #files: Files | null = null;
  #resumeAt = 0;
  #idleSince = 0;

  constructor(
    code: string,
    job: PythonJob,
    inbox: Uint8Array,
    library: Library,
    machine: Machine,
    hooks: RunHooks,
  ) {
    this.#code = code;
    this.#job = job;
    this.#inbox = inbox;
    this.#library = library;
    this.#machine = machine;
    this.#hooks = hooks;
    this.meter = new Meter(job.timeoutMs, job.fuel, hooks);
    const line = (level: number): LineLog =>
      new LineLog(text => hooks.log(level, text, this.meter.elapsedMs));
    this.#lines = [line(LEVEL_LOG), line(LEVEL_ERROR)];
  }

  /** Milliseconds until it wants to go on, or how it ended. */
  turn(used: boolean): number | Execution {
    if (this.#idleSince > 0) this.meter.excuse(Date.now() - this.#idleSince);
    const result = this.#turn(used);
    // While a host function works, waiting is not the guest's time.
    this.#idleSince = typeof result === 'number' && this.#hooks.net.isCalling ? Date.now() : 0;
    return result;
  }

  #turn(used: boolean): number | Execution {
    const started = Date.now();
    const slept = this.meter.sleptMs;
    try {
      // An answer is what it may be waiting for.
      const wait = this.#hooks.net.hasAnswer ? 0 : this.#resumeAt - started;
      if (this.#begun) {
        this.meter.check();
        if (wait > 0) return Math.min(wait, 20);
      }
      return this.#read(this.#begun ? this.#machine.call('resume', NOTHING) : this.#begin(used));
    } catch (error) {
      return this.#ended(error);
    } finally {
      this.cpuMs += Date.now() - started - (this.meter.sleptMs - slept);
    }
  }

  #begin(used: boolean): Uint8Array<ArrayBuffer> {
    const { meter } = this;
    const { input, files: packed } = unpackInbox(this.#inbox);
    const given = packed.length === 0 ? new Map() : (decodeInput(packed) as Map<string, Uint8Array>);
    const files = createSystem(this.#library, given, this.#job, {
      now: () => Date.now(),
      output: (stream, bytes) => this.#lines[stream - 1]?.write(bytes),
      random: this.#hooks.random,
      deny: name => this.#hooks.deny(DENIED_MODULE, name),
      sleep: ms => meter.sleep(ms),
      net: netDevice(this.#hooks.net, meter),
    });
    this.#machine.reset({ files, tick: () => meter.tick() }, this.#job.memoryBytes, used);
    meter.attach(this.#machine.fuel);
    this.#begun = true;
    this.#files = files;
    return this.#machine.call('begin', this.#argument(input));
  }

  /** `(code, file name, input, whether it has dates, environment, granted modules or None for all, wheels, seed, whether to check only, host functions)` */
  #argument(input: Uint8Array): Uint8Array {
    const value = decodeInput(input);
    const given = new MarshalWriter();
    given.tuple(10);
    given.text(this.#code);
    given.text(this.#job.fileName);
    given.value(value);
    if (given.farDates) throw new FarDate(farDatePath(value));
    given.value(given.dates);
    given.value(this.#job.env);
    given.value(this.#job.modules);
    given.value(Array.from(this.#library.wheels.keys(), wheelPath));
    given.bytes(this.#hooks.random(SEED_BYTES));
    given.value(this.#job.check);
    given.value(this.#job.functions.names);
    return given.finish();
  }

  #read(answer: Uint8Array<ArrayBuffer>): number | Execution {
    const kind = String.fromCharCode(answer[0] ?? 0);
    if (kind === 'w' && answer.length === 9) {
      const seconds = new DataView(answer.buffer).getFloat64(1, true);
      const ms = seconds > 0 ? Math.min(seconds * 1000, 0x7fff_ffff) : 0;
      this.#resumeAt = Date.now() + ms;
      return Math.min(ms, 20);
    }
    for (const lines of this.#lines) lines.flush();
    if (kind === 'v' || kind === 't') return this.#result(answer, kind === 't');
    if (kind === 'n') return failed('NEVER_SETTLES');
    const guest = readParts(answer);
    const { message } = guest;
    switch (kind) {
      case 's':
        return failed('GUEST_SYNTAX', guest);
      case 'd':
        return failed('MODULE_DENIED', guest);
      case 'p':
        return failed('POLICY_DENIED', guest);
      case 'i':
        return failed('INPUT_UNSUPPORTED', { message });
      case 'u':
        return failed('OUTPUT_UNSUPPORTED', { message });
      case 'm':
        return this.#machine.refusedMemory ? failed('MEMORY_LIMIT') : failed('GUEST_ERROR', guest);
      case 'r':
        return failed('STACK_OVERFLOW', guest);
      default:
        return failed('GUEST_ERROR', guest);
    }
  }

  #result(answer: Uint8Array, dates: boolean): Execution {
    // No value is shorter than half of its marshalled form; what is longer is not even read.
    if (answer.length > this.#job.outputBytes * 8 + 1024) return failed('OUTPUT_TOO_LARGE');
    try {
      return this.#withFiles(succeed(readMarshal(answer, 1, { dates }), this.#job.outputBytes));
    } catch (error) {
      if (!(error instanceof Unsupported)) throw error;
      return failed('OUTPUT_UNSUPPORTED', { message: `the result cannot cross: ${error.message}` });
    }
  }

  #withFiles(result: Execution): Execution {
    const changed = this.#files === null ? new Map() : changedFiles(this.#files, this.#job);
    if (changed.size === 0 || result.outcome !== 'ok') return result;
    return { ...result, files: encodeValue(changed, { bytes: Number.MAX_SAFE_INTEGER }, 'files') };
  }

  /** What ended the guest without its driver saying so. */
  #ended(error: unknown): Execution {
    if (error instanceof FarDate)
      return failed('INPUT_UNSUPPORTED', {
        message: `${error.path} is a date that Python cannot hold: its years are 1 to 9999; pass a text`,
      });
    for (const lines of this.#lines) lines.flush();
    if (error instanceof Stopped) {
      this.#machine.stopped();
      return failed(error.reason);
    }
    if (error instanceof Exit) {
      this.#machine.stopped();
      if (error.code === 0) return succeed(null, this.#job.outputBytes);
      return failed('GUEST_ERROR', { name: 'SystemExit', message: `the program exited with ${error.code}` });
    }
    if (error instanceof Aborted)
      return failed('GUEST_ERROR', { name: 'Abort', message: 'the program called abort()' });
    if (error instanceof DriverFailed && this.#machine.refusedMemory) return failed('MEMORY_LIMIT');
    if (error instanceof DriverFailed)
      return failed('GUEST_ERROR', {
        name: 'SystemError',
        message: 'the program left Python unable to answer',
      });
    // V8 calls it a RangeError, SpiderMonkey an InternalError.
    if (error instanceof RangeError || (error instanceof Error && error.name === 'InternalError'))
      return failed('STACK_OVERFLOW');
    // Its next guest gets a new engine.
    if (error instanceof WebAssembly.RuntimeError)
      return failed('GUEST_ERROR', { name: 'Trap', message: error.message });
    // An exception of C++, or a long jump, that nothing in the engine caught.
    if (error instanceof WebAssembly.Exception)
      return failed('GUEST_ERROR', { name: 'Trap', message: 'the engine threw' });
    // A violation of the import firewall, or a defect of ours: the cell is given up.
    throw error;
  }
}

type Parts = Pick<Execution, 'name' | 'message' | 'stack' | 'line' | 'column' | 'detail'>;

/** What the driver says of a failure; the guest may have written it, so each part is what it must be. */
function readParts(answer: Uint8Array): Parts {
  let parts: unknown;
  try {
    parts = readMarshal(answer, 1, { dates: false });
  } catch (error) {
    if (!(error instanceof Unsupported)) throw error;
  }
  const list: readonly unknown[] = Array.isArray(parts) ? parts : [];
  const text = (i: number): string => (typeof list[i] === 'string' ? (list[i] as string) : '');
  const number = (i: number): number => {
    const value = list[i];
    return typeof value === 'number' && value >= 0 && value <= 0xffff_ffff ? Math.floor(value) : 0;
  };
  return {
    name: text(0),
    message: text(1),
    stack: text(2),
    line: number(3),
    column: number(4),
    detail: encodeDetail(list[5]),
  };
}
