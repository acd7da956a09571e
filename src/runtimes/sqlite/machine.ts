/**
 * SQLite's own WebAssembly, without its glue: a database in memory needs no files, no threads and no callbacks. Its memory has a
 * maximum, and what SQLite says in C is asked for by name.
 */
import { utf8Decode, utf8Encode } from '../cell/utf8.ts';

const PAGE = 65_536;
const FIRST_PAGES = 128;
/** For what SQLite holds beside the database: its cache, statements, and rows under way. */
const WORK_BYTES = 64 * 1024 * 1024;

type Call = (...args: (number | bigint)[]) => number;

/** Names that are used, all of them functions. */
type Exports = Readonly<Record<string, Call>>;

const OK = 0;
const ENOENT = -2;
/** The only file there is: it gives unpredictable bytes. */
const RANDOM = '/dev/urandom';
const RANDOM_FD = 7;
const BADF = 8;

export class SqliteError extends Error {}

export class SqliteMachine {
  readonly call: Exports;
  readonly #memory: WebAssembly.Memory;
  /** Index of a function that any C code may call with a pointer to text: it says 1. */
  readonly yes: number;
  /** The text that makes it say so. */
  readonly yesText: number;

  /** `dataBytes` is what the database itself may take. */
  constructor(module: WebAssembly.Module, dataBytes: number, random: (bytes: number) => Uint8Array) {
    // A database that grows is copied into a place twice as large.
    const maximum = Math.min(32_768, FIRST_PAGES + Math.ceil((3 * dataBytes + WORK_BYTES) / PAGE));
    this.#memory = new WebAssembly.Memory({ initial: FIRST_PAGES, maximum });
    const { exports } = new WebAssembly.Instance(module, this.#imports(module, maximum, random));
    this.call = exports as unknown as Exports;
    this.#run('__wasm_call_ctors');
    this.check(this.#run('sqlite3_initialize'), 'it did not start');
    const table = exports['__indirect_function_table'] as WebAssembly.Table;
    this.yes = table.grow(1);
    table.set(this.yes, exports['sqlite3_complete']);
    this.yesText = this.text('select 1;').pointer;
  }

  get bytes(): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.#memory.buffer as ArrayBuffer);
  }

  get view(): DataView {
    return new DataView(this.#memory.buffer);
  }

  #run(name: string, ...args: (number | bigint)[]): number {
    return (this.call[name] as Call)(...args);
  }

  /** @throws SqliteError */
  check(code: number, what: string): void {
    if (code !== OK) throw new SqliteError(what);
  }

  /** Memory of SQLite's own, which has to be given back. @throws SqliteError when there is none left */
  take(size: number): number {
    const pointer = this.#run('sqlite3_malloc', Math.max(1, size));
    if (pointer === 0) throw new SqliteError('out of memory');
    return pointer;
  }

  give(pointer: number): void {
    this.#run('sqlite3_free', pointer);
  }

  copy(bytes: Uint8Array): number {
    const pointer = this.take(bytes.length);
    this.bytes.set(bytes, pointer);
    return pointer;
  }

  /** With a NUL behind it. */
  text(text: string): { readonly pointer: number; readonly length: number } {
    const bytes = utf8Encode(text);
    const pointer = this.take(bytes.length + 1);
    const memory = this.bytes;
    memory.set(bytes, pointer);
    memory[pointer + bytes.length] = 0;
    return { pointer, length: bytes.length };
  }

  read(pointer: number, length: number): string {
    return utf8Decode(this.bytes.subarray(pointer, pointer + length), false) ?? '';
  }

  /** Up to its NUL. */
  readText(pointer: number): string {
    if (pointer === 0) return '';
    const memory = this.bytes;
    return this.read(pointer, memory.indexOf(0, pointer) - pointer);
  }

  #imports(
    module: WebAssembly.Module,
    maximum: number,
    random: (bytes: number) => Uint8Array,
  ): WebAssembly.Imports {
    const now = (): number => Date.now();
    const known: Readonly<Record<string, (...args: never[]) => unknown>> = {
      emscripten_date_now: now,
      emscripten_get_now: now,
      emscripten_get_heap_max: () => maximum * PAGE,
      emscripten_resize_heap: (size: number) => this.#grow(size >>> 0),
      _localtime_js: (time: bigint, pointer: number) => this.#localTime(Number(time), pointer),
      __syscall_openat: (_folder: number, path: number) =>
        this.readText(path) === RANDOM ? RANDOM_FD : ENOENT,
      fd_read: (fd: number, vectors: number, count: number, read: number) =>
        fd === RANDOM_FD ? this.#random(vectors, count, read, random) : BADF,
      fd_close: () => OK,
    };
    const imports: Record<string, Record<string, WebAssembly.ImportValue>> = { env: {} };
    for (const { module: from, name, kind } of WebAssembly.Module.imports(module)) {
      imports[from] ??= {};
      imports[from][name] =
        kind === 'memory' ? this.#memory : (known[name] ?? (from === 'env' ? () => ENOENT : () => BADF));
    }
    return imports;
  }

  #grow(size: number): number {
    try {
      this.#memory.grow(Math.ceil((size - this.#memory.buffer.byteLength) / PAGE));
      return 1;
    } catch {
      return 0;
    }
  }

  #random(vectors: number, count: number, read: number, random: (bytes: number) => Uint8Array): number {
    let total = 0;
    for (let i = 0; i < count; i++) {
      const pointer = this.view.getUint32(vectors + 8 * i, true);
      const length = this.view.getUint32(vectors + 8 * i + 4, true);
      this.bytes.set(random(length), pointer);
      total += length;
    }
    this.view.setUint32(read, total, true);
    return OK;
  }

  /** `struct tm`. */
  #localTime(seconds: number, pointer: number): void {
    const date = new Date(seconds * 1_000);
    const year = date.getFullYear();
    const offset = (at: Date): number => at.getTimezoneOffset();
    const [winter, summer] = [offset(new Date(year, 0, 1)), offset(new Date(year, 6, 1))];
    const isSummer = winter !== summer && offset(date) === Math.min(winter, summer);
    const day = Math.round(
      (Date.UTC(year, date.getMonth(), date.getDate()) - Date.UTC(year, 0, 1)) / 86_400_000,
    );
    const fields = [
      date.getSeconds(),
      date.getMinutes(),
      date.getHours(),
      date.getDate(),
      date.getMonth(),
      year - 1900,
      date.getDay(),
      day,
      isSummer ? 1 : 0,
      -offset(date) * 60,
    ];
    for (const [i, field] of fields.entries()) this.view.setInt32(pointer + 4 * i, field, true);
  }
}
