/** Assembles modules byte by byte, without the code under test. */

export const I32 = 0x7f;
export const I64 = 0x7e;
export const END = 0x0b;
export const EMPTY = 0x40;

export type Bytes = readonly number[];

/** Unsigned LEB128. */
export function leb(value: number): number[] {
  return value < 0x80 ? [value] : [(value % 0x80) | 0x80, ...leb(Math.floor(value / 0x80))];
}

/** `i32.const`, signed LEB128 included. */
export function i32(value: number): number[] {
  const out = [0x41];
  for (let rest = value; ; rest >>= 7) {
    const low = rest & 0x7f;
    const next = rest >> 7;
    if ((next === 0 && !(low & 0x40)) || (next === -1 && low & 0x40)) return [...out, low];
    out.push(low | 0x80);
  }
}

export function name(text: string): number[] {
  const bytes = [...new TextEncoder().encode(text)];
  return [...leb(bytes.length), ...bytes];
}

export function vec(items: readonly Bytes[]): number[] {
  return [...leb(items.length), ...items.flat()];
}

export function section(id: number, contents: Bytes): number[] {
  return [id, ...leb(contents.length), ...contents];
}

export function custom(label: string, contents: Bytes = []): number[] {
  return section(0, [...name(label), ...contents]);
}

export function type(params: Bytes, results: Bytes): number[] {
  return [0x60, ...leb(params.length), ...params, ...leb(results.length), ...results];
}

export function body(locals: readonly Bytes[], ...code: readonly Bytes[]): number[] {
  const contents = [...vec(locals), ...code.flat(), END];
  return [...leb(contents.length), ...contents];
}

export function exported(label: string, kind: number, index: number): number[] {
  return [...name(label), kind, ...leb(index)];
}

export function wasm(...sections: readonly Bytes[]): Uint8Array<ArrayBuffer> {
  return Uint8Array.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, ...sections.flat()]);
}

export interface FunctionSource {
  readonly label: string;
  readonly params: Bytes;
  readonly results: Bytes;
  readonly locals?: readonly Bytes[];
  readonly code: readonly Bytes[];
}

/** A module of exported functions with one memory (`memory`, 1 to 2 pages) and a ten-entry function table. */
export function functions(...sources: readonly FunctionSource[]): Uint8Array<ArrayBuffer> {
  return wasm(
    section(1, vec(sources.map(source => type(source.params, source.results)))),
    section(3, vec(sources.map((_, i) => leb(i)))),
    section(4, vec([[0x70, 1, 10, 10]])),
    section(5, vec([[1, 1, 2]])),
    section(7, vec([...sources.map((source, i) => exported(source.label, 0, i)), exported('memory', 2, 0)])),
    section(9, vec([[0, ...i32(0), END, ...vec(sources.map((_, i) => leb(i)))]])),
    section(12, leb(1)),
    section(10, vec(sources.map(source => body(source.locals ?? [], ...source.code)))),
    section(11, vec([[1, ...vec([[1], [2], [3], [4], [5]])]])),
  );
}
