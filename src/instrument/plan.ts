/** Decides where one function's body gets charges, and how much. Writes nothing. */
import { capped, malformed, unsupported } from './errors.ts';
import {
  BulkOp,
  Op,
  readBlockType,
  readLabels,
  skipAtomic,
  skipBulk,
  skipImmediates,
  skipSimd,
} from './opcodes.ts';
import type { Reader } from './reader.ts';
import type { Weight } from './weight.ts';

/** Cost of an instruction; calls and bulk operations cost more before their length is counted. */
const COST_CALL = 4;
const COST_BULK = 16;
/**
 * A grow may move the whole memory or table whatever its argument, and a failing one is free: a flat charge, so
 * that asking for too much does not use up a plugin's fuel.
 */
const COST_GROW = 16_384;

/** What is inserted at a place: a static charge, or a charge by the length on top of the stack. */
export const Charge = { Static: 0, Bytes: 1, Entries: 2 } as const;

export interface PlanRules {
  readonly allowExceptions: boolean;
  readonly allowAtomics: boolean;
  readonly nesting: number;
  readonly weight: number;
  readonly labels: number;
  /** Index of the first global the module does not have. */
  readonly globals: number;
}

/** Insertion points of one function, in ascending order of place. Reused from function to function. */
export class Plan {
  /** Byte offsets before which code is inserted. */
  readonly places: number[] = [];
  readonly charges: number[] = [];
  /** Static cost of each point; 0 for charges by length. */
  readonly costs: number[] = [];
  /** Loops with a `br_table` anywhere inside: an interpreter's dispatch, if anything is. */
  readonly dispatch: boolean[] = [];
  loops = 0;
  bulk = 0;
  /** Of all functions so far. */
  labels = 0;

  reset(): void {
    this.places.length = 0;
    this.charges.length = 0;
    this.costs.length = 0;
    this.dispatch.length = 0;
    this.loops = 0;
    this.bulk = 0;
  }

  add(place: number, charge: number): number {
    this.places.push(place);
    this.charges.push(charge);
    this.costs.push(0);
    this.dispatch.push(false);
    return this.places.length - 1;
  }
}

const BULK_CHARGES: ReadonlyMap<number, number> = new Map([
  [BulkOp.MemoryInit, Charge.Bytes],
  [BulkOp.MemoryCopy, Charge.Bytes],
  [BulkOp.MemoryFill, Charge.Bytes],
  [BulkOp.TableInit, Charge.Entries],
  [BulkOp.TableCopy, Charge.Entries],
  [BulkOp.TableFill, Charge.Entries],
]);

function isException(opcode: number): boolean {
  return (
    (opcode >= Op.Try && opcode <= Op.ThrowRef) ||
    opcode === Op.Delegate ||
    opcode === Op.CatchAll ||
    opcode === Op.TryTable
  );
}

/**
 * Reads a body after its locals, up to the reader's end. Point 0 is the function's entry. A region's cost is that of
 * the instructions inside a loop and outside its inner loops, both branches of an `if` counted; it is charged
 * whenever the loop's head is passed.
 */
export function planBody(reader: Reader, rules: PlanRules, plan: Plan, weight: Weight): void {
  plan.reset();
  const { costs } = plan;
  // Blocks that are open: the region to return to at their end, or -1 for blocks that are not loops.
  const open: number[] = [-1];
  const loops: number[] = [];
  let region = plan.add(reader.pos, Charge.Static);
  costs[region] = 1;

  while (!reader.done) {
    const at = reader.pos;
    const opcode = reader.u8();
    let cost = 1;
    if (opcode === Op.End) {
      const outer = open.pop() as number;
      if (outer >= 0) {
        region = outer;
        loops.pop();
      }
      if (open.length === 0) break;
      weight.end();
    } else if (opcode === Op.Loop) {
      weight.block(opcode, readBlockType(reader));
      open.push(region);
      region = plan.add(reader.pos, Charge.Static);
      loops.push(region);
      plan.loops++;
    } else if (opcode === Op.Block || opcode === Op.If) {
      weight.block(opcode, readBlockType(reader));
      open.push(-1);
    } else if (opcode === Op.Else) {
      weight.otherwise();
    } else if (opcode === Op.GlobalGet || opcode === Op.GlobalSet) {
      // Validation sees to it as well; the fuel global is appended behind the last index, so it is worth two checks.
      if (reader.u32() >= rules.globals) malformed('no such global', at);
      weight.plain(opcode);
    } else if (opcode === Op.MemoryGrow) {
      skipImmediates(reader, opcode);
      cost = COST_GROW;
    } else if (opcode >= Op.Call && opcode <= Op.ReturnCallRef) {
      // Every second one names a function, the others a type; only some of those a table.
      const index = reader.u32();
      if ((opcode & 1) !== 0 && opcode < Op.CallRef) reader.u32();
      if ((opcode & 1) === 0 && opcode < Op.CallRef) weight.call(index);
      else weight.callByType(index);
      cost = COST_CALL;
    } else if (opcode === Op.Bulk) {
      const number = skipBulk(reader);
      weight.bulk(number);
      const charge = BULK_CHARGES.get(number);
      if (charge !== undefined) {
        plan.add(at, charge);
        plan.bulk++;
        cost = COST_BULK;
      } else if (number === BulkOp.TableGrow) {
        plan.bulk++;
        cost = COST_GROW;
      }
    } else if (opcode === Op.BrTable) {
      const labels = readLabels(reader);
      weight.branches(labels);
      plan.labels += labels;
      capped('labels of br_tables', plan.labels, rules.labels, at);
      for (const loop of loops) plan.dispatch[loop] = true;
    } else if (opcode === Op.Simd) {
      weight.vector(skipSimd(reader));
    } else if (opcode === Op.Atomic) {
      if (!rules.allowAtomics) unsupported('an atomic instruction', at);
      skipAtomic(reader);
    } else {
      if (isException(opcode)) {
        if (!rules.allowExceptions) unsupported('an exception-handling instruction', at);
        if (opcode === Op.Try || opcode === Op.TryTable) open.push(-1);
        // `delegate` closes its `try` in place of an `end`.
        else if (opcode === Op.Delegate && (open.pop() !== -1 || open.length === 0))
          malformed('delegate outside try', at);
      }
      skipImmediates(reader, opcode);
      weight.plain(opcode);
    }
    if (open.length > rules.nesting) capped('blocks inside one another', open.length, rules.nesting, at);
    if (weight.total > rules.weight)
      capped('places to remember in one function', weight.total, rules.weight, at);
    costs[region] = (costs[region] as number) + cost;
  }
  if (open.length > 0) malformed('function body without its end', reader.pos);
  reader.expectEnd('function body');
}
