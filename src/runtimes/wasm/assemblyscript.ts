/** What modules made by AssemblyScript's compiler import: https://www.assemblyscript.org/runtime.html. */
import { GuestFailure, type Imports } from './guest.ts';
import type { Meter } from './meter.ts';

export interface AssemblyScriptHost {
  /** A copy of guest memory. @throws GuestFailure */
  text(pointer: number, length: number): Uint8Array;
  log(text: string): void;
  random(bytes: number): Uint8Array;
  readonly meter: Meter;
}

const MAX_TEXT_BYTES = 64 * 1024;
const CALL_FUEL = 32;
const { fromCharCode } = String;

export function assemblyScriptImports({ text, log, random, meter }: AssemblyScriptHost): Imports {
  /** A string: UTF-16, its length in bytes in the word before it. */
  const stringAt = (at: number): string => {
    const pointer = at >>> 0;
    if (pointer < 4) return '';
    const [a = 0, b = 0, c = 0, d = 0] = text(pointer - 4, 4);
    const length = Math.min((a | (b << 8) | (c << 16) | (d << 24)) >>> 0, MAX_TEXT_BYTES) & ~1;
    meter.charge(CALL_FUEL + (length >> 4));
    const bytes = text(pointer, length);
    let out = '';
    for (let i = 0; i < bytes.length; i += 2)
      out += fromCharCode((bytes[i] as number) | ((bytes[i + 1] as number) << 8));
    return out;
  };
  const imports: Imports = Object.create(null);
  const functions = {
    abort(message: number, file: number, line: number, column: number): never {
      const where = file === 0 ? '' : ` (${stringAt(file)}:${line >>> 0}:${column >>> 0})`;
      throw new GuestFailure('Abort', `${message === 0 ? 'abort' : stringAt(message)}${where}`);
    },
    trace(message: number, count: number, ...values: number[]): void {
      const shown = values.slice(0, Math.max(0, Math.min(count, 5)));
      log([stringAt(message), ...shown.map(String)].join(' '));
    },
    seed(): number {
      meter.charge(CALL_FUEL);
      // A whole number below 2⁴⁸, which the compiler's generator takes the bits of.
      return random(6).reduce((sum, byte) => sum * 256 + byte, 0);
    },
  };
  // The types of imports say nothing of plain functions.
  return Object.assign(imports, functions as unknown as Imports);
}
