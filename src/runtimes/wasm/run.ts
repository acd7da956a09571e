/** One run of a native plugin, from its job to its answer. Synchronous: a plugin has no event loop. */
import { concatBytes } from '../../core/bytes.ts';
import type { Value } from '../../core/value.ts';
import {
  ENV_MODULE,
  EXTISM_MODULE,
  HOST_MODULE,
  USER_MODULE,
  WASI_MODULE,
} from '../../instrument/plugin/index.ts';
import { unpackInbox } from '../../protocol/inbox.ts';
import type { NativeJob } from '../../protocol/program.ts';
import { decodeInput, encodeValue } from '../../protocol/value-codec.ts';
import { type Execution, failed, Stopped } from '../cell/execution.ts';
import type { NetLink } from '../cell/net.ts';
import { replyId } from '../cell/net-reply.ts';
import { fromBytes } from '../cell/values.ts';
import { assemblyScriptImports } from './assemblyscript.ts';
import { type Call, callCore, callExtism, callFunction, chooseCall, inputBytes } from './call.ts';
import { type DoorsHost, hostImports, missingFunctions, userImports } from './doors.ts';
import { Denied, extismImports } from './extism.ts';
import { Errno, FileTree } from './fs/index.ts';
import {
  type Calls,
  Guest,
  GuestFailure,
  type Imports,
  type LoadedModule,
  NoRoom,
  pagesOf,
  Suspension,
} from './guest.ts';
import type { Kernel } from './kernel.ts';
import { LineLog } from './lines.ts';
import { Meter, type MeterHooks } from './meter.ts';
import { createWasi, ProcExit } from './wasi/index.ts';

export interface RunHooks extends MeterHooks {
  /** Index into LOG_LEVELS. */
  log(level: number, text: string, atMs: number): void;
  readonly net: NetLink;
  random(bytes: number): Uint8Array;
}

const LEVEL_LOG = 1;
const LEVEL_ERROR = 4;
/** What toolchains want called before anything else: WASI reactors, and Haskell's runtime with no arguments. */
const INITIALIZERS = ['_initialize', 'hs_init'];
/** Directories inside directories. */
const MAX_DEPTH = 64;

/** A suspended guest may be over its time: this often it is looked at. */
const LOOK_MS = 20;

/** A guest that gives the thread back while it waits. */
interface Suspended {
  /** By request: goes on with its answer. */
  readonly waiting: Map<number, (answer: Uint8Array) => void>;
  result: Execution | null;
}

/** Standard output is the result, and there is too much of it. */
class OutputFull {}

/** The caller's files are more than the limits allow. */
class FilesFull {}

export class NativeRun {
  readonly meter: Meter;
  readonly #loaded: LoadedModule;
  readonly #job: NativeJob;
  readonly #hooks: RunHooks;
  readonly #kernel: Kernel;
  readonly #input: Value;
  readonly #files: Uint8Array;
  readonly #stdout: Uint8Array[] = [];
  #stdoutBytes = 0;
  readonly #lines: readonly LineLog[];
  #tree: FileTree | null = null;
  #guest: Guest | null = null;
  #suspension: Suspended | null = null;
  #idleSince = 0;

