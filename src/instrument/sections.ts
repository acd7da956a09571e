/** One reader per section. Each holds the section's count to its cap before it reads an entry. */
import type { ModuleCaps } from './caps.ts';
import { capped, malformed, unsupported } from './errors.ts';
import { EXTERNAL_KINDS, type ExternalKind, type ModuleDraft, SectionId, type Signature } from './layout.ts';
import type { Reader } from './reader.ts';
import { readLimits, type SizeLimits, skipConstant, skipValueType } from './types.ts';

type SectionReader = (reader: Reader, draft: ModuleDraft, caps: ModuleCaps) => void;

function count(reader: Reader, what: string, cap: number): number {
  const at = reader.pos;
  const value = reader.u32();
  capped(what, value, cap, at);
  return value;
}

function readName(reader: Reader, draft: ModuleDraft, caps: ModuleCaps): string {
  const at = reader.pos;
  const name = reader.name(caps.nameBytes);
  draft.nameBytes += reader.pos - at;
  capped('bytes in the names of all imports and exports', draft.nameBytes, caps.totalNameBytes, at);
  return name;
}

function readKind(reader: Reader): ExternalKind {
  const at = reader.pos;
  const kind = reader.u8();
  return EXTERNAL_KINDS[kind] ?? unsupported(`unknown kind of import or export ${kind}`, at);
}

function readSignature(reader: Reader, caps: ModuleCaps): Signature {
  const at = reader.pos;
  const form = reader.u8();
  if (form !== 0x60)
    unsupported(`type 0x${form.toString(16)} is not a function: garbage-collected types`, at);
  const list = (what: string, cap: number): number[] => {
    const length = count(reader, what, cap);
    const types: number[] = [];
    for (let i = 0; i < length; i++) types.push(skipValueType(reader));
    return types;
  };
  const params = list('parameters in one signature', caps.params);
  return { params, results: list('results in one signature', caps.results) };
}

function readTableType(reader: Reader): SizeLimits {
  skipValueType(reader);
  return readLimits(reader);
}

function skipTag(reader: Reader): number {
  reader.skip(1);
  return reader.u32();
}

function checkMemories(draft: ModuleDraft, caps: ModuleCaps, at: number): void {
  capped('memories', draft.importCounts.memory + draft.memories.length, caps.memories, at);
}

function readImports(reader: Reader, draft: ModuleDraft, caps: ModuleCaps): void {
  const length = count(reader, 'imports', caps.imports);
  for (let i = 0; i < length; i++) {
    const at = reader.pos;
    const module = readName(reader, draft, caps);
    const name = readName(reader, draft, caps);
    const kind = readKind(reader);
    let typeIndex: number | undefined;
    let limits: SizeLimits | undefined;
    if (kind === 'function') {
      typeIndex = reader.u32();
      draft.functionTypes.push(typeIndex);
    } else if (kind === 'table') limits = readTableType(reader);
    else if (kind === 'memory') limits = readLimits(reader);
    else if (kind === 'tag') typeIndex = skipTag(reader);
    else {
      draft.globalTypes.push(skipValueType(reader));
      reader.skip(1);
    }
    draft.imports.push({ module, name, kind, typeIndex, limits });
    draft.importCounts[kind]++;
    checkMemories(draft, caps, at);
  }
}

function readTables(reader: Reader, draft: ModuleDraft, caps: ModuleCaps): void {
  const length = count(reader, 'tables', caps.tables);
  draft.tables = Array.from({ length }, () => {
    const offset = reader.pos;
    // 0x40 0x00 announces an initial value for every entry.
    const hasInitialValue = reader.peek() === 0x40;
    if (hasInitialValue) reader.skip(2);
    const limits = readTableType(reader);
    if (hasInitialValue) skipConstant(reader, caps.constantBytes);
    return { offset, end: reader.pos, limits };
  });
}

