/**
 * How much a compiler has to remember while it reads one function. At every block and every branch V8's baseline compiler
 * writes down where each local and each value on the operand stack is, so its time and memory grow with the product of the
 * two: 300 KB of `if`s among 10,000 locals took gigabytes. It compiles a function when it is first called, in the cell,
 * where nothing can interrupt it. This adds the product up, in the same pass that places the charges.
 */
import type { ModuleInfo, Signature } from './layout.ts';
import { NO_RESULT, Op } from './opcodes.ts';

interface Frame {
  /** Values below the block's own. */
  readonly base: number;
  readonly results: number;
}

/** What an instruction does to the number of values on the stack, by opcode. Never less than the truth. */
function buildEffects(): Int8Array {
  const effects = new Int8Array(256);
  const set = (effect: number, ...ranges: readonly (readonly [number, number])[]): void => {
    for (const [from, to] of ranges) effects.fill(effect, from, to + 1);
  };
  // local.get, global.get, memory.size, constants, ref.null, ref.func
  set(1, [0x20, 0x20], [0x23, 0x23], [0x3f, 0x3f], [0x41, 0x44], [0xd0, 0xd0], [0xd2, 0xd2]);
  // br_if, drop, local.set, global.set, and everything that makes one value of two
  set(-1, [0x0d, 0x0d], [0x1a, 0x1a], [0x21, 0x21], [0x24, 0x24]);
  set(-1, [0x46, 0x4f], [0x51, 0x66], [0x6a, 0x78], [0x7c, 0x8a], [0x92, 0x98], [0xa0, 0xa6]);
  // select, table.set, stores
  set(-2, [0x1b, 0x1c], [0x26, 0x26], [0x36, 0x3e]);
  return effects;
}

const EFFECTS = buildEffects();
/** After the prefix of bulk operations: what takes three values, and `table.size`. */
const BULK_EFFECTS: ReadonlyMap<number, number> = new Map([
  [8, -3], [10, -3], [11, -3], [12, -3], [14, -3], [15, -1], [16, 1], [17, -3],
]); // biome-ignore format: a table

export class Weight {
  readonly #types: readonly Signature[];
  /** Type of each function, imports first. */
  readonly #functions: readonly number[];
  #locals = 0;
  #height = 0;
  #frames: Frame[] = [];
  /** Of the function so far. */
  total = 0;

  constructor(module: ModuleInfo) {
    this.#types = module.types;
    const imported = module.imports.flatMap(({ kind, typeIndex }) =>
      kind === 'function' ? [typeIndex ?? -1] : [],
    );
    this.#functions = [...imported, ...module.functions];
  }

  /** `locals` with the parameters. */
  begin(locals: number): void {
    this.#locals = locals;
    this.#height = 0;
    this.#frames = [];
    this.total = 0;
  }

  parameters(functionIndex: number): number {
    return this.#types[this.#functions[functionIndex] ?? -1]?.params.length ?? 0;
  }

  /** An instruction that is none of those below. */
  plain(opcode: number): void {
    this.#move(EFFECTS[opcode] as number);
    if (opcode === Op.BrIf || opcode === Op.Br) this.#weigh(1);
  }

  bulk(number: number): void {
    this.#move(BULK_EFFECTS.get(number) ?? 0);
  }

  /** A vector instruction: a constant adds a value, no other does. */
  vector(number: number): void {
    if (number === 12) this.#move(1);
  }

  branches(labels: number): void {
    this.#move(-1);
    // Each target once, however often it is named.
    this.#weigh(Math.min(labels, this.#frames.length + 1));
  }

  /** `type` is the index of a signature, or a negative number: one result, or none for {@link NO_RESULT}. */
  block(opcode: number, type: number): void {
    if (opcode === Op.If) this.#move(-1);
    const signature = this.#types[type];
    const params = signature?.params.length ?? 0;
    const results = signature?.results.length ?? (type === NO_RESULT ? 0 : 1);
    this.#frames.push({ base: Math.max(0, this.#height - params), results });
    // A loop gets a charge at its head, which is a block as well.
    this.#weigh(opcode === Op.Loop ? 2 : 1);
  }

  otherwise(): void {
    const frame = this.#frames.at(-1);
    // What an `if` takes is there again; a few too many do no harm.
    if (frame !== undefined) this.#height = frame.base;
    this.#weigh(1);
  }

  end(): void {
    const frame = this.#frames.pop();
    if (frame !== undefined) this.#height = frame.base + frame.results;
  }

  call(functionIndex: number): void {
    this.#apply(this.#functions[functionIndex]);
  }

  callByType(typeIndex: number): void {
    this.#move(-1);
    this.#apply(typeIndex);
  }

  /** A type that is not there fails validation. */
  #apply(typeIndex: number | undefined): void {
    const signature = this.#types[typeIndex ?? -1];
    if (signature === undefined) return;
    this.#move(-signature.params.length);
    this.#move(signature.results.length);
  }

  /** Code that is never reached may take what is not there. */
  #move(effect: number): void {
    this.#height = Math.max(this.#frames.at(-1)?.base ?? 0, this.#height + effect);
  }

  #weigh(times: number): void {
    this.total += times * (this.#locals + this.#height);
  }
}
