/** Small tools of every workflow. Each takes what `from` finds in the item, and puts its result where `into` says. */
import { md5, sha1 } from '@noble/hashes/legacy.js';
import { sha256, sha512 } from '@noble/hashes/sha2.js';
import { sha3_256 } from '@noble/hashes/sha3.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import { DateTime } from 'luxon';
import Papa from 'papaparse';
import type { Value } from '../../core/value.ts';
import { failure, isPlain, place } from '../failure.ts';
import { bool, checkFields, choice, type Fields, flag, into, str, text } from '../fields.ts';
import type { NodeKind } from '../kind.ts';
import { path } from '../path.ts';
import { type Escape, template, viewOf } from '../template.ts';
import type { Config } from '../types.ts';
import { checkPaths, checkTemplates } from './common.ts';

const FROM: Fields = { from: text(1_000), into };

/** A kind that makes one value of one value. */
function tool(
  fields: Fields,
  make: (config: Config) => (value: Value) => Value,
  more?: NodeKind['check'],
): NodeKind {
  return {
    inputs: ['in'],
    outputs: () => ['out'],
    modes: ['item'],
    check(config, complain, context) {
      if (!checkFields(config, { ...FROM, ...fields }, complain)) return;
      checkPaths(config, ['from'], complain);
      more?.(config, complain, context);
    },
    open({ config }) {
      const from = path(str(config, 'from'));
      const name = str(config, 'into');
      const change = make(config);
      return { item: item => ({ out: [place(item, name, change(from.first(item)))] }) };
    },
  };
}

const PICK: Fields = { path: text(1_000, true), all: flag, into };

/** What a JSONPath finds: the first, or all as a list. */
export const pick: NodeKind = {
  inputs: ['in'],
  outputs: () => ['out'],
  modes: ['item'],
  check(config, complain) {
    if (checkFields(config, PICK, complain)) checkPaths(config, ['path'], complain);
  },
  open({ config }) {
    const query = path(str(config, 'path'));
    const name = str(config, 'into');
    const all = bool(config, 'all', false);
    return { item: item => ({ out: [place(item, name, all ? query.all(item) : query.first(item))] }) };
  },
};

const TEMPLATE: Fields = {
  template: text(100_000, true),
  escape: choice('none', 'html', 'json', 'url'),
  into,
};

export const templateKind: NodeKind = {
  inputs: ['in'],
  outputs: () => ['out'],
  modes: ['item'],
  check(config, complain) {
    if (checkFields(config, TEMPLATE, complain)) checkTemplates(config, ['template'], complain);
  },
  open({ config }) {
    const filled = template(str(config, 'template'), str(config, 'escape', 'none') as Escape);
    const name = str(config, 'into');
    return {
      item: (item, { index, vars }) => ({
        out: [place(item, name, filled.render(viewOf(item, index, vars)))],
      }),
    };
  },
};

const HASHES: Readonly<Record<string, (bytes: Uint8Array) => Uint8Array>> = {
  'sha-256': sha256,
  'sha-512': sha512,
  'sha3-256': sha3_256,
  'sha-1': sha1,
  md5,
};

const utf8 = new TextEncoder();

/** Of text its UTF-8; of bytes themselves; of everything else its JSON. */
function bytesOf(value: Value): Uint8Array {
  if (value instanceof Uint8Array) return value;
  if (typeof value === 'string') return utf8.encode(value);
  const json = JSON.stringify(value);
  if (json === undefined) throw failure('NODE_FAILED', 'there is nothing: correct config.from');
  return utf8.encode(json);
}

const CHUNK = 32_768;

function toBase64(bytes: Uint8Array): string {
  let binary = '';
  for (let at = 0; at < bytes.length; at += CHUNK)
    binary += String.fromCharCode(...bytes.subarray(at, at + CHUNK));
  return btoa(binary);
}

export const hash: NodeKind = tool(
  { algorithm: choice(...Object.keys(HASHES)), encoding: choice('hex', 'base64') },
  config => {
    const digest = HASHES[str(config, 'algorithm', 'sha-256')] ?? sha256;
    const encode = str(config, 'encoding', 'hex') === 'hex' ? bytesToHex : toBase64;
    return value => encode(digest(bytesOf(value)));
  },
);

export const base64: NodeKind = tool(
  { op: choice('encode', 'decode'), as: choice('text', 'bytes') },
  config => {
    if (str(config, 'op', 'encode') === 'encode') return value => toBase64(bytesOf(value));
    const asText = str(config, 'as', 'text') === 'text';
    return value => {
      let bytes: Uint8Array;
      try {
        const plain = String(value).replaceAll('-', '+').replaceAll('_', '/');
        bytes = Uint8Array.from(atob(plain), char => char.charCodeAt(0));
        return asText ? new TextDecoder('utf-8', { fatal: true }).decode(bytes) : bytes;
      } catch {
        throw failure('NODE_FAILED', asText ? 'this is no base64 of a text' : 'this is no base64');
      }
    };
  },
);

const DATE: Fields = {
  zone: text(100),
  toZone: text(100),
  input: text(100),
  format: text(100),
  add: text(100),
};