function readElements(reader: Reader, draft: ModuleDraft, caps: ModuleCaps): void {
  const length = count(reader, 'element segments', caps.elementSegments);
  draft.elementSegments = length;
  let total = 0;
  for (let i = 0; i < length; i++) {
    const at = reader.pos;
    const flags = reader.u32();
    if (flags > 7) unsupported(`unknown element segment form ${flags}`, at);
    const active = (flags & 1) === 0;
    const explicit = (flags & 2) !== 0;
    const expressions = (flags & 4) !== 0;
    if (active && explicit) reader.u32();
    if (active) skipConstant(reader, caps.constantBytes);
    if (flags & 3) {
      if (expressions) skipValueType(reader);
      else reader.skip(1);
    }
    const entries = reader.u32();
    total += entries;
    capped('table entries in element segments', total, caps.elements, at);
    for (let j = 0; j < entries; j++) {
      if (expressions) skipConstant(reader, caps.constantBytes);
      else reader.u32();
    }
  }
}

function readData(reader: Reader, draft: ModuleDraft, caps: ModuleCaps): void {
  const length = count(reader, 'data segments', caps.dataSegments);
  draft.dataSegments = length;
  for (let i = 0; i < length; i++) {
    const at = reader.pos;
    const form = reader.u32();
    if (form > 2) unsupported(`unknown data segment form ${form}`, at);
    if (form === 2) reader.u32();
    if (form !== 1) skipConstant(reader, caps.constantBytes);
    reader.skip(reader.u32());
  }
}

function readCode(reader: Reader, draft: ModuleDraft, caps: ModuleCaps): void {
  const length = count(reader, 'functions', caps.functions);
  const bodies = new Uint32Array(length * 2);
  for (let i = 0; i < length; i++) {
    const at = reader.pos;
    const size = count(reader, 'bytes in one function body', caps.bodyBytes);
    if (size === 0) malformed('empty function body', at);
    bodies[i * 2] = reader.pos;
    reader.skip(size);
    bodies[i * 2 + 1] = reader.pos;
  }
  draft.bodies = bodies;
}

const SECTION_READERS: Readonly<Record<number, SectionReader>> = {
  [SectionId.Type]: (reader, draft, caps) => {
    const length = count(reader, 'types', caps.types);
    draft.types = Array.from({ length }, () => readSignature(reader, caps));
  },
  [SectionId.Import]: readImports,
  [SectionId.Function]: (reader, draft, caps) => {
    const length = count(reader, 'functions', caps.functions);
    draft.functions = Array.from({ length }, () => reader.u32());
    for (const typeIndex of draft.functions) draft.functionTypes.push(typeIndex);
  },
  [SectionId.Table]: readTables,
  [SectionId.Memory]: (reader, draft, caps) => {
    const at = reader.pos;
    const length = count(reader, 'memories', caps.memories);
    draft.memories = Array.from({ length }, () => readLimits(reader));
    checkMemories(draft, caps, at);
  },
  [SectionId.Tag]: (reader, draft, caps) => {
    draft.tags = count(reader, 'tags', caps.tags);
    for (let i = 0; i < draft.tags; i++) skipTag(reader);
  },
  [SectionId.Global]: (reader, draft, caps) => {
    draft.globals = count(reader, 'globals', caps.globals);
    for (let i = 0; i < draft.globals; i++) {
      draft.globalTypes.push(skipValueType(reader));
      reader.skip(1);
      skipConstant(reader, caps.constantBytes);
    }
  },
  [SectionId.Export]: (reader, draft, caps) => {
    const length = count(reader, 'exports', caps.exports);
    draft.exports = Array.from({ length }, () => {
      const name = readName(reader, draft, caps);
      const kind = readKind(reader);
      return { name, kind, index: reader.u32() };
    });
  },
  [SectionId.Start]: (reader, draft) => {
    draft.start = reader.u32();
  },
  [SectionId.Element]: readElements,
  [SectionId.DataCount]: reader => {
    reader.u32();
  },
  [SectionId.Code]: readCode,
  [SectionId.Data]: readData,
};

/** Reads one non-custom section into `draft`. The caller checks that the reader ends where the section does. */
export function readSection(id: number, reader: Reader, draft: ModuleDraft, caps: ModuleCaps): void {
  const read = SECTION_READERS[id];
  if (read === undefined) unsupported(`unknown section ${id}`, reader.pos);
  read(reader, draft, caps);
}
