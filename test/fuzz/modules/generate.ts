/** Random WebAssembly modules that are valid and end, made of bytes, with what a fuel counter could get wrong in them. */
import { join, leb, module, name, section } from '../../security/native/bytes.ts';

export type Random = (below: number) => number;

/** mulberry32 */
export function generator(seed: number): Random {
  let state = seed >>> 0;
  return below => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t ^= t + Math.imul(t ^ (t >>> 7), 61 | t);
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

const I32 = 0x7f;
const VOID = 0x40;
/** Signed LEB128 of a small number. */
const constant = (value: number): number[] => {
  const bytes = [0x41];
  let rest = value | 0;
  for (;;) {
    const low = rest & 0x7f;
    rest >>= 7;
    if ((rest === 0 && (low & 0x40) === 0) || (rest === -1 && (low & 0x40) !== 0)) return [...bytes, low];
    bytes.push(low | 0x80);
  }
};

/** Locals of every function: the parameter, three to compute with, one counter for each level of loops, and the depth. */
const VALUES = 4;
const LEVELS = 3;
const DEPTH = VALUES + LEVELS;
const MASK = 0x3ff8;

class Body {
  readonly #random: Random;
  /** Functions that may be called: later ones, so that nothing recurses without end. */
  readonly #callable: readonly number[];
  readonly #self: number;
  readonly #bytes: number[] = [];
  /** What a `br` may leave: blocks, outermost first; loops are never jumped back to but by their own counter. */
  readonly #labels: ('block' | 'loop')[] = [];
  #level = 0;
  #budget: number;

  constructor(random: Random, self: number, callable: readonly number[], budget: number) {
    this.#random = random;
    this.#self = self;
    this.#callable = callable;
    this.#budget = budget;
  }

  /** `ending`: code put before the result. */
  make(ending: readonly number[] = []): Uint8Array {
    this.#put(0x20, 0, ...constant(3), 0x71, 0x21, DEPTH);
    this.#statements(2 + this.#random(6), 0);
    if (this.#random(4) === 0) this.#recurse();
    this.#put(...ending);
    this.#value(3);
    const body = join([[1, VALUES - 1 + LEVELS + 1, I32], this.#bytes, [0x0b]]);
    return join([leb(body.length), body]);
  }

  #put(...bytes: number[]): void {
    this.#bytes.push(...bytes);
  }

  #local(): number {
    return this.#random(VALUES);
  }

  /** Leaves one i32 on the stack. */
  #value(depth: number): void {
    this.#budget--;
    const choice = depth <= 0 || this.#budget < 0 ? this.#random(3) : this.#random(14);
    if (choice === 0) this.#put(...constant(this.#random(2000) - 1000));
    else if (choice === 1) this.#put(0x20, this.#local());
    else if (choice === 2) this.#put(0x23, this.#random(2));
    else if (choice < 8) {
      this.#value(depth - 1);
      this.#value(depth - 1);
      this.#put([0x6a, 0x6b, 0x6c, 0x71, 0x73, 0x48, 0x76][this.#random(7)] as number);
    } else if (choice === 8) {
      this.#address(depth);
      this.#put(0x28, 2, 0);
    } else if (choice === 9) {
      this.#value(depth - 1);
      this.#put(0x04, I32);
      this.#value(depth - 1);
      this.#put(0x05);
      this.#value(depth - 1);
      this.#put(0x0b);
    } else if (choice === 10 && this.#callable.length > 0) {
      this.#value(depth - 1);
      this.#put(0x10, this.#callable[this.#random(this.#callable.length)] as number);
    } else if (choice === 11 && this.#callable.length > 0) {
      this.#value(depth - 1);
      this.#put(...constant(this.#callable[this.#random(this.#callable.length)] as number), 0x11, 0, 0);
    } else if (choice === 12) this.#put(0x3f, 0);
    else {
      // A division that may trap, now and then.
      this.#value(depth - 1);
      this.#value(depth - 1);
      if (this.#random(8) > 0) this.#put(...constant(1), 0x72);
      this.#put(0x6e);
    }
  }

  /** An address inside of memory. */
  #address(depth: number): void {
    this.#value(depth - 1);
    this.#put(...constant(MASK), 0x71);
  }

  #statements(count: number, depth: number): void {
    for (let i = 0; i < count && this.#budget > 0; i++) this.#statement(depth);
  }

  #statement(depth: number): void {
    this.#budget--;
    const choice = this.#random(depth > 4 ? 6 : 14);
    if (choice < 2) {
      this.#value(3);
      this.#put(0x21, this.#local());
    } else if (choice === 2) {
      this.#value(2);
      this.#put(0x24, this.#random(2));
    } else if (choice === 3) {
      this.#address(2);
      this.#value(2);
      this.#put(0x36, 2, 0);
    } else if (choice === 4) this.#bulk();
    else if (choice === 5) this.#leave();
    else if (choice < 8) this.#block(depth);
    else if (choice < 11) this.#loop(depth);
    else if (choice === 11) this.#if(depth);
    else if (choice === 12) this.#finish();
    else this.#table(depth);
  }

  #bulk(): void {
    const length = (): void => this.#put(...constant(this.#random(3000)));
    const choice = this.#random(6);
    if (choice < 2) {
      this.#address(1);
      this.#value(1);
      length();
      this.#put(0xfc, 11, 0);
    } else if (choice < 4) {
      this.#address(1);
      this.#address(1);
      length();
      this.#put(0xfc, 10, 0, 0);
    } else if (choice === 4) {
      this.#put(...constant(this.#random(2)), 0x40, 0, 0x1a);
    } else {
      // Entries of the table onto themselves.
      this.#put(...constant(0), ...constant(0), ...constant(this.#random(3)), 0xfc, 14, 0, 0);
    }
  }

  /** Calls itself, three times at most: the depth is the parameter's, and no statement changes it. */
  #recurse(): void {
    this.#put(0x20, DEPTH, 0x04, VOID, 0x20, DEPTH, ...constant(1), 0x6b, 0x10, this.#self);
    this.#put(0x21, this.#local(), 0x0b);
  }

  /** Ends the function: now and then, so that something comes behind it as well. */
  #finish(): void {
    this.#value(1);
    this.#put(0x04, VOID);
    this.#value(1);
    if (this.#random(8) === 0) this.#put(0x1a, 0x00, 0x0b);
    else if (this.#random(3) === 0 && this.#callable.length > 0)
      this.#put(0x12, this.#callable[this.#random(this.#callable.length)] as number, 0x0b);
    else this.#put(0x0f, 0x0b);
  }

  /** A jump out of some blocks: never back to the head of a loop. */
  #leave(): void {
    const targets = this.#labels.flatMap((kind, i) =>
      kind === 'block' ? [this.#labels.length - 1 - i] : [],
    );
    const target = targets[this.#random(targets.length || 1)];
    if (target === undefined) return;
    this.#value(1);
    this.#put(0x0d, target);
  }

  #block(depth: number): void {
    this.#put(0x02, VOID);
    this.#labels.push('block');
    this.#statements(1 + this.#random(4), depth + 1);
    this.#labels.pop();
    this.#put(0x0b);
  }

  #loop(depth: number): void {
    if (this.#level >= LEVELS) return;
    const counter = VALUES + this.#level++;
    this.#put(...constant(1 + this.#random(6)), 0x21, counter, 0x03, VOID);
    this.#labels.push('loop');
    this.#statements(1 + this.#random(4), depth + 1);
    this.#labels.pop();
    // Counted down before the jump back, whatever happened in between.
    this.#put(0x20, counter, ...constant(1), 0x6b, 0x22, counter, ...constant(0), 0x4a, 0x0d, 0, 0x0b);
    this.#level--;
  }

  #if(depth: number): void {
    this.#value(2);
    this.#put(0x04, VOID);
    this.#labels.push('block');
    this.#statements(1 + this.#random(3), depth + 1);
    if (this.#random(2) === 0) {
      this.#put(0x05);
      this.#statements(1 + this.#random(3), depth + 1);
    }
    this.#labels.pop();
    this.#put(0x0b);
  }

  /** A `switch`: blocks inside one another, and a br_table to leave them. */
  #table(depth: number): void {
    const cases = 2 + this.#random(3);
    for (let i = 0; i < cases; i++) this.#put(0x02, VOID);
    this.#value(1);
    this.#put(0x0e, cases - 1, ...Array.from({ length: cases }, () => this.#random(cases)));
    for (let i = 0; i < cases; i++) {
      this.#put(0x0b);
      for (let k = i + 1; k < cases; k++) this.#labels.push('block');
      this.#statements(1, depth + 2);
      for (let k = i + 1; k < cases; k++) this.#labels.pop();
    }
  }
}

