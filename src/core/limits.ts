/**
 * Every number a run is held to. A limit has a unit in its name, a default, a floor and a ceiling; a value
 * outside the range is refused, never clipped (the rule of `sqlite3_limit`, turned strict).
 */
import { SandboxError } from './errors.ts';

export interface LimitSpec {
  readonly default: number;
  readonly min: number;
  readonly ceiling: number;
  /** What is counted, and what is not. */
  readonly doc: string;
}

const MiB = 1024 * 1024;
export const limitSpec = (initial: number, min: number, ceiling: number, doc: string): LimitSpec =>
  Object.freeze({ default: initial, min, ceiling, doc });

/** A whole number within the range of its limit. */
export function isWithin(
  { min, ceiling }: Pick<LimitSpec, 'min' | 'ceiling'>,
  value: unknown,
): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= min && value <= ceiling;
}

export type LimitName =
  | 'timeoutMs'
  | 'maxExecutionTimeMs'
  | 'fuel'
  | 'memoryBytes'
  | 'stackBytes'
  | 'codeBytes'
  | 'moduleBytes'
  | 'tableEntries'
  | 'inputBytes'
  | 'outputBytes'
  | 'logBytes'
  | 'logEntries'
  | 'fileBytes'
  | 'fileCount'
  | 'openFiles'
  | 'packageBytes'
  | 'packageCount'
  | 'functionCalls'
  | 'functionsInFlight'
  | 'functionInputBytes'
  | 'functionOutputBytes'
  | 'functionTimeoutMs'
  | 'maxExecutions'
  | 'concurrency'
  | 'queueLength'
  | 'nesting';

export type Limits = { readonly [K in LimitName]: number };

/** `name → default, min, ceiling, doc`. Frozen. */
export const LIMITS: Readonly<Record<LimitName, LimitSpec>> = Object.freeze({
  timeoutMs: limitSpec(
    5_000,
    1,
    600_000,
    'Wall time of the guest, from reading its program to its settled result; compiling and waiting for its own timers count, queueing, cell start and waiting for host functions do not.',
  ),
  maxExecutionTimeMs: limitSpec(
    30_000,
    1,
    3_600_000,
    'Wall time of the whole run as the caller sees it: queueing, cell start, guest and result.',
  ),
  fuel: limitSpec(
    1_000_000_000_000,
    1,
    Number.MAX_SAFE_INTEGER,
    'Deterministic CPU quota: loop iterations and calls of the metered engine. The same program and input spend the same fuel everywhere.',
  ),
  memoryBytes: limitSpec(
    64 * MiB,
    1 * MiB,
    1024 * MiB,
    'Guest heap inside the WebAssembly memory, on top of the engine’s own fixed part. The engine’s code and the cell’s JavaScript are not counted.',
  ),
  stackBytes: limitSpec(
    128 * 1024,
    16 * 1024,
    512 * 1024,
    'Call stack of the guest. Above 128 KiB it needs a platform that can size a worker’s stack (Node.js).',
  ),
  codeBytes: limitSpec(1 * MiB, 0, 16 * MiB, 'Program text plus the sources of its modules, in UTF-8 bytes.'),
  moduleBytes: limitSpec(8 * MiB, 8, 32 * MiB, 'A native plugin’s WebAssembly module, as it comes.'),
  tableEntries: limitSpec(
    100_000,
    0,
    1_000_000,
    'Entries each table of a native plugin may hold. A module that starts with more is refused.',
  ),
  inputBytes: limitSpec(1 * MiB, 0, 64 * MiB, 'The encoded input.'),
  outputBytes: limitSpec(
    1 * MiB,
    0,
    64 * MiB,
    'The encoded result. A larger one fails the run; it is never cut.',
  ),
  logBytes: limitSpec(
    256 * 1024,
    0,
    16 * MiB,
    'Text the guest logs during one run. What exceeds it is dropped and noted in report.truncations.',
  ),
  logEntries: limitSpec(
    10_000,
    0,
    1_000_000,
    'Log records of one run. What exceeds it is dropped and noted in report.truncations.',
  ),
  fileBytes: limitSpec(
    16 * MiB,
    0,
    256 * MiB,
    'The guest’s files together, those the caller passes included: contents, names, and 64 bytes for each.',
  ),
  fileCount: limitSpec(
    1_000,
    1,
    100_000,
    'Files, directories and links in the guest’s file system, mounts included.',
  ),
  openFiles: limitSpec(
    64,
    3,
    10_000,
    'File descriptors a guest may hold, the three standard streams and its mounts included.',
  ),
  packageBytes: limitSpec(
    32 * MiB,
    0,
    256 * MiB,
    'The packages of a Python run together: their wheels as they come, and also what those say they unpack to.',
  ),
  packageCount: limitSpec(20, 0, 100, 'Packages of a Python run.'),
  functionCalls: limitSpec(
    1_000,
    0,
    1_000_000,
    'Calls of host functions that one run may make, denied ones included. A further one fails in the guest.',
  ),
  functionsInFlight: limitSpec(
    64,
    1,
    1_024,
    'Calls of one run that the host works on at the same time. Further ones wait for their turn.',
  ),
  functionInputBytes: limitSpec(
    4 * MiB,
    0,
    32 * MiB,
    'The encoded arguments of all calls of a run together. A call beyond it fails in the guest.',
  ),
  functionOutputBytes: limitSpec(
    8 * MiB,
    0,
    32 * MiB,
    'The encoded answers to all calls of a run together. A larger one is a failure for the guest; it is never cut.',
  ),
  functionTimeoutMs: limitSpec(
    10_000,
    1,
    3_600_000,
    'Wall time of one call of a host function, waiting for its turn not included. Then the guest is told so, and the signal of the call is aborted.',
  ),
  maxExecutions: limitSpec(100_000, 1, 1_000_000_000, 'Runs one cell serves before it is replaced.'),
  concurrency: limitSpec(2, 1, 64, 'Cells that run guests at the same time in one sandbox.'),
  queueLength: limitSpec(1_000, 0, 1_000_000, 'Runs that may wait for a cell in one sandbox.'),
  nesting: limitSpec(
    4,
    0,
    16,
    'How deep runs may be started inside each other by host functions. Each depth has cells of its own, at most `concurrency` of them.',
  ),
});

export const LIMIT_NAMES: readonly LimitName[] = Object.freeze(Object.keys(LIMITS) as LimitName[]);

/** Limits of the sandbox as a whole: a single run cannot change them. */
export const SANDBOX_LIMITS: readonly LimitName[] = Object.freeze([
  'maxExecutions',
  'concurrency',
  'queueLength',
  'nesting',
]);

export const DEFAULT_LIMITS: Limits = Object.freeze(
  Object.fromEntries(LIMIT_NAMES.map(name => [name, LIMITS[name].default])) as Limits,
);

/**
 * Checks one value.
 * @throws SandboxError LIMIT_OUT_OF_RANGE when it is not an integer within the limit's range.
 */
export function checkLimit(name: LimitName, value: unknown, path: string): number {
  const { min, ceiling } = LIMITS[name];
  if (!isWithin(LIMITS[name], value)) {
    const shown = typeof value === 'number' ? String(value) : typeof value;
    throw new SandboxError(
      'LIMIT_OUT_OF_RANGE',
      `${path} must be an integer from ${min} to ${ceiling}, got ${shown}`,
    );
  }
  return value;
}
