/**
 * Why a module was refused. `malformed`: not WebAssembly, or damaged. `unsupported`: a feature this instrumenter
 * cannot bound, so it is not let through. `limit`: larger than a cap allows.
 */
export type WasmRefusal = 'malformed' | 'unsupported' | 'limit';

/** The only error this folder throws for what a module contains. Other errors are a caller's mistake. */
export class WasmFormatError extends Error {
  override readonly name: string = 'WasmFormatError';
  readonly refusal: WasmRefusal;
  /** Byte offset into the module where reading stopped. */
  readonly offset: number;

  constructor(refusal: WasmRefusal, message: string, offset: number) {
    super(`${message} (at byte ${offset})`);
    this.refusal = refusal;
    this.offset = offset;
  }
}

export function malformed(message: string, offset: number): never {
  throw new WasmFormatError('malformed', message, offset);
}

export function unsupported(message: string, offset: number): never {
  throw new WasmFormatError('unsupported', message, offset);
}

/** Refuses `actual` above `cap`. The message says the figure, the thing counted and the cap. */
export function capped(what: string, actual: number, cap: number, offset: number): void {
  if (actual > cap) {
    throw new WasmFormatError('limit', `the module has ${actual} ${what}, the cap is ${cap}`, offset);
  }
}