/** What never ends by itself: every way to go round that there is. The function it is put into is the first. */
const ENDLESS: readonly (readonly number[])[] = [
  [0x03, VOID, 0x0c, 0, 0x0b],
  [0x03, VOID, 0x02, VOID, 0x0c, 1, 0x0b, 0x0b],
  [0x02, VOID, 0x03, VOID, ...constant(0), 0x0d, 1, ...constant(0), 0x0e, 1, 0, 0, 0x0b, 0x0b],
  [0x03, VOID, ...constant(0), ...constant(1), ...constant(65_536), 0xfc, 11, 0, 0x0c, 0, 0x0b],
  [0x03, VOID, ...constant(0), 0x40, 0, 0x1a, 0x0c, 0, 0x0b],
  [0x03, VOID, 0x03, VOID, ...constant(1), 0x0d, 1, 0x0b, 0x0b],
  // Itself: called, by the table, twice, and in place of itself.
  [...constant(1), 0x10, 0, 0x1a],
  [...constant(1), ...constant(0), 0x11, 0, 0, 0x1a],
  [...constant(1), 0x10, 0, 0x10, 0, 0x1a],
  [...constant(1), 0x12, 0],
  [...constant(1), ...constant(0), 0x13, 0, 0],
  [0x03, VOID, ...constant(1), 0x10, 0, 0x1a, 0x0c, 0, 0x0b],
];

