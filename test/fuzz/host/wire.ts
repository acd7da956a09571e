/** Values as a hostile cell would write them: sparse, wide, deep, shared, colliding, a great many of very small things. */

import {
  FORMAT_VERSION,
  MODE_PLAIN,
  MODE_TAGGED,
  TAG_ARRAY,
  TAG_BIGINT,
  TAG_BUFFER,
  TAG_DATE,
  TAG_FLOAT,
  TAG_INT,
  TAG_NULL,
  TAG_OBJECT,
  TAG_REFERENCE,
  TAG_STRING,
  TAG_TYPED_ARRAY,
} from '../../../src/protocol/value-format.ts';
import type { Random } from '../../unit/protocol/random.ts';
import { sizeUpTo } from './texts.ts';

class Writer {
  readonly #max: number;
  #bytes: Uint8Array = new Uint8Array(1024);
  length = 0;
  containers = 0;

  constructor(max: number) {
    this.#max = max;
  }

  get isFull(): boolean {
    return this.length >= this.#max;
  }

  byte(...values: readonly number[]): this {
    for (const value of values) {
      if (this.length === this.#bytes.length) {
        const grown = new Uint8Array(this.#bytes.length * 2);
        grown.set(this.#bytes);
        this.#bytes = grown;
      }
      this.#bytes[this.length++] = value;
    }
    return this;
  }

  leb(value: number): this {
    let rest = value;
    while (rest > 127) {
      this.byte((rest & 127) | 128);
      rest = Math.floor(rest / 128);
    }
    return this.byte(rest);
  }

  text(text: string): this {
    this.leb(text.length * 2);
    for (let i = 0; i < text.length; i++) this.byte(text.charCodeAt(i) & 255);
    return this;
  }

  take(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(0, this.length);
  }
}

const ATOMS: readonly string[] = ['a', 'b', '__proto__', 'toString', 'then', 'c', '0', '1023', '999999'];

/** Each writes one small thing. */
type Small = (writer: Writer, random: Random) => void;

const key = (writer: Writer, random: Random): void => {
  if (random.int(3) === 0) writer.leb((random.int(ATOMS.length) + 1) * 2);
  else writer.leb(random.pick([0, 1, 7, 500, 1000, 1023, 2573, 4000, 65_535, 1_000_000, 2 ** 30]) * 2 + 1);
};

const SMALL: readonly Small[] = [
  writer => writer.byte(TAG_NULL),
  (writer, random) => writer.byte(TAG_INT).leb(random.int(200)),
  writer => writer.byte(TAG_FLOAT, 1, 2, 3, 4, 5, 6, 7, 64),
  (writer, random) => writer.byte(TAG_STRING).text('ab'.repeat(random.int(3))),
  (writer, random) => writer.byte(TAG_STRING).text('x'.repeat(random.int(40))),
  writer => writer.byte(TAG_BIGINT).leb(2).byte(7, 7),
  writer => {
    writer.byte(TAG_ARRAY).leb(0);
    writer.containers++;
  },
  writer => {
    writer.byte(TAG_OBJECT).leb(0);
    writer.containers++;
  },
  (writer, random) => {
    writer.byte(TAG_OBJECT).leb(1);
    writer.containers++;
    key(writer, random);
    writer.byte(TAG_NULL);
  },
  (writer, random) => {
    const count = 1 + random.int(4);
    writer.byte(TAG_OBJECT).leb(count);
    writer.containers++;
    for (let i = 0; i < count; i++) {
      key(writer, random);
      writer.byte(TAG_NULL);
    }
  },
  writer => {
    writer.byte(TAG_DATE, TAG_INT, 2);
    writer.containers++;
  },
  writer => {
    writer.byte(TAG_TYPED_ARRAY, 2, 1, 0, TAG_BUFFER).leb(1).leb(1).byte(9);
    writer.containers += 2;
  },
  (writer, random) => {
    writer.byte(TAG_ARRAY).leb(1);
    writer.containers++;
    writer.byte(TAG_REFERENCE).leb(random.int(Math.max(1, writer.containers)));
  },
  (writer, random) => writer.byte(TAG_REFERENCE).leb(random.int(Math.max(1, writer.containers))),
];

/** Many of one small thing, or of a few. */
function wide(writer: Writer, random: Random): void {
  const kinds = random.pick([1, 1, 2, 3]);
  const some = Array.from({ length: kinds }, () => random.pick(SMALL));
  const probe = new Writer(1_000_000);
  probe.containers = 1;
  for (const small of some) small(probe, random);
  const times = Math.max(
    1,
    Math.floor(sizeUpTo(random, Math.max(2, sizeLeft(writer))) / Math.max(1, probe.length)),
  );
  writer.byte(TAG_ARRAY).leb(times * some.length);
  writer.containers++;
  for (let i = 0; i < times; i++) for (const small of some) small(writer, random);
}

const lefts = new WeakMap<Writer, number>();
const sizeLeft = (writer: Writer): number => Math.max(1, (lefts.get(writer) ?? 1_000_000) - writer.length);

/** A large thing, then many references to it. */
function shared(writer: Writer, random: Random): void {
  const levels = 1 + random.int(20);
  const fan = 2 + random.int(6);
  writer.byte(TAG_ARRAY).leb(levels + 1);
  writer.containers++;
  const text = 'x'.repeat(sizeUpTo(random, 100_000));
  writer.byte(TAG_ARRAY).leb(1).byte(TAG_STRING).text(text);
  let last = writer.containers++;
  for (let level = 0; level < levels; level++) {
    const times = level === levels - 1 ? sizeUpTo(random, 100_000) : fan;
    writer.byte(TAG_ARRAY).leb(times);
    const mine = writer.containers++;
    for (let i = 0; i < times; i++) writer.byte(TAG_REFERENCE).leb(last);
    last = mine;
  }
}

function deep(writer: Writer, random: Random): void {
  const levels = sizeUpTo(random, 600);
  for (let i = 0; i < levels; i++) {
    writer.byte(TAG_ARRAY).leb(1);
    writer.containers++;
  }
  random.pick(SMALL)(writer, random);
}

/** One object with a great many keys. */
function keys(writer: Writer, random: Random): void {
  const step = random.pick([1, 2, 7, 900, 1023, 65_536]);
  const count = Math.max(1, Math.floor(sizeUpTo(random, sizeLeft(writer)) / 5));
  writer.byte(TAG_OBJECT).leb(count);
  writer.containers++;
  for (let i = 0; i < count; i++) writer.leb(((i * step) % 2 ** 31) * 2 + 1).byte(TAG_NULL);
}

/** Maps and Sets of numbers, of texts, of nothing. */
function tagged(writer: Writer, random: Random): void {
  const mark = random.pick(['M', 'S', 'O', 'A']);
  const outer = Math.max(1, Math.floor(sizeUpTo(random, 50_000) / 4));
  const inner = random.int(4) === 0 ? sizeUpTo(random, 20_000) * 2 : random.int(3) * 2;
  writer.byte(TAG_ARRAY).leb(outer + 1);
  writer.byte(TAG_STRING).text('A');
  for (let n = 0; n < outer && !writer.isFull; n++) {
    writer.byte(TAG_ARRAY).leb(mark === 'A' ? inner + 1 : 2);
    writer.byte(TAG_STRING).text(mark);
    if (mark !== 'A') writer.byte(TAG_ARRAY).leb(inner);
    for (let i = 0; i < inner; i++)
      if (mark === 'O' && i % 2 === 0) writer.byte(TAG_STRING).text(String(i * 977));
      else writer.byte(TAG_INT).leb((i * 8192) % 2 ** 31);
  }
}

const SHAPES: readonly ((writer: Writer, random: Random) => void)[] = [wide, wide, shared, deep, keys];

/** Bytes of a value, most of them well-formed, at most about `max`. */
export function hostileWire(random: Random, max: number): Uint8Array<ArrayBuffer> {
  const writer = new Writer(max);
  lefts.set(writer, max);
  const isTagged = random.int(6) === 0;
  writer.byte(isTagged ? MODE_TAGGED : MODE_PLAIN, FORMAT_VERSION).leb(ATOMS.length);
  for (const atom of ATOMS) writer.text(atom);
  if (isTagged) tagged(writer, random);
  else random.pick(SHAPES)(writer, random);
  const bytes = writer.take();
  if (random.int(8) === 0) for (let i = 0; i < 3; i++) bytes[random.int(bytes.length)] = random.int(256);
  if (random.int(16) === 0) return bytes.slice(0, random.int(bytes.length));
  return bytes.length > max ? bytes.slice(0, max) : bytes;
}
