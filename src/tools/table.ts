/** CSV, read and written: Papa Parse. */
import Papa from 'papaparse';
import { fromEntries } from '../core/entries.ts';
import { sizeOf } from '../core/measure.ts';
import type { Value } from '../core/value.ts';
import { failure } from './failure.ts';
import { isPlain } from './plain.ts';
import type { Prepared, Tool } from './types.ts';

/** A type, not an interface, so that it counts as plain JSON. */
export type TableConfig = {
  readonly op: 'parse' | 'format';
  /** The first line names the columns. */
  readonly header: boolean;
  readonly delimiter: string;
  /** What looks like a decimal number becomes one. */
  readonly numbers: boolean;
};

const DECIMAL = /^-?(?:0|[1-9]\d{0,14})(?:\.\d{1,15})?$/;
/** Of a table: lines times columns, what is left out of a line included. */
const MAX_CELLS = 10_000_000;
/** Of one cell. */
const STEPS = 6;
/** A quote makes the reader look for the next end of a cell, in the worst case in all that follows: 50 characters a step. */
const CHARS_PER_STEP = 50;

function checkCells(rows: number, columns: number): void {
  if (rows * columns > MAX_CELLS)
    throw failure(
      'NODE_FAILED',
      `the table has ${rows} rows of ${columns} columns; at most ${MAX_CELLS} cells: split it`,
    );
}

function occurrences(text: string, char: string, most: number): number {
  let count = 0;
  for (let at = text.indexOf(char); at >= 0 && count <= most; at = text.indexOf(char, at + 1)) count++;
  return count;
}

class Reader implements Prepared {
  readonly #config: TableConfig;

  constructor(config: TableConfig) {
    this.#config = config;
  }

  cost(value: Value, most: number): number {
    if (typeof value !== 'string') return 1;
    if (value.length > most) return value.length;
    const lines = 1 + occurrences(value, '\n', most) + occurrences(value, '\r', most);
    const cells = 1 + occurrences(value, this.#config.delimiter, most);
    const quotes = occurrences(value, '"', most);
    const names = this.#config.header ? lines * cells : 0;
    return value.length + STEPS * (lines + cells + names) + (quotes * value.length) / CHARS_PER_STEP;
  }

  part(value: Value): Value {
    return typeof value === 'string' ? value : null;
  }

  run(value: Value): Value {
    if (typeof value !== 'string')
      throw failure('NODE_FAILED', 'CSV is read from a text: correct config.from');
    const { delimiter, header, numbers } = this.#config;
    const { data, errors } = Papa.parse<string[]>(value, { delimiter, skipEmptyLines: 'greedy' });
    const [problem] = errors.filter(({ type }) => type === 'Quotes');
    if (problem !== undefined)
      throw failure('NODE_FAILED', `row ${(problem.row ?? 0) + 1} of the CSV: ${problem.message}`);
    const cell = (text: string): Value => (numbers && DECIMAL.test(text) ? Number(text) : text);
    if (!header) return data.map(row => row.map(cell));
    const [names = [], ...rows] = data;
    checkCells(rows.length, names.length);
    return rows.map(row => fromEntries(names.map((name, i) => [name, cell(row[i] ?? '')] as const)));
  }
}

/** A spreadsheet takes what begins with these for a formula. */
const FORMULA = /^[=+\-@\t\r]/;

function textOf(value: Value): string {
  if (value instanceof Date) return value.toISOString();
  return typeof value === 'object' ? (JSON.stringify(value) ?? '') : String(value);
}

function written(one: Value): string {
  const plain = typeof one === 'string' ? one : one === null || one === undefined ? '' : textOf(one);
  return typeof one === 'string' && FORMULA.test(plain) ? `'${plain}` : plain;
}

function namesOf(rows: readonly Value[]): readonly string[] {
  const names = new Set<string>();
  for (const row of rows) if (isPlain(row)) for (const name of Object.keys(row)) names.add(name);
  return [...names];
}

class Writer implements Prepared {
  readonly #config: TableConfig;

  constructor(config: TableConfig) {
    this.#config = config;
  }

  cost(value: Value, most: number): number {
    const size = sizeOf(value, most);
    if (size > most || !Array.isArray(value)) return size;
    return STEPS * (size + value.length * namesOf(value as readonly Value[]).length);
  }

  run(value: Value): string {
    if (!Array.isArray(value))
      throw failure('NODE_FAILED', 'CSV is written from a list: correct config.from');
    const rows = value as readonly Value[];
    const { delimiter, header } = this.#config;
    const names = namesOf(rows);
    checkCells(rows.length, names.length);
    const cells = rows.map(row =>
      isPlain(row)
        ? names.map(name => written(Object.hasOwn(row, name) ? row[name] : ''))
        : (Array.isArray(row) ? (row as readonly Value[]) : [row]).map(written),
    );
    const all = header && names.length > 0 ? [names.map(written), ...cells] : cells;
    return Papa.unparse(all, { delimiter, newline: '\n' });
  }
}

/** `parse`: a text becomes a list of rows, objects where the first line is a header. `format`: the other way. */
export const table: Tool<TableConfig> = {
  weight: () => 1,
  prepare: config => (config.op === 'format' ? new Writer(config) : new Reader(config)),
};
