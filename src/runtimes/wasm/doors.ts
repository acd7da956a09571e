/**
 * Host functions for native plugins: as Extism's plugins declare theirs, over blocks of the exchange memory, and as one import of
 * the core interface. Values are what they are as input and output: JSON, text or bytes.
 */
import type { Value } from '../../core/value.ts';
import type { PluginInfo } from '../../instrument/plugin/index.ts';
import type { NetReply } from '../../protocol/net.ts';
import { decodeInput, encodeValue } from '../../protocol/value-codec.ts';
import type { NetLink } from '../cell/net.ts';
import { callSuspended, callWaiting } from '../cell/net-wait.ts';
import { utf8Decode, utf8Encode } from '../cell/utf8.ts';
import { NotJson, readBytes, toBytes } from '../cell/values.ts';
import { Denied } from './extism.ts';
import { type Guest, GuestFailure, type Imports, Suspension } from './guest.ts';
import type { Kernel } from './kernel.ts';
import type { Meter } from './meter.ts';

export interface DoorsHost {
  /** Names of the host functions there are. */
  readonly names: readonly string[];
  /** What its arguments may have. */
  readonly argumentBytes: number;
  readonly meter: Meter;
  readonly net: NetLink;
  /** Where the guest is suspended while it waits: resolves with the answer to a call. */
  readonly answer: ((id: number) => Promise<Uint8Array>) | null;
}

/** A call costs this much fuel, and a unit more for every 16 bytes. */
const CALL_FUEL = 32;
const NAME_BYTES = 512;

/** What native plugins call a function: their toolchains have no names with dots. */
const nativeName = (name: string): string => name.replaceAll('.', '_');

/** Of the function a plugin means; -1 when there is none. */
function indexOf(names: readonly string[], wanted: string): number {
  const exact = names.indexOf(wanted);
  return exact >= 0 ? exact : names.findIndex(name => nativeName(name) === wanted);
}

/** The host functions a module imports that nobody offers. */
export function missingFunctions({ user }: PluginInfo, names: readonly string[]): readonly string[] {
  return user.map(([name]) => name).filter(name => indexOf(names, name) < 0);
}

/** An import that makes one call: `asked` reads what the guest gave, `answered` writes what it gets. */
function calling(
  { meter, net, answer }: DoorsHost,
  asked: (args: readonly never[]) => { readonly index: number; readonly args: readonly Value[] },
  answered: (reply: NetReply | null, name: number) => unknown,
): WebAssembly.ExportValue {
  const encoded = (args: readonly Value[]): Uint8Array => {
    const bytes = encodeValue(args, { bytes: Number.MAX_SAFE_INTEGER }, 'arguments');
    meter.charge(CALL_FUEL + (bytes.length >> 4));
    return bytes;
  };
  if (net.canWait) {
    const wait = (...given: never[]): unknown => {
      const { index, args } = asked(given);
      return answered(callWaiting(net, meter, index, encoded(args)), index);
    };
    return wait as unknown as WebAssembly.ExportValue;
  }
  if (answer !== null && Suspension.Suspending !== undefined) {
    return new Suspension.Suspending(async (...given: never[]) => {
      const { index, args } = asked(given);
      return answered(await callSuspended(net, index, encoded(args), answer), index);
    });
  }
  const refuse = (): never => {
    throw new GuestFailure(
      'NotSupported',
      'host functions need a cross-origin isolated page, or a browser that can suspend WebAssembly',
    );
  };
  return refuse as unknown as WebAssembly.ExportValue;
}

/** The value of an answer. @throws GuestFailure for what a guest may be told of, Denied for what the policy refuses */
function answerOf(reply: NetReply | null, name: string): Value {
  if (reply === null)
    throw new GuestFailure(
      'LimitExceeded',
      `${name}: a run may make no more calls, or send no more: limits.functionCalls, limits.functionInputBytes`,
    );
  if (reply.op === 'value') return decodeInput(reply.bytes);
  if (reply.op === 'items')
    throw new GuestFailure('NotSupported', `${name} answers an iterable, which native plugins cannot read`);
  if (reply.op !== 'fault') throw new GuestFailure('HostFunctionFailed', `${name} failed`);
  if (reply.fault === 'denied') throw new Denied(reply.message);
  throw new GuestFailure(reply.name, reply.message);
}

