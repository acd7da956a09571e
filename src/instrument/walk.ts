/** Reads function bodies and decides where they get charges, and how much. Writes nothing. */
import type { ModuleCaps } from './caps.ts';
import { capped, malformed, unsupported } from './errors.ts';
import { ATOMIC_HEIGHTS, BULK_HEIGHTS, HEIGHTS, SIMD_HEIGHTS } from './heights.ts';
import type { ModuleInfo, Signature } from './layout.ts';
import * as code from './opcodes.ts';
import { BulkOp, Op } from './opcodes.ts';
import { COST_BULK, COST_CALL, COST_GROW, Insert, OUTSIDE, type Plan } from './plan.ts';
import { Reader } from './reader.ts';

export interface WalkRules {
  readonly allowExceptions: boolean;
  readonly allowAtomics: boolean;
  readonly caps: ModuleCaps;
}

const BULK_CHARGES: ReadonlyMap<number, number> = new Map([
  [BulkOp.MemoryInit, Insert.Bytes],
  [BulkOp.MemoryCopy, Insert.Bytes],
  [BulkOp.MemoryFill, Insert.Bytes],
  [BulkOp.TableInit, Insert.Entries],
  [BulkOp.TableCopy, Insert.Entries],
  [BulkOp.TableFill, Insert.Entries],
]);

/** What the hot loop steps over by itself: no jump, no call, nothing that is charged apart. Kinds of immediates; 0: not so. */
function plainTable(): Uint8Array {
  const table = new Uint8Array(256);
  for (let opcode: number = Op.Drop; opcode < Op.Bulk; opcode++) {
    const kind = code.IMMEDIATES[opcode] as number;
    if (kind <= code.LAST_PLAIN) table[opcode] = kind;
  }
  for (const opcode of [Op.GlobalGet, Op.GlobalSet, Op.MemoryGrow, Op.BrOnNull, Op.BrOnNonNull, Op.TryTable])
    table[opcode] = 0;
  return table;
}

const PLAIN = plainTable();
/** A type is matched in less time than a value is kept track of for, but not so much less that it were free. */
const TYPE_WEIGHT = 3;
const NOTHING: Signature = { params: [], results: [] };
const ONE_RESULT: Signature = { params: [], results: [0] };

function isException(opcode: number): boolean {
  return (
    (opcode >= Op.Try && opcode <= Op.ThrowRef) ||
    opcode === Op.Delegate ||
    opcode === Op.CatchAll ||
    opcode === Op.TryTable
  );
}

/** A block that is open. */
interface Frame {
  readonly block: number;
  readonly signature: Signature;
  readonly isLoop: boolean;
  /** Operands below it. */
  readonly base: number;
  /** Point that pays for what surrounds it. */
  readonly payer: number;
  /** Nothing gets here any more, and validation takes any operands. */
  dead: boolean;
}

/** Walks a module's functions one after the other. Caps on their totals are held here. */
export class Walker {
  readonly #module: ModuleInfo;
  readonly #rules: WalkRules;
  readonly #plan: Plan;
  #labels = 0;
  #totalWeight = 0;
  #points = 0;

  // Of the function that is being read.
  #reader: Reader = new Reader(new Uint8Array(0), 0, 0);
  /** Where the instruction that is being read begins. */
  #at = 0;
  /** Parameters and locals. */
  #values = 0;
  #height = 0;
  /** Point that pays for what is being read. */
  #payer = 0;
  #weight = 0;
  /** Heights are known: behind a `catch` they are not. */
  #exact = true;
  readonly #frames: Frame[] = [];
  #top: Frame = { block: 0, signature: NOTHING, isLoop: false, base: 0, payer: 0, dead: false };

  constructor(module: ModuleInfo, rules: WalkRules, plan: Plan) {
    this.#module = module;
    this.#rules = rules;
    this.#plan = plan;
  }

