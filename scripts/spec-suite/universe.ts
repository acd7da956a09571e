/** The modules of one file of the suite, with what they share; metered or as they came. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { instrument, WasmFormatError } from '../../src/instrument/index.ts';
import { bitsHold, type Constant, callForBits, isNumeric } from './bits.ts';

interface Action {
  readonly type: 'invoke' | 'get';
  readonly module?: string;
  readonly field: string;
  readonly args?: readonly Constant[];
}

export interface Command {
  readonly type: string;
  readonly line: number;
  readonly name?: string;
  readonly as?: string;
  readonly filename?: string;
  readonly module_type?: string;
  readonly action?: Action;
  readonly expected?: readonly Constant[];
  /** One of these results, where hardware may decide. */
  readonly either?: readonly Constant[];
}

export interface Verdict {
  /** Null: it says nothing, or cannot be asked from JavaScript. */
  readonly holds: boolean | null;
  readonly said: string;
  /** Why a module was not let in. */
  readonly refused?: string;
  /** Why it was not asked. */
  readonly unasked?: string;
}

const FUEL = 'spec:fuel';
const TICK = 'spec:tick';
const START = 'spec:start';
const SLICE = 1_000_000;

const silent: Verdict = { holds: null, said: '' };
/** A reference that JavaScript cannot make up. */
class Unaskable extends Error {}
class Refused extends Error {}

function toFloat(type: string, text: string): number {
  if (text.startsWith('nan')) return Number.NaN;
  const bytes = new DataView(new ArrayBuffer(8));
  bytes.setBigUint64(0, BigInt(text) << (type === 'f32' ? 32n : 0n));
  return type === 'f32' ? bytes.getFloat32(0) : bytes.getFloat64(0);
}

/** Numbers and references as JavaScript passes them. */
function toValue({ type, value = '' }: Constant): unknown {
  const text = value as string;
  if (type === 'i32') return Number(BigInt.asIntN(32, BigInt(text)));
  if (type === 'i64') return BigInt.asIntN(64, BigInt(text));
  if (type === 'f32' || type === 'f64') return toFloat(type, text);
  if (type === 'externref' || type === 'funcref')
    return text === 'null' || text === '' ? null : `extern ${text}`;
  throw new Unaskable(`a ${type} next to a reference`);
}

function same(actual: unknown, expected: Constant): boolean {
  if (expected.type === 'funcref' && expected.value !== 'null') return typeof actual === 'function';
  if (expected.type === 'externref' && expected.value === undefined) return true;
  return Object.is(actual, toValue(expected));
}

const show = (value: unknown): string => (typeof value === 'bigint' ? `${value}n` : String(value));

export class Universe {
  readonly #folder: string;
  /** Exports `tick` again as a wasm function; null for modules as they came. */
  readonly #adapter: WebAssembly.Module | null;
  readonly #registry: Record<string, WebAssembly.Exports> = {};
  readonly #named: Map<string, WebAssembly.Exports | null> = new Map();
  #current: WebAssembly.Exports | null = null;
  /** A module was refused that others share memories or tables with: what follows cannot be compared. */
  #incomplete = false;

