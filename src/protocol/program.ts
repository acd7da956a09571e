/**
 * What a cell's shell and the engine inside it say to each other. The shell is the platform's code around the
 * engine: on Node.js it lives in the worker thread *outside* the `node:vm` realm, so nothing but primitives and
 * buffers allocated by the realm may pass this line, and no function is ever handed in. In a browser both sides
 * share the worker's scrubbed realm and keep the same rule.
 *
 * Every method may be hostile: the shell ignores what it throws, awaits nothing, and copies buffers with
 * captured intrinsics.
 */
export interface CellProgram {
  /** Allocates `bytes` in the realm for the asset `name` ('snapshot', 'seed'); the shell fills it before `boot`. */
  asset(name: string, bytes: number): Uint8Array;
  /** Starts the engine from a compiled module (its prototype is already the realm's). Answers '' or what failed. */
  boot(module: WebAssembly.Module): string;
  /** The control area (see protocol/control.ts), or null where the realm has no SharedArrayBuffer. */
  control(): SharedArrayBuffer | null;
  /** Allocates the buffer for the next run's input, or the next module; the shell fills it before `begin` or `load`. */
  inbox(bytes: number): Uint8Array;
  /**
   * Keeps a plugin's module for runs whose job names `key`; only called while idle. `module` is compiled and has the
   * realm's prototype, or is null where the cell itself has to check and compile what is in the inbox. `info` is JSON:
   * what was found while checking, or with what to check. A module that is refused fails the runs that name it.
   */
  load(key: string, module: WebAssembly.Module | null, info: string): void;
  /** Forgets a module. */
  unload(key: string): void;
  /**
   * Takes one run; only called while idle. `job` is the JSON of a {@link Job}.
   * `code` travels apart, because a large string needs no JSON escaping.
   */
  begin(id: number, code: string, job: string): void;
  /**
   * Runs until the guest is done or waits. Answers milliseconds until it wants to be called again
   * (0: at once; 2³¹ − 1 and more: only when a message comes), or a negative number when idle: the run is over and its
   * frame is in the outbox.
   */
  step(): number;
  /** Ends the current run as cancelled, if `id` is the current one; takes effect in `step`. */
  cancel(id: number): void;
  /** Allocates the buffer for an answer of the network; the shell fills it before `deliver`. */
  mail(bytes: number): Uint8Array;
  /** The answer is for the current run; it takes effect in `step`. */
  deliver(): void;
  /** Bytes waiting in the outbox (log and done frames, see protocol/frames.ts). */
  pending(): number;
  /** Hands out the outbox, and empties it. */
  take(): Uint8Array;
}

/** What a run of any engine is told. Plain JSON; made by the host, so trusted by the cell. */
export interface JobBase {
  readonly env: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly fuel: number;
  readonly memoryBytes: number;
  readonly outputBytes: number;
  readonly logBytes: number;
  readonly logEntries: number;
  /** Deliver logs while the guest runs, not only at its end. */
  readonly liveLogs: boolean;
  /** What the cell lets out of requests; the host holds the run to the same, and to more. */
  readonly network: { readonly requests: number; readonly uploadBytes: number };
  /** Host functions there are, by their place in the list; and what the cell lets out of their calls. */
  readonly functions: {
    readonly names: readonly string[];
    readonly calls: number;
    readonly inputBytes: number;
  };
}

/** What a JavaScript run is told, apart from code and input. */
export interface ScriptJob extends JobBase {
  readonly language: 'javascript' | 'typescript';
  /** File name in guest stacks and messages. */
  readonly fileName: string;
  /** `[specifier, source]` of each module the plugin may import. */
  readonly modules: readonly (readonly [string, string])[];
  /** Names removed from the guest's realm, dotted paths such as `Function` or `Math.random`. */
  readonly blockedFunctions: readonly string[];
  readonly stackBytes: number;
}

/** What a run of a native module is told. Its input is followed by its files: see protocol/inbox.ts. */
export interface NativeJob extends JobBase {
  /** Of a module the cell was given with `load`. */
  readonly module: string;
  /** Name of the program: the first of its arguments, and of its files in messages. */
  readonly fileName: string;
  /** Exported function to call; '' leaves it to the module's ABI. */
  readonly entry: string;
  readonly args: readonly string[];
  readonly output: 'auto' | 'json' | 'text' | 'bytes';
  /** `[path, mode]` of each directory of the guest's file system. */
  readonly mounts: readonly (readonly [string, 'read' | 'write'])[];
  readonly fileBytes: number;
  readonly fileCount: number;
  readonly openFiles: number;
}

/** What a Python run is told. Its input is followed by its files: see protocol/inbox.ts. */
export interface PythonJob extends JobBase {
  /** Read the program and say what would fail, instead of running it; `offline` where the policy allows no request. */
  readonly check: false | 'online' | 'offline';
  /** Key of the packages the cell was given with `load`; '' for none. */
  readonly packages: string;
  /** Modules the plugin's own code may import, with what is below them; null: the whole standard library. */
  readonly modules: readonly string[] | null;
  /** File name in tracebacks and messages. */
  readonly fileName: string;
  /** `[path, mode]` of each directory of the guest's file system. */
  readonly mounts: readonly (readonly [string, 'read' | 'write'])[];
  readonly fileBytes: number;
  readonly fileCount: number;
  readonly openFiles: number;
}

export type Job = ScriptJob | NativeJob | PythonJob;