/** What a plugin gave, read as its output would be. */
function argumentOf(bytes: Uint8Array, name: string, { argumentBytes, meter }: DoorsHost): Value {
  const read = readBytes(bytes, argumentBytes, () => meter.check());
  if (read.refusal === undefined) return read.value;
  throw new GuestFailure('BadArgument', `${name}: ${read.message}`);
}

/** JSON, text or bytes, as an input of the plugin would be. */
function bytesOf(value: Value, name: string): Uint8Array {
  try {
    return typeof value === 'string' ? utf8Encode(value) : toBytes(value);
  } catch (error) {
    if (!(error instanceof NotJson)) throw error;
    throw new GuestFailure('NotJson', `${name}: the answer has no form in JSON: ${error.message}`);
  }
}

/** `extism:host/user`: each i64 in either direction is a block. */
export function userImports({ user }: PluginInfo, kernel: Kernel, host: DoorsHost): Imports {
  const imports: Imports = Object.create(null);
  if (user.length > 0) kernel.use();
  for (const [name, [, results]] of user) {
    const index = indexOf(host.names, name);
    const asked = (given: readonly bigint[]): { index: number; args: Value[] } => ({
      index,
      args: given.map((at, i) => {
        if (at === 0n) return undefined;
        const bytes = kernel.load(at);
        if (bytes === null)
          throw new GuestFailure('BadPointer', `argument ${i} of ${name} is no block of the exchange memory`);
        host.meter.charge(CALL_FUEL + (bytes.length >> 4));
        return argumentOf(bytes, name, host);
      }),
    });
    const answered = (reply: NetReply | null): bigint | undefined => {
      const value = answerOf(reply, name);
      if (results === '') return undefined;
      const bytes = bytesOf(value, name);
      host.meter.charge(CALL_FUEL + (bytes.length >> 4));
      const at = kernel.store(bytes);
      if (at === 0n && bytes.length > 0) throw new GuestFailure('NoRoom', 'the exchange memory is full');
      return at;
    };
    imports[name] = calling(host, asked as never, answered);
  }
  return imports;
}

/**
 * `citadel:host`: `call(name, nameLength, args, argsLength) → pointer × 2³² + length`. Arguments are a JSON array, or one
 * JSON value; the answer is put where the plugin's own `alloc` says, as `{ "value": … }` or `{ "error": { "name", "message" } }`.
 */
export function hostImports(guest: () => Guest, host: DoorsHost): Imports {
  const asked = (given: readonly number[]): { index: number; args: readonly Value[] } => {
    const [nameAt = 0, nameLength = 0, argsAt = 0, argsLength = 0] = given.map(number => number >>> 0);
    const name = utf8Decode(guest().read(nameAt, Math.min(nameLength, NAME_BYTES)), false) ?? '';
    const index = indexOf(host.names, name);
    if (index < 0)
      throw new GuestFailure('NoSuchFunction', `the host offers no function ${JSON.stringify(name)}`);
    const bytes = guest().read(argsAt, argsLength);
    host.meter.charge(CALL_FUEL + (bytes.length >> 4));
    const value = argumentOf(bytes, name, host);
    return { index, args: Array.isArray(value) ? value : value === undefined ? [] : [value] };
  };
  const answered = (reply: NetReply | null, index: number): bigint => {
    const name = host.names[index] as string;
    let told: Value;
    try {
      told = { value: answerOf(reply, name) ?? null };
    } catch (error) {
      if (!(error instanceof GuestFailure)) throw error;
      told = { error: { name: error.name, message: error.message } };
    }
    const bytes = bytesOf(told, name);
    host.meter.charge(CALL_FUEL + (bytes.length >> 4));
    const at = guest().alloc(bytes.length);
    guest().write(at, bytes);
    return BigInt.asIntN(64, (BigInt(at) << 32n) | BigInt(bytes.length));
  };
  const imports: Imports = Object.create(null);
  imports['call'] = calling(host, asked as never, answered);
  return imports;
}
