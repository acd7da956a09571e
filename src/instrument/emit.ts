/** The code that is inserted: charges, and the function they call when the slice is used up. */
import { Op } from './opcodes.ts';
import type { FuelOptions } from './options.ts';
import { Charge } from './plan.ts';
import type { Writer } from './writer.ts';

/** One unit of fuel for every 16 bytes a bulk operation touches. */
const BYTES_SHIFT = 4n;
const VOID_BLOCK = 0x40;

/** Indices of what is appended behind the module's own functions, globals, tables and types. */
export interface Appended {
  readonly global: number;
  readonly function: number;
  readonly table: number;
  readonly type: number;
}

export class Emitter {
  readonly #out: Writer;
  readonly #appended: Appended;
  readonly #wide: boolean;

  constructor(out: Writer, appended: Appended, width: FuelOptions['width']) {
    this.#out = out;
    this.#appended = appended;
    this.#wide = width === 'i64';
  }

  #op(opcode: number, index: number): void {
    this.#out.u8(opcode);
    this.#out.u32(index);
  }

  #const(value: bigint): void {
    this.#out.u8(this.#wide ? Op.I64Const : Op.I32Const);
    this.#out.signed(value);
  }

  #ifNegative(): void {
    this.#op(Op.GlobalGet, this.#appended.global);
    this.#const(0n);
    this.#out.u8(this.#wide ? Op.I64LtS : Op.I32LtS, Op.If, VOID_BLOCK);
  }

  /** Takes the charge on the stack from the fuel below it, and calls the tick when that went below zero. */
  #subtractAndTest(): void {
    this.#out.u8(this.#wide ? Op.I64Sub : Op.I32Sub);
    this.#op(Op.GlobalSet, this.#appended.global);
    this.#ifNegative();
    this.#op(Op.Call, this.#appended.function);
    this.#out.u8(Op.End);
  }

  static(cost: number): void {
    this.#op(Op.GlobalGet, this.#appended.global);
    this.#const(BigInt(cost));
    this.#subtractAndTest();
  }

  /**
   * Charges by the length on top of the stack and leaves it there; `scratch` is an i32 local of ours. With an i32
   * fuel global a length of entries is charged whole: one that could wrap the counter exceeds any table, and traps.
   */
  length(charge: number, scratch: number): void {
    this.#op(Op.LocalTee, scratch);
    this.#op(Op.GlobalGet, this.#appended.global);
    this.#op(Op.LocalGet, scratch);
    if (this.#wide) this.#out.u8(Op.I64ExtendI32U);
    if (charge === Charge.Bytes) {
      this.#const(BYTES_SHIFT);
      this.#out.u8(this.#wide ? Op.I64ShrU : Op.I32ShrU);
    }
    this.#subtractAndTest();
  }

  /** Body of the appended function: `call`, then a trap unless that made fuel non-negative. */
  tickBody(call: () => void): void {
    this.#out.u32(0); // no locals
    call();
    this.#ifNegative();
    this.#out.u8(Op.Unreachable, Op.End, Op.End);
  }
}
