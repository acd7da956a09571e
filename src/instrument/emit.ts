/** The code that is inserted: charges, the moves of the fuel, and the functions they call when the slice is used up. */
import { Op } from './opcodes.ts';
import type { FuelOptions } from './options.ts';
import { Insert } from './plan.ts';
import { ValueType } from './types.ts';
import { Writer } from './writer.ts';

/** One unit of fuel for every 16 bytes a bulk operation touches. */
const BYTES_SHIFT = 4n;
const VOID_BLOCK = 0x40;

/** Indices of what is appended behind the module's own functions, globals, tables and types. */
export interface Appended {
  readonly global: number;
  /** `() → ()`: calls the tick, and traps unless that made the fuel non-negative. Behind it `fuel → fuel`, the same. */
  readonly function: number;
  readonly table: number;
  /** Of the first function; behind it that of the second. */
  readonly type: number;
}

/** Locals of ours in the function that is being written. */
export interface OwnLocals {
  readonly fuel: number;
  /** An i32. */
  readonly scratch: number;
}

export class Emitter {
  readonly #out: Writer;
  readonly #appended: Appended;
  readonly #wide: boolean;
  /** Before and behind the cost of a static charge to the global. */
  readonly #head: Uint8Array;
  readonly #tail: Uint8Array;

  constructor(out: Writer, appended: Appended, width: FuelOptions['width']) {
    this.#out = out;
    this.#appended = appended;
    this.#wide = width === 'i64';
    const head = new Writer(16);
    head.u8(Op.GlobalGet);
    head.u32(appended.global);
    this.#head = head.toBytes();
    const tail = new Writer(64);
    this.#subtractFromGlobal(tail);
    this.#tail = tail.toBytes();
  }

  get fuelType(): number {
    return this.#wide ? ValueType.I64 : ValueType.I32;
  }

  #op(opcode: number, index: number, out: Writer = this.#out): void {
    out.u8(opcode);
    out.u32(index);
  }

  #const(value: bigint, out: Writer = this.#out): void {
    out.u8(this.#wide ? Op.I64Const : Op.I32Const);
    out.signed(value);
  }

  #cost(value: number): void {
    this.#out.u8(this.#wide ? Op.I64Const : Op.I32Const);
    this.#out.signed32(value);
  }

  #ifNegative(out: Writer): void {
    this.#const(0n, out);
    out.u8(this.#wide ? Op.I64LtS : Op.I32LtS, Op.If, VOID_BLOCK);
  }

  /** Takes the charge on the stack from the fuel below it, and calls the tick when that went below zero. */
  #subtractFromGlobal(out: Writer): void {
    out.u8(this.#wide ? Op.I64Sub : Op.I32Sub);
    this.#op(Op.GlobalSet, this.#appended.global, out);
    this.#op(Op.GlobalGet, this.#appended.global, out);
    this.#ifNegative(out);
    this.#op(Op.Call, this.#appended.function, out);
    out.u8(Op.End);
  }

  #subtractFromLocal(fuel: number): void {
    const out = this.#out;
    out.u8(this.#wide ? Op.I64Sub : Op.I32Sub);
    this.#op(Op.LocalTee, fuel);
    this.#ifNegative(out);
    this.#op(Op.LocalGet, fuel);
    this.#op(Op.Call, this.#appended.function + 1);
    this.#op(Op.LocalSet, fuel);
    out.u8(Op.End);
  }

  /** From the global, or from the local when `fuel` is one. */
  static(cost: number, fuel: number | null): void {
    if (fuel === null) {
      this.#out.bytes(this.#head);
      this.#cost(cost);
      this.#out.bytes(this.#tail);
      return;
    }
    this.#op(Op.LocalGet, fuel);
    this.#cost(cost);
    this.#subtractFromLocal(fuel);
  }

  /**
   * Charges by the length on top of the stack and leaves it there. With an i32 fuel a length of entries is charged whole:
   * one that could wrap the counter exceeds any table, and traps.
   */
  length(insert: number, locals: OwnLocals, fuel: number | null): void {
    const out = this.#out;
    this.#op(Op.LocalTee, locals.scratch);
    if (fuel === null) out.bytes(this.#head);
    else this.#op(Op.LocalGet, fuel);
    this.#op(Op.LocalGet, locals.scratch);
    if (this.#wide) out.u8(Op.I64ExtendI32U);
    if (insert === Insert.Bytes) {
      this.#const(BYTES_SHIFT);
      out.u8(this.#wide ? Op.I64ShrU : Op.I32ShrU);
    }
    if (fuel === null) out.bytes(this.#tail);
    else this.#subtractFromLocal(fuel);
  }

  load(fuel: number): void {
    this.#out.bytes(this.#head);
    this.#op(Op.LocalSet, fuel);
  }

  store(fuel: number): void {
    this.#op(Op.LocalGet, fuel);
    this.#op(Op.GlobalSet, this.#appended.global);
  }

  /** Body of the first appended function. */
  tickBody(call: () => void): void {
    this.#out.u32(0); // no locals
    call();
    this.#op(Op.GlobalGet, this.#appended.global);
    this.#ifNegative(this.#out);
    this.#out.u8(Op.Unreachable, Op.End, Op.End);
  }

  /** Body of the second: the same for fuel that is not in the global. */
  refillBody(): void {
    this.#out.u32(0); // no locals
    this.#op(Op.LocalGet, 0);
    this.#op(Op.GlobalSet, this.#appended.global);
    this.#op(Op.Call, this.#appended.function);
    this.#op(Op.GlobalGet, this.#appended.global);
    this.#out.u8(Op.End);
  }
}
