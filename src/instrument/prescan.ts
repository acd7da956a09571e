/**
 * What a module must pass before `WebAssembly.validate` or `compile` may see it: those run on the calling thread,
 * cannot be stopped, and take minutes on modules built to make them. One linear pass, no types, no code generation.
 */
import { DEFAULT_CAPS, type ModuleCaps } from './caps.ts';
import { capped, unsupported } from './errors.ts';
import type { ModuleInfo } from './layout.ts';
import { readModule } from './module.ts';
import { Reader } from './reader.ts';
import { type SizeLimits, skipValueType } from './types.ts';

/** Steps over a body's local declarations and returns how many locals they declare. */
export function readLocals(reader: Reader): number {
  const groups = reader.u32();
  let locals = 0;
  for (let i = 0; i < groups; i++) {
    locals += reader.u32();
    skipValueType(reader);
  }
  return locals;
}

function checkLocals(module: ModuleInfo, caps: ModuleCaps): void {
  const { bytes, bodies } = module;
  let total = 0;
  for (let i = 0; i < bodies.length; i += 2) {
    const start = bodies[i] as number;
    const locals = readLocals(new Reader(bytes, start, bodies[i + 1] as number));
    capped('locals in one function', locals, caps.locals, start);
    total += locals;
    capped('locals in all functions', total, caps.totalLocals, start);
  }
}

/** Forms of memories and tables whose size no clamp here can bound. */
function refuseUnboundable(what: string, limits: SizeLimits | undefined): void {
  if (limits?.is64) unsupported(`a ${what} with 64-bit addresses`, limits.offset);
  if (limits?.shared) unsupported(`a shared ${what}`, limits.offset);
}

/** Reads the module's declarations, or throws a `WasmFormatError` when it is damaged, unbounded or above a cap. */
export function prescan(bytes: Uint8Array, caps: ModuleCaps = DEFAULT_CAPS): ModuleInfo {
  const module = readModule(bytes, caps);
  for (const entry of module.imports) refuseUnboundable(entry.kind, entry.limits);
  for (const table of module.tables) refuseUnboundable('table', table.limits);
  for (const memory of module.memories) refuseUnboundable('memory', memory);
  checkLocals(module, caps);
  return module;
}
