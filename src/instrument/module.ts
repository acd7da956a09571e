/** Walks a module's sections: what is declared where. Reads everything outside function bodies, checks no types. */
import type { ModuleCaps } from './caps.ts';
import { capped, malformed, unsupported } from './errors.ts';
import {
  type ModuleDraft,
  type ModuleInfo,
  SECTION_ORDER,
  type Section,
  SectionId,
  type Signature,
} from './layout.ts';
import { Reader } from './reader.ts';
import { readSection } from './sections.ts';

const MAGIC = 0x6d736100;
const COMPONENT = 0x0001000d;

function readSections(bytes: Uint8Array, caps: ModuleCaps): Section[] {
  if (bytes.length < 8) malformed('not a WebAssembly module: shorter than 8 bytes', bytes.length);
  const header = new DataView(bytes.buffer, bytes.byteOffset, 8);
  if (header.getUint32(0, true) !== MAGIC) malformed('not a WebAssembly module: no \\0asm at the start', 0);
  const version = header.getUint32(4, true);
  if (version === COMPONENT) unsupported('a component, not a core module: transpile it first', 4);
  if (version !== 1) unsupported(`unknown WebAssembly version ${version}`, 4);

  const reader = new Reader(bytes, 8, bytes.length);
  const sections: Section[] = [];
  let lastRank = -1;
  while (!reader.done) {
    const offset = reader.pos;
    const id = reader.u8();
    const contents = reader.sub(reader.u32());
    const section = { id, offset, start: contents.pos, end: contents.end };
    if (id === SectionId.Custom) {
      const name = contents.name(caps.nameBytes);
      sections.push({ ...section, name });
    } else {
      const rank = SECTION_ORDER.indexOf(id);
      if (rank < 0) unsupported(`unknown section ${id}`, offset);
      if (rank <= lastRank) malformed(`section ${id} is repeated or out of order`, offset);
      lastRank = rank;
      sections.push({ ...section, name: undefined });
    }
    capped('sections', sections.length, caps.sections, offset);
  }
  return sections;
}

/** Reads what `bytes` declares, holding every count to `caps` before anything is kept. */
export function readModule(bytes: Uint8Array, caps: ModuleCaps): ModuleInfo {
  capped('bytes', bytes.length, caps.moduleBytes, 0);
  const draft: ModuleDraft = {
    bytes,
    sections: readSections(bytes, caps),
    types: [],
    imports: [],
    importCounts: { function: 0, table: 0, memory: 0, global: 0, tag: 0 },
    functions: [],
    functionTypes: [],
    tables: [],
    memories: [],
    globals: 0,
    nameBytes: 0,
    globalTypes: [],
    tags: 0,
    exports: [],
    start: undefined,
    elementSegments: 0,
    dataSegments: 0,
    bodies: new Uint32Array(0),
  };
  for (const section of draft.sections) {
    if (section.id === SectionId.Custom) continue;
    const reader = new Reader(bytes, section.start, section.end);
    readSection(section.id, reader, draft, caps);
    reader.expectEnd(`section ${section.id}`);
  }
  const bodies = draft.bodies.length / 2;
  if (bodies !== draft.functions.length) {
    malformed(`${draft.functions.length} functions are declared and ${bodies} bodies given`, bytes.length);
  }
  return draft;
}

/** The section with `id`, or undefined. Not for custom sections, which may repeat. */
export function findSection(module: ModuleInfo, id: number): Section | undefined {
  return module.sections.find(section => section.id === id);
}

/** Signature of the function with this index, imports first. */
export function signatureOf(module: ModuleInfo, functionIndex: number): Signature {
  const typeIndex = module.functionTypes[functionIndex];
  const signature = typeIndex === undefined ? undefined : module.types[typeIndex];
  return signature ?? malformed(`function ${functionIndex} has no signature`, module.bytes.length);
}
