/**
 * Writes a module again, with limits and fuel. Everything is appended behind the module's own indices, so nothing
 * is renumbered. What comes out must not be used before the module was validated as it came: only then is it certain
 * that its code cannot name an appended index. `instrument` sees to that. Validation comes after this, because some caps
 * are on what is inside of function bodies, and nobody else looks there before.
 */
import { CodeWriter } from './code.ts';
import type { Appended } from './emit.ts';
import { capped, WasmFormatError } from './errors.ts';
import { type ModuleInfo, SECTION_ORDER, SectionId } from './layout.ts';
import { findSection, signatureOf } from './module.ts';
import { Op } from './opcodes.ts';
import type { FuelOptions, InstrumentedModule, InstrumentOptions } from './options.ts';
import { Reader } from './reader.ts';
import { type SizeLimits, ValueType } from './types.ts';
import { Writer } from './writer.ts';

const FUNCTION_FORM = 0x60;
const EXPORT_FUNCTION = 0;
const EXPORT_TABLE = 1;
const EXPORT_MEMORY = 2;
const EXPORT_GLOBAL = 3;
const MUTABLE = 1;
const HAS_MAXIMUM = 1;

/** A section with `added` more entries at its end; made when the module has none. */
function extended(module: ModuleInfo, id: number, added: number, write: (out: Writer) => void): Writer {
  const section = findSection(module, id);
  const out = new Writer((section ? section.end - section.start : 0) + 64);
  if (section === undefined) {
    out.u32(added);
  } else {
    const reader = new Reader(module.bytes, section.start, section.end);
    out.u32(reader.u32() + added);
    out.bytes(module.bytes, reader.pos, section.end);
  }
  write(out);
  return out;
}

function writeLimits(out: Writer, limits: SizeLimits, ceiling: number, what: string): void {
  capped(`${what} as the initial size`, limits.min, ceiling, limits.offset);
  out.u8(HAS_MAXIMUM);
  out.u32(limits.min);
  out.u32(Math.min(limits.max ?? ceiling, ceiling));
}

function memorySection(module: ModuleInfo, ceiling: number): Writer {
  const out = new Writer();
  out.u32(module.memories.length);
  for (const limits of module.memories) writeLimits(out, limits, ceiling, 'memory pages');
  return out;
}

function tableSection(module: ModuleInfo, ceiling: number | undefined, appendTick: boolean): Writer {
  const out = new Writer();
  out.u32(module.tables.length + (appendTick ? 1 : 0));
  for (const { offset, end, limits } of module.tables) {
    if (ceiling === undefined) {
      out.bytes(module.bytes, offset, end);
      continue;
    }
    // Only the size range is written anew; what surrounds it (element type, initial value) is copied.
    out.bytes(module.bytes, offset, limits.offset);
    writeLimits(out, limits, ceiling, 'table entries');
    out.bytes(module.bytes, limits.end, end);
  }
  if (appendTick) {
    out.u8(ValueType.FuncRef, HAS_MAXIMUM);
    out.u32(1);
    out.u32(1);
  }
  return out;
}

function importIndex(module: ModuleInfo, importModule: string, importName: string): number {
  const functions = module.imports.filter(entry => entry.kind === 'function');
  const index = functions.findIndex(entry => entry.module === importModule && entry.name === importName);
  if (index < 0)
    throw new TypeError(`tick: the module does not import the function ${importModule}.${importName}`);
  return index;
}

function pushZero(out: Writer, type: number): void {
  switch (type) {
    case ValueType.I32:
    case ValueType.I64:
      out.u8(type === ValueType.I32 ? Op.I32Const : Op.I64Const, 0);
      return;
    default:
      throw new TypeError('tick: the imported function must take integers only');
  }
}

/** Writes the call to the tick target, arguments and results included. */
function tickCall(module: ModuleInfo, fuel: FuelOptions, appended: Appended, out: Writer): void {
  if ('tableExport' in fuel.tick) {
    out.u8(Op.I32Const, 0, Op.CallIndirect);
    out.u32(appended.type);
    out.u32(appended.table);
    return;
  }
  const index = importIndex(module, fuel.tick.importModule, fuel.tick.importName);
  const { params, results } = signatureOf(module, index);
  for (const type of params) pushZero(out, type);
  out.u8(Op.Call);
  out.u32(index);
  for (const _ of results) out.u8(Op.Drop);
}

function refuseTakenNames(module: ModuleInfo, names: readonly string[]): void {
  for (const entry of module.exports) {
    if (names.includes(entry.name)) {
      throw new WasmFormatError(
        'unsupported',
        `the export name ${JSON.stringify(entry.name)} is reserved`,
        0,
      );
    }
  }
}