  constructor(loaded: LoadedModule, job: NativeJob, inbox: Uint8Array, kernel: Kernel, hooks: RunHooks) {
    this.#loaded = loaded;
    this.#job = job;
    this.#hooks = hooks;
    this.#kernel = kernel;
    const { input, files } = unpackInbox(inbox);
    this.#input = decodeInput(input);
    this.#files = files;
    this.meter = new Meter(job.timeoutMs, job.fuel, hooks);
    this.#lines = [LEVEL_LOG, LEVEL_ERROR].map(
      level => new LineLog(text => hooks.log(level, text, this.meter.elapsedMs)),
    );
  }

  get #answer(): ((id: number) => Promise<Uint8Array>) | null {
    const waiting = this.#suspension?.waiting;
    return waiting === undefined ? null : id => new Promise(resolve => void waiting.set(id, resolve));
  }

  get memoryBytes(): number {
    return (this.#guest?.memoryBytes ?? 0) + this.#kernel.memoryBytes;
  }

  /** Runs it to its end; or, where it may be suspended, until it waits, and answers milliseconds. To be called again then. */
  turn(): number | Execution {
    if (this.#idleSince > 0) this.meter.excuse(Date.now() - this.#idleSince);
    const result = this.#turn();
    // While a host function works, waiting is not the guest's time.
    this.#idleSince = typeof result === 'number' && this.#hooks.net.isCalling ? Date.now() : 0;
    return result;
  }

  #turn(): number | Execution {
    if (this.#suspension !== null) return this.#resume(this.#suspension);
    const [missing] = missingFunctions(this.#loaded.info, this.#job.functions.names);
    if (missing !== undefined)
      return failed('IMPORT_DENIED', {
        message: `declare it in options.functions: the module imports the host function ${JSON.stringify(missing.slice(0, 100))}, which nobody offers`,
      });
    const call = chooseCall(this.#loaded, this.#job.entry);
    if ('outcome' in call) return call;
    const bytes = inputBytes(call.kind, this.#input);
    if ('outcome' in bytes) return bytes;
    this.#kernel.reset(this.#job.memoryBytes);
    const { net } = this.#hooks;
    const { uses } = this.#loaded;
    const mayWait = [EXTISM_MODULE, USER_MODULE, HOST_MODULE].some(name => uses.has(name));
    if (!net.canWait && mayWait && Suspension.Suspending !== undefined) {
      this.#suspension = { waiting: new Map(), result: null };
      void this.#suspended(call, bytes, this.#suspension);
      return 0;
    }
    try {
      const { guest, calls } = this.#prepare(call, bytes);
      return this.#ended(guest.run(calls));
    } catch (error) {
      return this.#ended(this.#failure(error));
    }
  }

  #ended(result: Execution): Execution {
    for (const lines of this.#lines) lines.flush();
    return result.outcome === 'ok' ? this.#withFiles(result) : result;
  }

  async #suspended(call: Call, bytes: Uint8Array, into: Suspended): Promise<void> {
    try {
      const { guest, calls } = this.#prepare(call, bytes);
      into.result = await guest.runSuspending(calls);
    } catch (error) {
      into.result = this.#failure(error);
    }
  }

  /** Hands over answers, and lets the guest go on before anything else is looked at. */
  #resume({ waiting, result }: Suspended): number | Execution {
    if (result !== null) return this.#ended(result);
    const { net } = this.#hooks;
    let found = false;
    for (let bytes = net.take(); bytes !== null; bytes = net.take()) {
      const id = replyId(bytes);
      waiting.get(id)?.(bytes);
      waiting.delete(id);
      found = true;
    }
    if (found) return 0;
    try {
      this.meter.check();
    } catch (error) {
      // It stays suspended for ever: nobody has its answer.
      return this.#ended(this.#failure(error));
    }
    return waiting.size === 0 ? 0 : LOOK_MS;
  }

  #prepare(call: Call, bytes: Uint8Array): { guest: Guest; calls: Calls<Execution> } {
    const loaded = this.#loaded;
    const { uses } = loaded;
    const env: Imports = assemblyScriptImports({
      text: (pointer, length) => (this.#guest as Guest).read(pointer, length),
      log: text => this.#hooks.log(LEVEL_LOG, text, this.meter.elapsedMs),
      random: this.#hooks.random,
      meter: this.meter,
    });
    let wasi: ReturnType<typeof createWasi> | null = null;
    try {
      if (uses.has(WASI_MODULE))
        wasi = this.#wasi(call.kind === 'wasi' ? bytes : new Uint8Array(0), call.kind);
    } catch (error) {
      if (!(error instanceof Errno)) throw error;
      // Directories and names count as well, which only the tree knows.
      throw new FilesFull();
    }
    const extism = uses.has(EXTISM_MODULE)
      ? extismImports(this.#kernel, {
          config: this.#job.env,
          meter: this.meter,
          net: this.#hooks.net,
          bodyBytes: this.#job.memoryBytes,
          answer: this.#answer,
          log: (level, text) => this.#hooks.log(level, text, this.meter.elapsedMs),
        })
      : null;
    const doors: DoorsHost = {
      names: this.#job.functions.names,
      argumentBytes: this.#job.functions.inputBytes,
      meter: this.meter,
      net: this.#hooks.net,
      answer: this.#answer,
    };
    const guest = new Guest(
      loaded,
      {
        [ENV_MODULE]: env,
        ...(wasi === null ? {} : { [WASI_MODULE]: wasi.imports as unknown as Imports }),
        ...(extism === null ? {} : { [EXTISM_MODULE]: extism }),
        [USER_MODULE]: userImports(loaded.info, this.#kernel, doors),
        [HOST_MODULE]: hostImports(() => this.#guest as Guest, doors),
      },
      pagesOf(this.#job.memoryBytes),
      this.#kernel.tick,
      this.meter,
    );
    this.#guest = guest;
    if (wasi !== null && guest.memory !== null) wasi.bind(guest.memory);
    return { guest, calls: this.#calls(guest, call, bytes) };
  }

  *#calls(guest: Guest, call: Call, bytes: Uint8Array): Calls<Execution> {
    const loaded = this.#loaded;
    yield* guest.start(loaded.info);
    if (call.kind === 'wasi') return yield* this.#command();
    for (const name of INITIALIZERS) {
      const params = loaded.signatures.get(name)?.[0];
      if (params !== undefined && /^i*$/.test(params)) yield [name, ...Array.from(params, () => 0)];
    }
    if (call.kind === 'core') return yield* callCore(guest, bytes, this.#job, this.meter);
    if (call.kind === 'extism')
      return yield* callExtism(this.#kernel, call.entry, bytes, this.#job, this.meter);
    return yield* callFunction(loaded, call.entry, this.#input, this.#job);
  }

  *#command(): Calls<Execution> {
    try {
      yield ['_start'];
    } catch (error) {
      if (!(error instanceof ProcExit)) throw error;
      if (error.code !== 0) throw new GuestFailure('Exit', `the program exited with code ${error.code}`);
    }
    const { output, outputBytes } = this.#job;
    return fromBytes(concatBytes(this.#stdout), output, outputBytes, () => this.meter.check());
  }

  #wasi(stdin: Uint8Array, kind: Call['kind']): ReturnType<typeof createWasi> {
    const { args, env, fileName } = this.#job;
    const { meter, tree } = { meter: this.meter, tree: this.#makeTree() };
    return createWasi({
      args: [fileName, ...args],
      env,
      stdin,
      tree,
      write: (stream, part) => this.#write(stream, part, kind),
      now: () => Date.now(),
      monotonic: () => meter.elapsedMs,
      random: this.#hooks.random,
      sleep: ms => meter.sleep(ms),
      charge: units => meter.charge(units),
    });
  }

  #write(stream: 1 | 2, part: Uint8Array, kind: Call['kind']): void {
    if (stream === 2 || kind !== 'wasi') {
      this.#lines[stream - 1]?.write(part);
      return;
    }
    this.#stdoutBytes += part.length;
    if (this.#stdoutBytes > this.#job.outputBytes) throw new OutputFull();
    this.#stdout.push(part);
  }

  #makeTree(): FileTree {
    const { mounts, fileBytes, fileCount, openFiles } = this.#job;
    const tree = new FileTree({ bytes: fileBytes, inodes: fileCount, openFiles, depth: MAX_DEPTH }, () =>
      Date.now(),
    );
    for (const [path, mode] of mounts) tree.mount(path, mode);
    if (this.#files.length > 0) {
      for (const [path, bytes] of decodeInput(this.#files) as Map<string, Uint8Array>) tree.add(path, bytes);
    }
    this.#tree = tree;
    return tree;
  }

  #withFiles(result: Execution): Execution {
    const changed = this.#tree?.changed() ?? [];
    if (changed.length === 0) return result;
    const files = encodeValue(new Map(changed), { bytes: Number.MAX_SAFE_INTEGER }, 'files');
    return { ...result, files };
  }

  #failure(error: unknown): Execution {
    if (error instanceof Stopped) return failed(error.reason);
    if (error instanceof OutputFull) return failed('OUTPUT_TOO_LARGE');
    if (error instanceof FilesFull) {
      return failed('INPUT_UNSUPPORTED', {
        message:
          'raise limits.fileBytes, limits.fileCount or limits.openFiles: the files do not fit into them',
      });
    }
    if (error instanceof ProcExit) {
      return failed('GUEST_ERROR', { name: 'Exit', message: `the plugin exited with code ${error.code}` });
    }
    if (error instanceof GuestFailure)
      return failed('GUEST_ERROR', { name: error.name, message: error.message });
    if (error instanceof Denied) {
      return failed('POLICY_DENIED', { name: 'Denied', message: error.message });
    }
    if (error instanceof NoRoom) {
      return failed('CELL_CRASHED', {
        name: 'RangeError',
        message: 'the platform has no memory for the instance',
      });
    }
    if (error instanceof WebAssembly.RuntimeError)
      return failed('GUEST_ERROR', { name: 'Trap', message: error.message });
    // V8 calls it a RangeError, SpiderMonkey an InternalError.
    if (error instanceof RangeError || (error instanceof Error && error.name === 'InternalError'))
      return failed('STACK_OVERFLOW');
    return failed('CELL_CRASHED', { name: 'Error', message: String(error) });
  }
}
