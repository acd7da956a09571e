import { Op } from './opcodes.ts';
import { Writer } from './writer.ts';

/** `(import "e" "f" (func)) (export "f" (func 0))`: turns a JavaScript function into one a table takes. */
function adapterBytes(): Uint8Array<ArrayBuffer> {
  const out = new Writer(64);
  out.u8(0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0);
  out.u8(1, 4, 1, 0x60, 0, 0); // type 0: () -> ()
  out.u8(2, 7, 1, 1, 0x65, 1, 0x66, 0, 0); // import e.f, a function of type 0
  out.u8(3, 2, 1, 0); // function 1 of type 0
  out.u8(7, 5, 1, 1, 0x66, 0, 1); // export function 1 as f
  out.u8(10, 6, 1, 4, 0, Op.Call, 0, Op.End);
  return out.toBytes();
}

let adapter: WebAssembly.Module | undefined;

/**
 * Puts `tick` into the table a module got through `FuelOptions.tick.tableExport`. Until then the code traps when its
 * first slice is used up. `tick` makes the fuel global non-negative, or throws to end the guest.
 */
export function bindTick(table: WebAssembly.Table, tick: () => void): void {
  adapter ??= new WebAssembly.Module(adapterBytes());
  const { exports } = new WebAssembly.Instance(adapter, { e: { f: tick } });
  table.set(0, exports['f']);
}
