/** One database in memory: statements in, rows out, and which of its bytes are others than before. */
import type { Value } from '../../core/value.ts';
import { SqliteError, type SqliteMachine } from './machine.ts';

export interface DatabaseLimits {
  readonly memoryBytes: number;
  readonly steps: number;
}

export interface Statement {
  readonly sql: string;
  readonly values: readonly Value[];
  readonly maxRows: number;
}

/** `[start, bytes]` of what changed, and how long the file is now. */
export type Changes = { readonly size: number; readonly pages: readonly (readonly [number, Uint8Array])[] };

const ROW = 100;
const DONE = 101;
const OPEN_FLAGS = 0x2 | 0x4;
const SERIALIZE_NOCOPY = 1;
const DESERIALIZE_FREEONCLOSE_RESIZEABLE = 1 | 2;
/** SQLite copies what it is told to bind. */
const TRANSIENT = -1;
const INTEGER = 1;
const FLOAT = 2;
const TEXT = 3;
const BLOB = 4;
/** What is compared and sent at once. */
const PAGE = 4_096;

/**
 * `sqlite3_limit`: what one step of SQLite's machine works on has to be bounded, since no step is interrupted. The longest text or
 * blob, the longest pattern of LIKE and GLOB, databases that are attached, and threads.
 */
const LIMITS: readonly (readonly [id: number, value: number])[] = [
  [0, 16 * 1024 * 1024],
  // One: VACUUM needs it.
  [7, 1],
  [8, 1_000],
  [11, 0],
];

export class SqliteDatabase {
  readonly #machine: SqliteMachine;
  readonly #db: number;
  readonly #out: number;
  /** The file as the host has it. */
  #shadow: Uint8Array = new Uint8Array(0);
  /** Something was asked for that may write. */
  #isWritten = false;