/**
 * A point in time, written anew. `input` and `format` are patterns of Luxon; without them ISO 8601. `add` is an ISO 8601 duration.
 */
export const date: NodeKind = tool(
  DATE,
  config => {
    const zone = str(config, 'zone', 'UTC');
    const pattern = str(config, 'input');
    const format = str(config, 'format');
    const add = str(config, 'add');
    return value => {
      const parsed = parseDate(value, zone, pattern);
      if (!parsed.isValid)
        throw failure('NODE_FAILED', `this is no date: ${parsed.invalidExplanation ?? ''}`);
      const moved = add === '' ? parsed : parsed.plus(durationOf(add));
      const shown = moved.setZone(str(config, 'toZone', zone)).setLocale('en');
      return format === '' ? (shown.toISO() ?? '') : shown.toFormat(format);
    };
  },
  (config, complain) => {
    for (const key of ['zone', 'toZone'])
      if (str(config, key) !== '' && !DateTime.utc().setZone(str(config, key)).isValid)
        complain(key, 'is no time zone, such as Europe/Berlin');
    if (str(config, 'add') !== '' && !isDuration(str(config, 'add')))
      complain('add', 'is no duration, such as P1D or -PT2H');
  },
);

const DURATION =
  /^(-)?P(?:(\d{1,6})Y)?(?:(\d{1,6})M)?(?:(\d{1,6})W)?(?:(\d{1,6})D)?(?:T(?:(\d{1,6})H)?(?:(\d{1,6})M)?(?:(\d{1,9})S)?)?$/;
const isDuration = (value: string): boolean => DURATION.test(value);

function durationOf(value: string): Record<string, number> {
  const [, sign, ...parts] = DURATION.exec(value) ?? [];
  const factor = sign === '-' ? -1 : 1;
  const units = ['years', 'months', 'weeks', 'days', 'hours', 'minutes', 'seconds'];
  return Object.fromEntries(units.map((unit, i) => [unit, factor * Number(parts[i] ?? 0)]));
}

function parseDate(value: Value, zone: string, pattern: string): DateTime {
  if (value instanceof Date) return DateTime.fromJSDate(value, { zone });
  if (typeof value === 'number') return DateTime.fromMillis(value, { zone });
  const written = typeof value === 'string' ? value.slice(0, 200) : '';
  return pattern === ''
    ? DateTime.fromISO(written, { zone })
    : DateTime.fromFormat(written, pattern, { zone, locale: 'en' });
}

const CSV: Fields = { op: choice('parse', 'format'), header: flag, delimiter: text(1), numbers: flag };

const DECIMAL = /^-?(?:0|[1-9]\d{0,14})(?:\.\d{1,15})?$/;

/** `parse`: a text becomes a list of rows, objects where the first line is a header. `format`: the other way. */
export const csv: NodeKind = tool(CSV, config => {
  const header = bool(config, 'header', true);
  const delimiter = str(config, 'delimiter', ',') || ',';
  if (str(config, 'op', 'parse') === 'format') return value => format(value, header, delimiter);
  const numbers = bool(config, 'numbers', false);
  const cell = (value: string): Value => (numbers && DECIMAL.test(value) ? Number(value) : value);
  return value => {
    if (typeof value !== 'string')
      throw failure('NODE_FAILED', 'CSV is read from a text: correct config.from');
    const { data, errors } = Papa.parse<string[]>(value, { delimiter, skipEmptyLines: 'greedy' });
    const [problem] = errors.filter(({ type }) => type === 'Quotes');
    if (problem !== undefined)
      throw failure('NODE_FAILED', `row ${(problem.row ?? 0) + 1} of the CSV: ${problem.message}`);
    const [names = [], ...rows] = data;
    if (!header) return data.map(row => row.map(cell));
    return rows.map(row => Object.fromEntries(names.map((name, i) => [name, cell(row[i] ?? '')] as const)));
  };
});

/** A spreadsheet takes what begins with these for a formula. */
const FORMULA = /^[=+\-@\t\r]/;

function format(value: Value, header: boolean, delimiter: string): string {
  if (!Array.isArray(value)) throw failure('NODE_FAILED', 'CSV is written from a list: correct config.from');
  const rows = value as readonly Value[];
  const written = (one: Value): string => {
    const plain = typeof one === 'string' ? one : one === null || one === undefined ? '' : textOf(one);
    return typeof one === 'string' && FORMULA.test(plain) ? `'${plain}` : plain;
  };
  const names = [...new Set(rows.flatMap(row => (isPlain(row) ? Object.keys(row) : [])))];
  const cells = rows.map(row =>
    isPlain(row)
      ? names.map(name => written(Object.hasOwn(row, name) ? row[name] : ''))
      : (Array.isArray(row) ? (row as readonly Value[]) : [row]).map(written),
  );
  const all = header && names.length > 0 ? [names.map(written), ...cells] : cells;
  return Papa.unparse(all, { delimiter, newline: '\n' });
}

function textOf(value: Value): string {
  if (value instanceof Date) return value.toISOString();
  return typeof value === 'object' ? (JSON.stringify(value) ?? '') : String(value);
}
