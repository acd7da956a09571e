/** How each interface is called: from the caller's input to what the plugin answers. */
import type { Value } from '../../core/value.ts';
import type { NativeJob } from '../../protocol/program.ts';
import { type Execution, failed } from '../cell/execution.ts';
import { utf8Decode, utf8Encode } from '../cell/utf8.ts';
import { fromBytes, NotJson, succeed, toBytes } from '../cell/values.ts';
import { type Calls, type Guest, GuestFailure, type LoadedModule } from './guest.ts';
import type { Kernel } from './kernel.ts';
import type { Meter } from './meter.ts';
import { BadArguments, fromResults, toArguments } from './numbers.ts';

/** Which function is called, and how. */
export type Call = { readonly kind: 'wasi' | 'core' | 'extism' | 'functions'; readonly entry: string };

/** What the run's job asks for, in the module's terms; or why it cannot be had. */
export function chooseCall({ info, entries, signatures }: LoadedModule, wanted: string): Call | Execution {
  const own = { wasi: '_start', core: 'run', extism: '', functions: '' }[info.abi];
  const entry = wanted === '' ? (own === '' && entries.length === 1 ? (entries[0] as string) : own) : wanted;
  if (entry !== '' && entry === own) return { kind: info.abi, entry };
  if (entry === '') {
    return failed('ENTRY_NOT_FOUND', {
      message:
        entries.length === 0
          ? 'the module exports no function that could be called'
          : `name the function to call as entry: ${list(entries)}`,
    });
  }
  const signature = signatures.get(entry);
  if (signature === undefined) {
    return failed('ENTRY_NOT_FOUND', {
      message: `the module exports no function ${JSON.stringify(entry)}; it has ${list(entries)}`,
    });
  }
  if (info.abi === 'extism' && signature[0] === '' && (signature[1] === '' || signature[1] === 'i'))
    return { kind: 'extism', entry };
  if (signature.some(letters => letters.includes('?'))) {
    return failed('ENTRY_NOT_FOUND', {
      message: `${JSON.stringify(entry)} takes or returns something other than numbers`,
    });
  }
  return { kind: 'functions', entry };
}

const MAX_LISTED = 20;
function list(names: readonly string[]): string {
  const shown = names.slice(0, MAX_LISTED).map(name => JSON.stringify(name.slice(0, 100)));
  if (shown.length === 0) return 'none that could be called';
  return shown.join(', ') + (names.length > MAX_LISTED ? ` and ${names.length - MAX_LISTED} more` : '');
}

/** The input as an interface of bytes takes it; or why it cannot. */
export function inputBytes(kind: Call['kind'], input: Value): Uint8Array | Execution {
  if (kind === 'functions') return new Uint8Array(0);
  if (kind === 'extism' && typeof input === 'string') return utf8Encode(input);
  try {
    return toBytes(input);
  } catch (error) {
    if (!(error instanceof NotJson)) throw error;
    return failed('INPUT_UNSUPPORTED', {
      message: `pass the input as JSON, or as a Uint8Array: ${error.message}`,
    });
  }
}

/** `alloc`, write, `run`, read. */
export function* callCore(guest: Guest, input: Uint8Array, job: NativeJob, meter: Meter): Calls<Execution> {
  const pointer = input.length === 0 ? 0 : Number(yield ['alloc', input.length]) >>> 0;
  if (input.length > 0) guest.write(pointer, input);
  const packed = BigInt.asUintN(64, (yield ['run', pointer, input.length]) as bigint);
  const length = Number(packed & 0xffff_ffffn);
  if (length > job.outputBytes) return failed('OUTPUT_TOO_LARGE');
  return fromBytes(guest.read(Number(packed >> 32n), length), job.output, job.outputBytes, () =>
    meter.check(),
  );
}

export function* callExtism(
  kernel: Kernel,
  entry: string,
  input: Uint8Array,
  job: NativeJob,
  meter: Meter,
): Calls<Execution> {
  if (!kernel.setInput(input)) return failed('MEMORY_LIMIT');
  const code = yield [entry];
  const error = kernel.error();
  if ((code !== undefined && code !== 0) || error !== null) {
    const said = error === null ? '' : (utf8Decode(error, false) as string);
    throw new GuestFailure('PluginError', said === '' ? `${entry} answered ${String(code)}` : said);
  }
  const output = kernel.output();
  if (output === null) throw new GuestFailure('BadPointer', 'the output is no part of the exchange memory');
  if (output.length > job.outputBytes) return failed('OUTPUT_TOO_LARGE');
  return fromBytes(output, job.output, job.outputBytes, () => meter.check());
}

export function* callFunction(
  { signatures }: LoadedModule,
  entry: string,
  input: Value,
  job: NativeJob,
): Calls<Execution> {
  const signature = signatures.get(entry) as readonly [string, string];
  try {
    const args = toArguments(entry, signature, input);
    return succeed(fromResults(signature, yield [entry, ...args]), job.outputBytes);
  } catch (error) {
    if (!(error instanceof BadArguments)) throw error;
    return failed('INPUT_UNSUPPORTED', { message: error.message });
  }
}