  constructor(machine: SqliteMachine, { memoryBytes, steps }: DatabaseLimits, file: Uint8Array | null) {
    this.#machine = machine;
    const { call } = machine;
    this.#out = machine.take(16);
    const [name, vfs] = [machine.text('db').pointer, machine.text('memdb').pointer];
    const opened = call['sqlite3_open_v2']?.(name, this.#out, OPEN_FLAGS, vfs) ?? 1;
    this.#db = machine.view.getUint32(this.#out, true);
    this.#check(opened);
    if (file !== null) {
      this.#shadow = file.slice();
      const main = machine.text('main').pointer;
      const bytes = machine.copy(file);
      this.#check(
        call['sqlite3_deserialize']?.(
          this.#db,
          main,
          bytes,
          BigInt(file.length),
          BigInt(file.length),
          DESERIALIZE_FREEONCLOSE_RESIZEABLE,
        ) ?? 1,
      );
    }
    for (const [id, value] of LIMITS) call['sqlite3_limit']?.(this.#db, id, value);
    const [[pageSize = 4_096] = []] = this.#one({ sql: 'PRAGMA page_size', values: [], maxRows: 1 }).rows;
    this.exec(
      `PRAGMA max_page_count = ${Math.max(1, Math.floor(memoryBytes / Number(pageSize)))}; PRAGMA trusted_schema = OFF`,
    );
    // Asked for the first time after all the steps a statement has: whoever is asked says to break it off.
    this.#limitSteps = () =>
      void call['sqlite3_progress_handler']?.(this.#db, steps, machine.yes, machine.yesText);
  }

  readonly #limitSteps: () => void;

  /** The embedder's own statements. */
  setup(sql: string): void {
    this.exec(sql);
    this.#isWritten = true;
    this.#limitSteps();
  }

  exec(sql: string): void {
    const { pointer } = this.#machine.text(sql);
    try {
      this.#check(this.#machine.call['sqlite3_exec']?.(this.#db, pointer, 0, 0, 0) ?? 1);
    } finally {
      this.#machine.give(pointer);
    }
  }

  /** All of them, or none. @throws SqliteError */
  run(statements: readonly Statement[], mostBytes: number): readonly Value[] {
    const left = { bytes: mostBytes };
    const [only, ...more] = statements;
    if (only !== undefined && more.length === 0) {
      const rows = this.#one(only, left);
      if (this.#machine.call['sqlite3_get_autocommit']?.(this.#db) !== 0) return [rows] as unknown as Value[];
      this.exec('ROLLBACK');
      throw new SqliteError('pass all statements of a transaction at once: they are one by themselves');
    }
    this.exec('BEGIN');
    try {
      const all = statements.map(statement => this.#one(statement, left));
      this.exec('COMMIT');
      return all as unknown as readonly Value[];
    } catch (error) {
      // Some errors end the transaction themselves.
      if (this.#machine.call['sqlite3_get_autocommit']?.(this.#db) === 0) this.exec('ROLLBACK');
      throw error;
    }
  }

  /** Since it was asked last. */
  changes(): Changes {
    const machine = this.#machine;
    const { pointer: main } = machine.text('main');
    const start = machine.call['sqlite3_serialize']?.(this.#db, main, this.#out, SERIALIZE_NOCOPY) ?? 0;
    machine.give(main);
    const size = Number(machine.view.getBigInt64(this.#out, true));
    if (!this.#isWritten) return { size, pages: [] };
    this.#isWritten = false;
    const file = machine.bytes.subarray(start, start + size);
    const pages: [number, Uint8Array][] = [];
    for (let at = 0; at < size; at += PAGE) {
      const end = Math.min(size, at + PAGE);
      if (end <= this.#shadow.length && isSame(file, this.#shadow, at, end)) continue;
      const last = pages.at(-1);
      if (last !== undefined && last[0] + last[1].length === at) last[1] = file.subarray(last[0], end);
      else pages.push([at, file.subarray(at, end)]);
    }
    if (size !== this.#shadow.length) {
      const longer = new Uint8Array(size);
      longer.set(this.#shadow.subarray(0, size));
      this.#shadow = longer;
    }
    // Copies: what is in SQLite's memory changes with the next statement.
    return {
      size,
      pages: pages.map(([at, changed]) => {
        this.#shadow.set(changed, at);
        return [at, changed.slice()] as const;
      }),
    };
  }

  #one(
    { sql, values, maxRows }: Statement,
    left: { bytes: number } = { bytes: Number.POSITIVE_INFINITY },
  ): { columns: string[]; rows: Value[][]; changes: number } {
    const { call } = this.#machine;
    const total = (): number => call['sqlite3_total_changes']?.(this.#db) ?? 0;
    const before = total();
    const statement = this.#prepare(sql);
    try {
      this.#isWritten ||= call['sqlite3_stmt_readonly']?.(statement) === 0;
      this.#bind(statement, values);
      const width = call['sqlite3_column_count']?.(statement) ?? 0;
      const rows: Value[][] = [];
      for (;;) {
        const code = call['sqlite3_step']?.(statement) ?? 1;
        if (code === DONE) break;
        if (code !== ROW) this.#check(code);
        if (rows.length >= maxRows) throw new SqliteError(`the statement gives more than ${maxRows} rows`);
        const row: Value[] = [];
        for (let i = 0; i < width; i++) {
          left.bytes -= 8 + (call['sqlite3_column_bytes']?.(statement, i) ?? 0);
          if (left.bytes < 0) throw new SqliteError('the statements give more bytes than an answer may have');
          row.push(this.#value(statement, i));
        }
        rows.push(row);
      }
      const columns: string[] = [];
      for (let i = 0; i < width; i++)
        columns.push(this.#machine.readText(call['sqlite3_column_name']?.(statement, i) ?? 0));
      return { columns, rows, changes: total() === before ? 0 : (call['sqlite3_changes']?.(this.#db) ?? 0) };
    } finally {
      call['sqlite3_finalize']?.(statement);
    }
  }

  #prepare(sql: string): number {
    const machine = this.#machine;
    const { pointer, length } = machine.text(sql);
    try {
      this.#check(machine.call['sqlite3_prepare_v3']?.(this.#db, pointer, length, 0, this.#out, 0) ?? 1);
    } finally {
      machine.give(pointer);
    }
    const statement = machine.view.getUint32(this.#out, true);
    if (statement === 0) throw new SqliteError('there is no statement');
    return statement;
  }

  #bind(statement: number, values: readonly Value[]): void {
    for (const [i, value] of values.entries()) this.#check(this.#bindOne(statement, i + 1, value));
  }

  #bindOne(statement: number, at: number, value: Value): number {
    const machine = this.#machine;
    const { call } = machine;
    if (value === null || value === undefined) return call['sqlite3_bind_null']?.(statement, at) ?? 1;
    if (typeof value === 'boolean') return call['sqlite3_bind_int']?.(statement, at, value ? 1 : 0) ?? 1;
    if (typeof value === 'bigint') {
      if (BigInt.asIntN(64, value) !== value)
        throw new SqliteError(`the value of $${at} has more than 64 bits`);
      return call['sqlite3_bind_int64']?.(statement, at, value) ?? 1;
    }
    if (typeof value === 'number')
      return Number.isSafeInteger(value)
        ? (call['sqlite3_bind_int64']?.(statement, at, BigInt(value)) ?? 1)
        : (call['sqlite3_bind_double']?.(statement, at, value) ?? 1);
    const bytes = value instanceof Uint8Array;
    const content = value instanceof Date ? value.toISOString() : value;
    if (!bytes && typeof content !== 'string') throw new SqliteError(`the value of $${at} is none of SQL`);
    const { pointer, length } = bytes
      ? { pointer: machine.copy(value), length: value.length }
      : machine.text(content as string);
    const bind = call[bytes ? 'sqlite3_bind_blob' : 'sqlite3_bind_text'];
    const code = bind?.(statement, at, pointer, length, TRANSIENT) ?? 1;
    machine.give(pointer);
    return code;
  }

  #value(statement: number, i: number): Value {
    const machine = this.#machine;
    const { call } = machine;
    switch (call['sqlite3_column_type']?.(statement, i)) {
      case INTEGER: {
        const whole = (call['sqlite3_column_int64'] as unknown as (...args: number[]) => bigint)(
          statement,
          i,
        );
        const number = Number(whole);
        return Number.isSafeInteger(number) ? number : whole;
      }
      case FLOAT:
        return call['sqlite3_column_double']?.(statement, i);
      case TEXT: {
        const pointer = call['sqlite3_column_text']?.(statement, i) ?? 0;
        return machine.read(pointer, call['sqlite3_column_bytes']?.(statement, i) ?? 0);
      }
      case BLOB: {
        const pointer = call['sqlite3_column_blob']?.(statement, i) ?? 0;
        const length = call['sqlite3_column_bytes']?.(statement, i) ?? 0;
        return machine.bytes.slice(pointer, pointer + length);
      }
      default:
        return null;
    }
  }

  /** @throws SqliteError what SQLite says */
  #check(code: number): void {
    if (code === 0) return;
    throw new SqliteError(this.#machine.readText(this.#machine.call['sqlite3_errmsg']?.(this.#db) ?? 0));
  }
}

/** A file of SQLite has a multiple of 512 bytes, and both begin where a word does. */
function isSame(a: Uint8Array, b: Uint8Array, start: number, end: number): boolean {
  const words = (bytes: Uint8Array): Int32Array =>
    new Int32Array(bytes.buffer, bytes.byteOffset + start, (end - start) >> 2);
  const [left, right] = [words(a), words(b)];
  for (let i = 0; i < left.length; i++) if (left[i] !== right[i]) return false;
  return true;
}
