import { DEFAULT_CAPS } from './caps.ts';
import { malformed } from './errors.ts';
import { meter } from './meter.ts';
import type { InstrumentedModule, InstrumentOptions } from './options.ts';
import { prescan } from './prescan.ts';

/**
 * Checks a module and writes it again with limits and fuel: prescan, rewrite, `WebAssembly.validate` of the original, in
 * that order, because validation must not see what the other two refuse, and what they made is good only if it passes.
 *
 * Runs the same in Node.js and in a browser, on bytes alone. Throws {@link WasmFormatError} for anything about the
 * module, and a TypeError when the options do not fit it.
 */
export function instrument(bytes: Uint8Array<ArrayBuffer>, options: InstrumentOptions): InstrumentedModule {
  const module = prescan(bytes, { ...DEFAULT_CAPS, ...options.caps });
  const metered = meter(module, options);
  if (!WebAssembly.validate(bytes)) malformed('the module does not validate', 0);
  return metered;
}
