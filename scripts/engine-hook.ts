/**
 * Gives the engine a function that it calls for each promise that is rejected without a handler, and for each that gets
 * one late (`JSHostPromiseRejectionTracker` of quickjs.h): the library has no way to set one. Appended behind the module's own
 * indices, so nothing is renumbered.
 */
import { prescan } from '../src/instrument/index.ts';
import { type ModuleInfo, SectionId } from '../src/instrument/layout.ts';
import { Reader } from '../src/instrument/reader.ts';
import { Writer } from '../src/instrument/writer.ts';
import { ENGINE_IMPORT_MODULE, ENGINE_IMPORTS } from '../src/runtimes/quickjs/engine-names.ts';

const I32 = 0x7f;
const I64 = 0x7e;
/** Context, promise, reason, whether it is handled now, and the pointer the tracker was set with. */
const PARAMS: readonly number[] = [I32, I64, I64, I32, I32];

/** Bytes of the record the function fills: promise, reason, handled. */
export const REJECTION_RECORD_BYTES = 24;

export interface HookedEngine {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Of the function, in the table of indirect calls. */
  readonly tableIndex: number;
}

function found(index: number, what: string): number {
  if (index < 0) throw new Error(`look at the engine: it has no ${what}`);
  return index;
}

/** Stores what it is given in the record, and calls an import that the engine itself never does. */
function body(importIndex: number): Writer {
  const out = new Writer();
  const store = (local: number, opcode: number, align: number, offset: number): void => {
    out.u8(0x20, PARAMS.length - 1, 0x20, local, opcode, align, offset);
  };
  out.u8(0);
  store(1, 0x37, 3, 0);
  store(2, 0x37, 3, 8);
  store(3, 0x36, 2, 16);
  out.u8(0x10);
  out.u32(importIndex);
  out.u8(0x0b);
  return out;
}

/** A copy of the section with one more entry. */
function withEntry(module: ModuleInfo, id: number, write: (out: Writer) => void): Writer {
  const section =
    module.sections[
      found(
        module.sections.findIndex(each => each.id === id),
        `section ${id}`,
      )
    ];
  if (section === undefined) throw new Error('no section');
  const reader = new Reader(module.bytes, section.start, section.end);
  const out = new Writer(section.end - section.start + 64);
  out.u32(reader.u32() + 1);
  out.bytes(module.bytes, reader.pos, section.end);
  write(out);
  return out;
}

function largerTable(module: ModuleInfo): Writer {
  const [table, ...others] = module.tables;
  if (table === undefined || others.length > 0) throw new Error('look at the engine: it has not one table');
  const out = new Writer();
  out.u32(1);
  out.bytes(module.bytes, table.offset, table.limits.offset);
  out.u8(1);
  out.u32(table.limits.min + 1);
  out.u32((table.limits.max ?? table.limits.min) + 1);
  return out;
}

export function addRejectionHook(plain: Uint8Array): HookedEngine {
  const module = prescan(plain);
  const type = module.types.findIndex(
    ({ params, results }) => results.length === 0 && params.join() === PARAMS.join(),
  );
  found(type, 'function of the tracker’s type');
  const imports = module.imports.filter(entry => entry.kind === 'function');
  const target = imports.findIndex(
    entry => entry.module === ENGINE_IMPORT_MODULE && entry.name === ENGINE_IMPORTS.keepaliveClear,
  );
  const tableIndex = module.tables[0]?.limits.min ?? 0;
  const index = module.importCounts.function + module.functions.length;
  const code = body(found(target, 'import keepaliveClear'));
  const sections = new Map([
    [SectionId.Function, withEntry(module, SectionId.Function, out => out.u32(type))],
    [SectionId.Table, largerTable(module)],
    [
      SectionId.Element,
      withEntry(module, SectionId.Element, out => {
        out.u8(0, 0x41);
        out.signed32(tableIndex);
        out.u8(0x0b, 1);
        out.u32(index);
      }),
    ],
    [SectionId.Code, withEntry(module, SectionId.Code, out => out.sized(code.view()))],
  ] as [number, Writer][]);
  const out = new Writer(plain.length + 1024);
  out.bytes(plain, 0, 8);
  for (const { id, offset, end } of module.sections) {
    const written = sections.get(id);
    if (written === undefined) out.bytes(plain, offset, end);
    else {
      out.u8(id);
      out.sized(written.view());
    }
  }
  return { bytes: out.toBytes(), tableIndex };
}