function fuelSections(
  module: ModuleInfo,
  fuel: FuelOptions,
  appended: Appended,
): ReadonlyMap<number, Writer> {
  const wide = fuel.width === 'i64';
  return new Map([
    [
      SectionId.Type,
      extended(module, SectionId.Type, 2, out => {
        const type = wide ? ValueType.I64 : ValueType.I32;
        out.u8(FUNCTION_FORM, 0, 0, FUNCTION_FORM, 1, type, 1, type);
      }),
    ],
    [
      SectionId.Function,
      extended(module, SectionId.Function, 2, out => {
        out.u32(appended.type);
        out.u32(appended.type + 1);
      }),
    ],
    [
      SectionId.Global,
      extended(module, SectionId.Global, 1, out => {
        out.u8(wide ? ValueType.I64 : ValueType.I32, MUTABLE, wide ? Op.I64Const : Op.I32Const);
        out.signed(BigInt(fuel.initial));
        out.u8(Op.End);
      }),
    ],
  ]);
}

/** Names, kinds and indices of the exports that are added. */
function addedExports(
  module: ModuleInfo,
  { fuel, startExport, memoryExport }: InstrumentOptions,
  appended: Appended,
): readonly (readonly [name: string, kind: number, index: number])[] {
  const added: [string, number, number][] = [];
  if (fuel) {
    added.push([fuel.globalExport, EXPORT_GLOBAL, appended.global]);
    if ('tableExport' in fuel.tick) added.push([fuel.tick.tableExport, EXPORT_TABLE, appended.table]);
  }
  // Refused whether this module has the thing or not: the host asks for the name in any case.
  const asked = [startExport, memoryExport].filter(name => name !== undefined);
  refuseTakenNames(module, [...added.map(([name]) => name), ...asked]);
  if (memoryExport !== undefined && module.importCounts.memory + module.memories.length > 0) {
    added.push([memoryExport, EXPORT_MEMORY, 0]);
  }
  if (startExport !== undefined && module.start !== undefined) {
    added.push([startExport, EXPORT_FUNCTION, module.start]);
  }
  return added;
}

/** See the head of this file. */
export function meter(module: ModuleInfo, options: InstrumentOptions): InstrumentedModule {
  const { bytes, importCounts } = module;
  const { fuel, maxMemoryPages, maxTableEntries } = options;
  for (const { kind, limits } of module.imports) {
    const ceiling = kind === 'memory' ? maxMemoryPages : kind === 'table' ? maxTableEntries : undefined;
    if (limits && ceiling !== undefined)
      capped(`units in an imported ${kind}`, limits.min, ceiling, limits.offset);
  }

  const appended: Appended = {
    global: importCounts.global + module.globals,
    function: importCounts.function + module.functions.length,
    table: importCounts.table + module.tables.length,
    type: module.types.length,
  };
  const sections = new Map(fuel ? fuelSections(module, fuel, appended) : []);
  const exports = addedExports(module, options, appended);
  if (exports.length > 0) {
    sections.set(
      SectionId.Export,
      extended(module, SectionId.Export, exports.length, out => {
        for (const [name, kind, index] of exports) {
          out.name(name);
          out.u8(kind);
          out.u32(index);
        }
      }),
    );
  }
  const appendTable = fuel !== undefined && 'tableExport' in fuel.tick;
  if (appendTable || (maxTableEntries !== undefined && module.tables.length > 0)) {
    sections.set(SectionId.Table, tableSection(module, maxTableEntries, appendTable));
  }
  if (maxMemoryPages !== undefined && module.memories.length > 0) {
    sections.set(SectionId.Memory, memorySection(module, maxMemoryPages));
  }
  const code = new CodeWriter(module, options);
  if (fuel || module.bodies.length > 0) {
    const tick = (out: Writer): void => {
      if (fuel) tickCall(module, fuel, appended, out);
    };
    sections.set(SectionId.Code, code.write(appended, tick));
  }

  const startExported = options.startExport !== undefined && module.start !== undefined;
  const out = assemble(module, sections, options.stripCustomSections ?? false, startExported);
  const stats = {
    bytesIn: bytes.length,
    bytesOut: out.length,
    functions: module.functions.length,
    ...code.stats,
  };
  return { bytes: out, stats, startExported };
}

/** Puts new and copied sections in order. Custom sections stay behind the section they followed. */
function assemble(
  module: ModuleInfo,
  sections: ReadonlyMap<number, Writer>,
  strip: boolean,
  dropStart: boolean,
): Uint8Array<ArrayBuffer> {
  const out = new Writer(module.bytes.length + (sections.get(SectionId.Code)?.length ?? 0) + 1024);
  out.bytes(module.bytes, 0, 8);
  let next = 0;
  const custom = (): void => {
    for (; module.sections[next]?.id === SectionId.Custom; next++) {
      const section = module.sections[next];
      if (!strip && section) out.bytes(module.bytes, section.offset, section.end);
    }
  };
  custom();
  for (const id of SECTION_ORDER) {
    const original = module.sections[next]?.id === id ? module.sections[next] : undefined;
    const written = sections.get(id);
    if (written) {
      out.u8(id);
      out.sized(written.view());
    } else if (original && !(dropStart && id === SectionId.Start)) {
      out.bytes(module.bytes, original.offset, original.end);
    }
    if (!original) continue;
    next++;
    custom();
  }
  return out.toBytes();
}
