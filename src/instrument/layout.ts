/** The vocabulary of a module's layout: section ids and order, and what each section declares. */
import type { SizeLimits } from './types.ts';

export const SectionId = {
  Custom: 0,
  Type: 1,
  Import: 2,
  Function: 3,
  Table: 4,
  Memory: 5,
  Global: 6,
  Export: 7,
  Start: 8,
  Element: 9,
  Code: 10,
  Data: 11,
  DataCount: 12,
  Tag: 13,
} as const;

/** The order sections must appear in, custom sections aside. */
export const SECTION_ORDER: readonly number[] = [1, 2, 3, 4, 5, 13, 6, 7, 8, 9, 12, 10, 11];

export interface Section {
  readonly id: number;
  /** Offset of the id byte. */
  readonly offset: number;
  /** First byte of the contents. */
  readonly start: number;
  /** One past the last byte of the contents. */
  readonly end: number;
  /** Name of a custom section. */
  readonly name: string | undefined;
}

export interface Signature {
  /** First byte of each parameter's type. */
  readonly params: readonly number[];
  readonly results: readonly number[];
}

export const EXTERNAL_KINDS = ['function', 'table', 'memory', 'global', 'tag'] as const;
export type ExternalKind = (typeof EXTERNAL_KINDS)[number];

export interface ImportEntry {
  readonly module: string;
  readonly name: string;
  readonly kind: ExternalKind;
  /** Of a function or tag. */
  readonly typeIndex: number | undefined;
  /** Of a table or memory. */
  readonly limits: SizeLimits | undefined;
}

export interface ExportEntry {
  readonly name: string;
  readonly kind: ExternalKind;
  readonly index: number;
}

export interface TableEntry {
  /** Offset and end of the whole entry. */
  readonly offset: number;
  readonly end: number;
  readonly limits: SizeLimits;
}

/** What a module declares. Indices count imports first, as in WebAssembly itself. */
export interface ModuleInfo {
  readonly bytes: Uint8Array;
  readonly sections: readonly Section[];
  readonly types: readonly Signature[];
  readonly imports: readonly ImportEntry[];
  readonly importCounts: Readonly<Record<ExternalKind, number>>;
  /** Type index of each defined function. */
  readonly functions: readonly number[];
  /** Type index of every function, imports first. */
  readonly functionTypes: readonly number[];
  readonly tables: readonly TableEntry[];
  readonly memories: readonly SizeLimits[];
  /** Defined globals. */
  readonly globals: number;
  /** First byte of each global's type, imports first. */
  readonly globalTypes: readonly number[];
  readonly tags: number;
  /** Of all imports and exports. */
  readonly nameBytes: number;
  readonly exports: readonly ExportEntry[];
  readonly start: number | undefined;
  readonly elementSegments: number;
  readonly dataSegments: number;
  /** `[start, end)` of each defined function's body, flattened. */
  readonly bodies: Uint32Array;
}

/** The same while being read. */
export type ModuleDraft = { -readonly [K in keyof ModuleInfo]: ModuleInfo[K] } & {
  readonly imports: ImportEntry[];
  readonly importCounts: Record<ExternalKind, number>;
  readonly functionTypes: number[];
  readonly globalTypes: number[];
};