  constructor(folder: string, adapter: WebAssembly.Module | null) {
    this.#folder = folder;
    this.#adapter = adapter;
    const print = (): void => {};
    this.#registry['spectest'] = {
      print, print_i32: print, print_i64: print, print_f32: print, print_f64: print, print_i32_f32: print, print_f64_f64: print,
      global_i32: new WebAssembly.Global({ value: 'i32' }, 666),
      global_i64: new WebAssembly.Global({ value: 'i64' }, 666n),
      global_f32: new WebAssembly.Global({ value: 'f32' }, 666.6),
      global_f64: new WebAssembly.Global({ value: 'f64' }, 666.6),
      table: new WebAssembly.Table({ initial: 10, maximum: 20, element: 'anyfunc' }),
      memory: new WebAssembly.Memory({ initial: 1, maximum: 2 }),
    } as unknown as WebAssembly.Exports; // biome-ignore format: a table
  }

  execute(command: Command): Verdict {
    try {
      return this.#execute(command);
    } catch (error) {
      if (error instanceof Unaskable) return { holds: null, said: '', unasked: error.message };
      if (error instanceof Refused) return { holds: null, said: '', refused: error.message };
      return { holds: false, said: `${error}` };
    }
  }

  #execute(command: Command): Verdict {
    const { type } = command;
    if (this.#incomplete) throw new Refused('it follows a refused module that shares its state');
    switch (type) {
      case 'module':
        // What fails to be made is gone, and so is what is said about it.
        this.#current = null;
        if (command.name !== undefined) this.#named.set(command.name, null);
        this.#current = this.#instantiate(command);
        if (command.name !== undefined) this.#named.set(command.name, this.#current);
        return { holds: true, said: 'made' };
      case 'register':
        this.#registry[command.as as string] = this.#target(command.name);
        return silent;
      case 'action':
        this.#act(command);
        return silent;
      case 'assert_return':
        return this.#returns(command);
      case 'assert_trap':
      case 'assert_exhaustion':
        return this.#traps(() => this.#act(command));
      case 'assert_uninstantiable':
      case 'assert_unlinkable':
        return this.#traps(() => this.#instantiate(command));
      case 'assert_invalid':
      case 'assert_malformed':
        if (command.module_type === 'binary') return this.#rejected(command);
        return { ...silent, unasked: 'it is about the text format' };
      default:
        return silent;
    }
  }

  #target(name: string | undefined): WebAssembly.Exports {
    const found = name === undefined ? this.#current : this.#named.get(name);
    if (found === null || found === undefined) {
      // Others may be about to link with it.
      this.#incomplete = true;
      throw new Refused('its module was refused');
    }
    return found;
  }

  #bytes({ filename }: Command): Uint8Array<ArrayBuffer> {
    return new Uint8Array(readFileSync(join(this.#folder, filename as string)));
  }

  #instantiate(command: Command): WebAssembly.Exports {
    const bytes = this.#bytes(command);
    const imports = this.#registry as unknown as WebAssembly.Imports;
    if (this.#adapter === null)
      return new WebAssembly.Instance(new WebAssembly.Module(bytes), imports).exports;
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(this.#admit(bytes)), imports);
    const fuel = exports[FUEL] as WebAssembly.Global;
    const tick = (): void => {
      fuel.value = SLICE;
    };
    const wrapped = new WebAssembly.Instance(this.#adapter, { e: { tick } });
    (exports[TICK] as WebAssembly.Table).set(0, wrapped.exports['tick']);
    (exports[START] as (() => void) | undefined)?.();
    return exports;
  }

  #admit(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
    try {
      return this.#meter(bytes);
    } catch (error) {
      const names = WebAssembly.validate(bytes)
        ? WebAssembly.Module.imports(new WebAssembly.Module(bytes)).map(({ module }) => module)
        : [];
      if (names.some(name => name !== 'spectest')) this.#incomplete = true;
      throw error;
    }
  }

  #meter(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
    try {
      return instrument(bytes, {
        startExport: START,
        // More than plugins are allowed: the suite is about what the code does, not about who is let in.
        caps: { memories: 100 },
        allowExceptions: true,
        allowAtomics: true,
        fuel: {
          globalExport: FUEL,
          width: 'i32',
          // Functions of a module whose instantiation failed live on in a shared table, and never get a tick.
          initial: SLICE,
          tick: { tableExport: TICK },
          charge: 'entries-and-loops',
        },
      }).bytes;
    } catch (error) {
      if (!(error instanceof WasmFormatError)) throw error;
      // What the engine takes may be too much for us, or not supported, but not damaged.
      if (error.refusal === 'malformed' && WebAssembly.validate(bytes)) throw new Error(error.message);
      throw new Refused(error.message.replace(/ \(at byte \d+\)/, '').replace(/\b\d+\b/g, 'N'));
    }
  }

  /** Bits of the results when all there is are numbers, else the results. */
  #act({ action, expected = [] }: Command): { bits: readonly bigint[] } | { results: readonly unknown[] } {
    const { type, module, field, args = [] } = action as Action;
    const found = this.#target(module)[field];
    if (type === 'invoke' && isNumeric(args) && isNumeric(expected))
      return { bits: callForBits(found, args, expected) };
    if (type === 'get') return { results: [(found as WebAssembly.Global).value] };
    const result = (found as (...args: unknown[]) => unknown)(...args.map(toValue));
    return { results: expected.length > 1 ? (result as unknown[]) : [result] };
  }

  #returns(command: Command): Verdict {
    const { either } = command;
    if (either === undefined) return this.#answers(command);
    const verdicts = either.map(constant => this.#answers({ ...command, expected: [constant] }));
    const said = verdicts[0]?.said ?? '';
    return { holds: verdicts.some(({ holds }) => holds), said };
  }

  #answers(command: Command): Verdict {
    const { expected = [] } = command;
    const answer = this.#act(command);
    if ('bits' in answer) {
      const { bits } = answer;
      const holds = expected.every((constant, i) => bitsHold(bits[i] as bigint, constant));
      return { holds, said: bits.map(word => `0x${word.toString(16)}`).join(', ') };
    }
    const { results } = answer;
    const holds = expected.every((constant, i) => same(results[i], constant));
    return { holds, said: results.map(show).join(', ') };
  }

  /** Traps and exhausted stacks both arrive as errors of the platform. */
  #traps(work: () => unknown): Verdict {
    try {
      work();
    } catch (error) {
      if (error instanceof Unaskable || error instanceof Refused) throw error;
      const holds =
        error instanceof WebAssembly.RuntimeError ||
        error instanceof RangeError ||
        error instanceof WebAssembly.LinkError;
      return { holds, said: `${error}` };
    }
    return { holds: false, said: 'no trap' };
  }

  #rejected(command: Command): Verdict {
    const bytes = this.#bytes(command);
    if (this.#adapter === null) return { holds: !WebAssembly.validate(bytes), said: 'accepted' };
    try {
      this.#meter(bytes);
      return { holds: false, said: 'accepted' };
    } catch {
      return { holds: true, said: 'refused' };
    }
  }
}