  /**
   * Reads a body after its locals, up to the reader's end. Point 0 of the plan is the function's entry. A point's cost is
   * that of the instructions inside a loop (or the function) and outside its inner loops, both branches of an `if`
   * counted; it is charged whenever the head is passed.
   */
  read(reader: Reader, results: readonly number[], values: number): void {
    const plan = this.#plan;
    plan.reset();
    this.#reader = reader;
    this.#at = reader.pos;
    this.#values = values;
    this.#weight = 0;
    this.#height = 0;
    this.#exact = true;
    this.#frames.length = 0;
    this.#payer = plan.add(reader.pos, Insert.Static, 0);
    plan.costs[0] = 1;
    this.#push({ params: [], results }, plan.open(0, reader.pos), false);
    this.#instructions(reader);
    if (this.#frames.length > 0) malformed('function body without its end', reader.pos);
    reader.expectEnd('function body');
    this.#total();
  }

  #total(): void {
    const { caps } = this.#rules;
    const points = this.#plan.places.length;
    this.#points += points;
    this.#totalWeight += this.#weight;
    capped('places to remember in one function', this.#weight, caps.weight, this.#at);
    capped('places to remember in all functions', this.#totalWeight, caps.totalWeight, this.#at);
    capped('loops and bulk operations in one function', points, caps.functionPoints, this.#at);
    capped('functions, loops and bulk operations', this.#points, caps.points, this.#at);
  }

  /** The hot loop. What is not plain goes through `#special`. */
  #instructions(reader: Reader): void {
    const { bytes, end } = reader;
    const { costs, places } = this.#plan;
    const { weight, functionPoints } = this.#rules.caps;
    let { pos } = reader;
    let height = 0;
    let cost = 0;
    while (pos < end) {
      const opcode = bytes[pos++] as number;
      const kind = PLAIN[opcode] as number;
      if (kind === 0) {
        costs[this.#payer] = (costs[this.#payer] as number) + cost;
        reader.pos = pos;
        this.#at = pos - 1;
        this.#height = height;
        cost = this.#special(opcode);
        if (this.#frames.length === 0) return;
        if (this.#weight > weight || places.length > functionPoints) this.#total();
        height = this.#height;
        pos = reader.pos;
        continue;
      }
      cost++;
      height += HEIGHTS[opcode] as number;
      if (kind === code.NONE) continue;
      // Nearly all immediates have one or two bytes. A step past the end is noticed behind the loop.
      const first = bytes[pos] as number;
      if (kind === code.MEMARG) {
        if (first < 0x40 && (bytes[pos + 1] as number) < 0x80) {
          pos += 2;
          continue;
        }
      } else if (kind === code.FOUR_BYTES || kind === code.EIGHT_BYTES) {
        pos += kind === code.FOUR_BYTES ? 4 : 8;
        continue;
      } else if (first < 0x80) {
        pos++;
        continue;
      }
      reader.pos = pos;
      code.skipImmediates(reader, opcode);
      pos = reader.pos;
    }
    if (pos > end) malformed('unexpected end', end);
    reader.pos = pos;
  }

  /** Reads an instruction's immediates, and says what it costs. */
  #special(opcode: number): number {
    const reader = this.#reader;
    switch (opcode) {
      case Op.If:
        this.#height--;
        this.#block();
        return 1;
      case Op.Block:
        this.#block();
        return 1;
      case Op.Loop:
        this.#loop();
        return 1;
      case Op.Else:
        this.#checkHeight();
        this.#restart(this.#top.signature.params.length);
        return 1;
      case Op.End:
        return this.#end();
      case Op.Unreachable:
      case Op.Return:
        this.#jump(OUTSIDE);
        this.#kill();
        return 1;
      case Op.Br:
        this.#jump(this.#target(reader.u32()));
        this.#kill();
        return 1;
      case Op.BrIf:
      case Op.BrOnNonNull:
        this.#height--;
        this.#jump(this.#target(reader.u32()));
        return 1;
      case Op.BrOnNull:
        this.#jump(this.#target(reader.u32()));
        return 1;
      case Op.BrTable:
        this.#branchTable();
        return 1;
      case Op.GlobalGet:
      case Op.GlobalSet:
        // Validation sees to it as well; the fuel global is appended behind the last index, so it is worth two checks.
        if (reader.u32() >= this.#module.globalTypes.length) malformed('no such global', this.#at);
        this.#height += HEIGHTS[opcode] as number;
        return 1;
      case Op.MemoryGrow:
        reader.u32();
        return COST_GROW;
      case Op.Bulk:
        return this.#bulk();
      case Op.Simd:
        this.#height += SIMD_HEIGHTS[code.skipSimd(reader)] as number;
        return 1;
      case Op.Atomic:
        if (!this.#rules.allowAtomics) unsupported('an atomic instruction', this.#at);
        this.#height += ATOMIC_HEIGHTS[code.skipAtomic(reader)] as number;
        return 1;
      default:
        if (opcode >= Op.Call && opcode <= Op.ReturnCallRef) return this.#call(opcode);
        if (isException(opcode)) return this.#exception(opcode);
        code.skipImmediates(reader, opcode);
        this.#height += HEIGHTS[opcode] as number;
        return 1;
    }
  }

  #type(index: number | undefined): Signature {
    return (
      (index === undefined ? undefined : this.#module.types[index]) ?? malformed('no such type', this.#at)
    );
  }

  #blockType(): Signature {
    const type = code.readBlockType(this.#reader);
    if (type < 0) return type === code.NO_RESULT ? NOTHING : ONE_RESULT;
    return this.#type(type);
  }

  /**
   * At every block, branch and call compilers write down, or match, where each local and each operand is. V8 does it when a
   * function is first called, in the cell, where nothing can interrupt it: 1 MB of branches among 10,000 locals took it a
   * minute, and gigabytes.
   */
  #merge(times = 1): void {
    this.#weight += (this.#values + Math.max(this.#height, 0) + 1) * times;
  }

  #weigh({ params, results }: Signature): void {
    this.#weight += (params.length + results.length) * TYPE_WEIGHT;
  }

  #push(signature: Signature, block: number, isLoop: boolean): void {
    const { base, dead } = this.#top;
    const height = dead && this.#frames.length > 0 ? Math.max(this.#height, base) : this.#height;
    const below = Math.max(height - signature.params.length, 0);
    this.#top = { block, signature, isLoop, base: below, payer: this.#payer, dead: false };
    this.#frames.push(this.#top);
    if (this.#frames.length > this.#rules.caps.nesting)
      capped('blocks inside one another', this.#frames.length, this.#rules.caps.nesting, this.#at);
    this.#height = below + signature.params.length;
    this.#weigh(signature);
    this.#merge();
  }

  #block(): void {
    const block = this.#plan.open(this.#top.block, this.#at);
    this.#push(this.#blockType(), block, false);
  }

  #loop(): void {
    const plan = this.#plan;
    const block = plan.open(this.#top.block, this.#at);
    plan.hasLoop[block] = true;
    plan.loops++;
    this.#push(this.#blockType(), block, true);
    this.#payer = plan.add(this.#reader.pos, Insert.Static, block);
  }

  #checkHeight(): void {
    const { base, signature, dead } = this.#top;
    if (dead || !this.#exact || this.#height === base + signature.results.length) return;
    malformed('a block leaves more or fewer values than it declares', this.#at);
  }

  /** Goes on at the other side of an `if` or a `try`. */
  #restart(values: number): void {
    this.#top.dead = false;
    this.#height = this.#top.base + values;
    this.#merge();
  }

  #end(): number {
    const plan = this.#plan;
    this.#checkHeight();
    const { block, base, signature, isLoop, payer } = this.#top;
    this.#frames.pop();
    this.#height = base + signature.results.length;
    this.#merge();
    const outer = this.#frames.at(-1);
    if (outer === undefined) {
      plan.ends[0] = this.#at;
      return 0;
    }
    if (isLoop && payer > 0 && plan.dispatch[this.#payer] === true) plan.dispatch[payer] = true;
    this.#top = outer;
    this.#payer = payer;
    plan.ends[block] = this.#reader.pos;
    if (plan.calls[block] === true) plan.calls[outer.block] = true;
    if (plan.hasLoop[block] === true) plan.hasLoop[outer.block] = true;
    return 1;
  }

  #kill(): void {
    this.#top.dead = true;
    this.#height = this.#top.base;
  }

  /** The open block a label means, counted from the inside. */
  #frame(label: number): Frame {
    return this.#frames[this.#frames.length - 1 - label] ?? malformed('no such label', this.#at);
  }

  #target(label: number): number {
    // To leave the function's own block is to return.
    return this.#frame(label).block || OUTSIDE;
  }

  #jump(target: number): void {
    this.#plan.branch(this.#at, this.#top.block, target);
    this.#merge();
  }

  #branchTable(): void {
    const reader = this.#reader;
    const { caps } = this.#rules;
    this.#height--;
    const labels = reader.u32() + 1;
    this.#labels += labels;
    capped('labels of br_tables', this.#labels, caps.labels, this.#at);
    let outermost = Number.POSITIVE_INFINITY;
    let arity = 0;
    for (let i = 0; i < labels; i++) {
      const { block, signature, isLoop } = this.#frame(reader.u32());
      outermost = Math.min(outermost, block || OUTSIDE);
      arity = (isLoop ? signature.params : signature.results).length;
    }
    this.#plan.branch(this.#at, this.#top.block, outermost);
    if (this.#payer > 0) this.#plan.dispatch[this.#payer] = true;
    this.#merge(Math.min(labels, this.#frames.length));
    // Validation keeps a bit for every block around, and goes through the types at every label.
    this.#weight += (this.#frames.length >> 3) + labels * (arity + 1);
    this.#kill();
  }

  #call(opcode: number): number {
    const reader = this.#reader;
    const index = reader.u32();
    const direct = opcode === Op.Call || opcode === Op.ReturnCall;
    if (opcode === Op.CallIndirect || opcode === Op.ReturnCallIndirect) reader.u32();
    const signature = this.#type(direct ? this.#module.functionTypes[index] : index);
    this.#plan.calls[this.#top.block] = true;
    this.#weigh(signature);
    this.#merge();
    this.#height += signature.results.length - signature.params.length - (direct ? 0 : 1);
    if (opcode === Op.ReturnCall || opcode === Op.ReturnCallIndirect || opcode === Op.ReturnCallRef)
      this.#kill();
    return COST_CALL;
  }

  #bulk(): number {
    const number = code.skipBulk(this.#reader);
    this.#height += BULK_HEIGHTS[number] as number;
    const charge = BULK_CHARGES.get(number);
    if (charge === undefined && number !== BulkOp.TableGrow) return 1;
    this.#plan.bulk++;
    if (charge === undefined) return COST_GROW;
    this.#plan.add(this.#at, charge, this.#top.block);
    return COST_BULK;
  }

  /** What is thrown leaves by ways that are not planned here: such blocks are no regions, and heights are not known. */
  #exception(opcode: number): number {
    if (!this.#rules.allowExceptions) unsupported('an exception-handling instruction', this.#at);
    this.#plan.calls[this.#top.block] = true;
    this.#exact = false;
    const reader = this.#reader;
    if (opcode === Op.Try || opcode === Op.TryTable) {
      this.#block();
      this.#plan.calls[this.#top.block] = true;
      if (opcode === Op.TryTable) code.skipCatchClauses(reader);
      return 1;
    }
    code.skipImmediates(reader, opcode);
    if (opcode === Op.Catch || opcode === Op.CatchAll) this.#restart(0);
    else if (opcode === Op.Delegate) {
      // It closes its `try` in place of an `end`.
      if (this.#top.isLoop || this.#frames.length === 1) malformed('delegate outside try', this.#at);
      return this.#end();
    } else this.#kill();
    return 1;
  }
}