/** A module that may end only by a trap, or by a way out that is taken before. */
export function endlessModule(random: Random): Uint8Array<ArrayBuffer> {
  return validModule(random, ENDLESS[random(ENDLESS.length)]);
}

/** Exports `run(i32) → i32`, has a memory, a table of its functions, two globals, and now and then a start function. */
export function validModule(random: Random, ending: readonly number[] = []): Uint8Array<ArrayBuffer> {
  const count = 1 + random(4);
  const bodies = Array.from({ length: count }, (_, index) => {
    const callable = Array.from({ length: count - index - 1 }, (_, i) => index + 1 + i);
    return new Body(random, index, callable, 20 + random(120)).make(index === 0 ? ending : []);
  });
  const started = random(4) === 0;
  // A start function takes nothing: one more, that calls the last.
  const start = join([[0], constant(random(100)), [0x10, count - 1, 0x1a, 0x0b]]);
  return new Uint8Array(
    module(
      section(1, [2, 0x60, 1, I32, 1, I32, 0x60, 0, 0]),
      section(3, [
        ...leb(count + (started ? 1 : 0)),
        ...Array.from({ length: count }, () => 0),
        ...(started ? [1] : []),
      ]),
      section(4, [1, 0x70, 1, ...leb(count + 2), ...leb(count + 2)]),
      section(5, [1, 1, 1, 4]),
      section(6, [2, I32, 1, ...constant(7), 0x0b, I32, 1, ...constant(-3), 0x0b]),
      section(7, [2, ...name('run'), 0, 0, ...name('memory'), 2, 0]),
      ...(started ? [section(8, leb(count))] : []),
      section(9, [1, 0, ...constant(0), 0x0b, ...leb(count), ...Array.from({ length: count }, (_, i) => i)]),
      section(
        10,
        join([
          leb(count + (started ? 1 : 0)),
          ...bodies,
          ...(started ? [join([leb(start.length), start])] : []),
        ]),
      ),
      section(11, [1, 0, ...constant(16), 0x0b, 4, 1, 2, 3, 4]),
    ),
  );
}

/** The same with a few bytes changed, moved or lost. */
export function mutated(random: Random, bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const copy = [...bytes];
  for (let changes = 1 + random(4); changes > 0; changes--) {
    const at = 8 + random(copy.length - 8);
    const choice = random(6);
    if (choice === 0) copy[at] = random(256);
    else if (choice === 1) copy[at] = (copy[at] as number) ^ (1 << random(8));
    else if (choice === 2) copy.splice(at, 1 + random(4));
    else if (choice === 3) copy.splice(at, 0, ...Array.from({ length: 1 + random(4) }, () => random(256)));
    else if (choice === 4) copy.splice(at, 0, ...copy.slice(at, at + random(20)));
    else copy[at] = [0x00, 0x7f, 0x80, 0xff, 0x0b, 0x03, 0x10, 0xfc][random(8)] as number;
  }
  return new Uint8Array(copy);
}
