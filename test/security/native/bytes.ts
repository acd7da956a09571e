/** Modules that no assembler would write, made byte by byte. */

export const leb = (value: number): number[] => {
  const bytes: number[] = [];
  let rest = value;
  do {
    const low = rest % 128;
    rest = Math.floor(rest / 128);
    bytes.push(rest > 0 ? low + 128 : low);
  } while (rest > 0);
  return bytes;
};

const HEADER = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];

export const section = (id: number, contents: readonly number[] | Uint8Array): Uint8Array =>
  join([[id], leb(contents.length), contents]);

export function join(parts: readonly (readonly number[] | Uint8Array)[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

export const module = (...sections: readonly Uint8Array[]): Uint8Array => join([HEADER, ...sections]);

export const name = (text: string): number[] => [...leb(text.length), ...new TextEncoder().encode(text)];

const repeat = (count: number, bytes: readonly number[] | Uint8Array): Uint8Array => {
  const all = new Uint8Array(count * bytes.length);
  for (let i = 0; i < count; i++) all.set(bytes, i * bytes.length);
  return all;
};

const TYPE_NOTHING = section(1, [1, 0x60, 0, 0]);

/** `count` functions with the same body, all of type () → (). */
export function functions(count: number, body: readonly number[] | Uint8Array): Uint8Array {
  const sized = join([leb(body.length), body]);
  return module(
    TYPE_NOTHING,
    section(3, join([leb(count), repeat(count, [0])])),
    section(7, [1, ...name('run'), 0, 0]),
    section(10, join([leb(count), repeat(count, sized)])),
  );
}

/** Functions that each declare `locals` locals of type i64. */
export const localsBomb = (count: number, locals: number): Uint8Array =>
  functions(count, [1, ...leb(locals), 0x7e, 0x0b]);

/** `count` functions of `tables` br_tables with `labels` labels each. */
export function brTableBomb(count: number, tables: number, labels: number): Uint8Array {
  const one = join([[0x41, 0, 0x0e], leb(labels), repeat(labels + 1, [0])]);
  return functions(count, join([[0], repeat(tables, one), [0x0b]]));
}

/** A function with `depth` blocks inside one another. */
export const nestingBomb = (count: number, depth: number): Uint8Array =>
  functions(count, join([[0], repeat(depth, [0x02, 0x40]), repeat(depth, [0x0b]), [0x0b]]));

/** A type with `params` parameters, `count` times. */
export const signatureBomb = (count: number, params: number): Uint8Array =>
  module(
    section(1, join([leb(count), repeat(count, join([[0x60], leb(params), repeat(params, [0x7e]), [0]]))])),
  );

export function exportBomb(count: number, nameBytes: number): Uint8Array {
  const entries: Uint8Array[] = [];
  for (let i = 0; i < count; i++) {
    const text = String(i).padStart(nameBytes, 'x');
    entries.push(join([leb(text.length), new TextEncoder().encode(text), [0, 0]]));
  }
  return module(
    TYPE_NOTHING,
    section(3, [1, 0]),
    section(7, join([leb(count), ...entries])),
    section(10, [1, 2, 0, 0x0b]),
  );
}

export function importBomb(count: number, nameBytes: number): Uint8Array {
  const entry = join([name('env'), leb(nameBytes), repeat(nameBytes, [0x61]), [0, 0]]);
  return module(TYPE_NOTHING, section(2, join([leb(count), repeat(count, entry)])));
}

/** Blocks among many locals: what a compiler writes down at each block grows with the locals. */
export const mergeBomb = (locals: number, blocks: number, block: readonly number[]): Uint8Array =>
  functions(1, join([[1], leb(locals), [0x7f], repeat(blocks, block), [0x0b]]));

/** Blocks above many values on the stack. */
export const stackBomb = (values: number, blocks: number): Uint8Array =>
  functions(
    1,
    join([
      [0],
      repeat(values, [0x41, 1]),
      repeat(blocks, [0x41, 0, 0x04, 0x40, 0x0b]),
      repeat(values, [0x1a]),
      [0x0b],
    ]),
  );

export const fromHex = (text: string): Uint8Array =>
  Uint8Array.from(text.replace(/\s/g, '').match(/../g) ?? [], byte => Number.parseInt(byte, 16));
