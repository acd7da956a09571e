/**
 * What the host spends on data that is not its own. Whoever reads, copies, unfolds or renders what a guest, a package or an author
 * of a workflow handed over takes each thing from a budget first, in *estimated bytes of the host's memory* and in *steps*
 * (things looked at). Both derive from the limit of bytes that the data was held to, so that what crosses costs the host at
 * most a documented multiple of it.
 */

const MiB = 1024 * 1024;

/**
 * Estimated bytes on the host's heap, as measured on V8 of Node.js 20 and 26 (64-bit words, no pointer compression), place in
 * its container included.
 */
export const HOST_BYTES: Readonly<
  Record<
    | 'slot'
    | 'float'
    | 'text'
    | 'bigint'
    | 'array'
    | 'object'
    | 'entry'
    | 'indexed'
    | 'date'
    | 'view'
    | 'buffer'
    | 'table'
    | 'tableEntry',
    number
  >
> = Object.freeze({
  /** A place in an array, with the number or constant in it. */
  slot: 8,
  /** A number that is no small integer. */
  float: 16,
  /** A string, beside its characters. */
  text: 24,
  /** A BigInt, beside its bytes. */
  bigint: 24,
  array: 48,
  object: 64,
  /** A property of an object: a fast one takes 8 bytes, one of a large object 60. */
  entry: 40,
  /** An object's store of integer keys, beside its entries. */
  indexed: 96,
  date: 104,
  view: 112,
  buffer: 120,
  /** A Map or Set, beside its entries. */
  table: 192,
  tableEntry: 48,
});

/**
 * Estimated nanoseconds of the host's thread, measured in the same way on an idle machine. They are counted, not timed: the same data is
 * refused or taken everywhere.
 */
export const HOST_NANOSECONDS: Readonly<
  Record<
    | 'item'
    | 'float'
    | 'text'
    | 'bigint'
    | 'container'
    | 'name'
    | 'tableName'
    | 'index'
    | 'date'
    | 'view'
    | 'buffer'
    | 'tableEntry',
    number
  >
> = Object.freeze({
  /** A number or constant, with its place. */
  item: 5,
  float: 8,
  text: 35,
  /** And its bytes, each. */
  bigint: 100,
  /** An array, object, Map or Set. */
  container: 90,
  /** A property of a small object. */
  name: 30,
  /** A property of an object that has so many that it is a hash table. */
  tableName: 250,
  /** An integer key: a table for the first, a place in it for the others. */
  index: 300,
  date: 80,
  view: 150,
  buffer: 400,
  /** Of a Map or Set. */
  tableEntry: 80,
});

/** Properties beyond which an object is taken for a hash table: V8 turns it into one at a hundred and some. */
export const TABLE_NAMES = 100;

/** What reading any one value may take of the host's thread, and what each byte of a raised limit adds. */
const LEAST_NANOSECONDS = 34_000_000;
const NANOSECONDS_PER_BYTE = 2.5;

/** Of estimated host bytes to one byte of data, and what even the smallest limit gives. */
const BYTES_PER_BYTE = 48;
const LEAST_BYTES = 4 * MiB;
/** No single answer or input may take more of the host, whatever its limit. */
const MOST_BYTES = 1024 * MiB;
/** Of bytes of data to what it may come to when everything shared is counted at each place that refers to it. */
const UNFOLDED_PER_BYTE = 16;
const LEAST_UNFOLDED = 1 * MiB;
const MOST_UNFOLDED = 256 * MiB;

/** Estimated host bytes that data within a limit of `limitBytes` may take: 48 × and 4 MiB, at most 1 GiB. */
export const hostBytesFor = (limitBytes: number): number =>
  Math.min(MOST_BYTES, BYTES_PER_BYTE * limitBytes + LEAST_BYTES);

/** Estimated nanoseconds of the host's thread that reading data within a limit of `limitBytes` may take: 34 ms, and 2.5 ns a byte. */
export const hostNanosecondsFor = (limitBytes: number): number =>
  LEAST_NANOSECONDS + NANOSECONDS_PER_BYTE * limitBytes;

/**
 * Bytes that data within a limit of `limitBytes` may unfold to: texts, bytes and containers counted at every place that refers
 * to them. 16 × and 1 MiB, at most 256 MiB.
 */
export const unfoldedBytesFor = (limitBytes: number): number =>
  Math.min(MOST_UNFOLDED, UNFOLDED_PER_BYTE * limitBytes + LEAST_UNFOLDED);

/** Counts down. What it throws when nothing is left is its owner's choice: `OUTPUT_TOO_LARGE`, `OUTPUT_REFUSED`, a node's failure. */
export class Budget {
  #left: number;
  readonly #refuse: () => Error;

  constructor(amount: number, refuse: () => Error) {
    this.#left = amount;
    this.#refuse = refuse;
  }

  get left(): number {
    return this.#left;
  }

  /** @throws what `refuse` makes, when more was spent than there was */
  spend(amount: number): void {
    this.#left -= amount;
    if (this.#left < 0) throw this.#refuse();
  }
}
