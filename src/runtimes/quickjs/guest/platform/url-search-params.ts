import { copyBytes } from './buffers.ts';
import { describeWith } from './inspect.ts';
import { type Pair, pairIterable } from './pair-iterable.ts';
import {
  arraySort,
  Bytes,
  fromCharCode,
  indexOf,
  NumberToString,
  slice,
  startsWith,
  toUpperCase,
  typedArrayBuffer,
  typedArrayLength,
} from './primordials.ts';
import { claim, eachPair, expose, host, isObject, list, need, ordinary, toUsv } from './webidl.ts';

function hexValue(code: number | undefined): number {
  if (code === undefined) return -1;
  if (code >= 48 && code <= 57) return code - 48;
  const letter = code | 32;
  return letter >= 97 && letter <= 102 ? letter - 87 : -1;
}

/** A name or value out of a query: `+` is a space, `%XX` a byte of UTF-8. */
function decode(text: string): string {
  if (indexOf(text, '%') < 0 && indexOf(text, '+') < 0) return text;
  const bytes = new Bytes(host.utf8Encode(text));
  const length = typedArrayLength(bytes);
  let to = 0;
  for (let i = 0; i < length; i++) {
    let byte = bytes[i] as number;
    if (byte === 43) byte = 32;
    else if (byte === 37) {
      const high = hexValue(bytes[i + 1]);
      const low = hexValue(bytes[i + 2]);
      if (high >= 0 && low >= 0) {
        byte = high * 16 + low;
        i += 2;
      }
    }
    bytes[to++] = byte;
  }
  return host.utf8Decode(copyBytes(new Bytes(typedArrayBuffer(bytes), 0, to)), false) as string;
}

function encode(text: string): string {
  const bytes = new Bytes(host.utf8Encode(text));
  const length = typedArrayLength(bytes);
  let out = '';
  for (let i = 0; i < length; i++) {
    const byte = bytes[i] as number;
    const letter = byte | 32;
    const plain =
      (letter >= 97 && letter <= 122 && byte < 128) ||
      (byte >= 48 && byte <= 57) ||
      byte === 42 ||
      byte === 45 ||
      byte === 46 ||
      byte === 95;
    if (plain) out += fromCharCode(byte);
    else if (byte === 32) out += '+';
    else out += (byte < 16 ? '%0' : '%') + toUpperCase(NumberToString(byte, 16));
  }
  return out;
}

export function parseQuery(query: string): Pair[] {
  const pairs: Pair[] = list();
  let from = 0;
  while (from <= query.length) {
    let to = indexOf(query, '&', from);
    if (to < 0) to = query.length;
    if (to > from) {
      const equals = indexOf(query, '=', from);
      const cut = equals < 0 || equals > to ? to : equals;
      pairs[pairs.length] = [decode(slice(query, from, cut)), decode(slice(query, cut + 1, to))];
    }
    from = to + 1;
  }
  return pairs;
}

function serialize(pairs: readonly Pair[]): string {
  let out = '';
  for (let i = 0; i < pairs.length; i++) {
    const pair = pairs[i] as Pair;
    out += (i > 0 ? '&' : '') + encode(pair[0]) + '=' + encode(pair[1]);
  }
  return out;
}

interface Access {
  /** The pairs; throws for a foreign object. */
  pairs(params: unknown): Pair[];
  link(params: URLSearchParams, changed: (query: string) => void): void;
  replace(params: URLSearchParams, query: string): void;
}
let access: Access;

export class URLSearchParams {
  #pairs: Pair[] = list();
  #changed: ((query: string) => void) | undefined;

  static {
    access = {
      pairs: params => (params as URLSearchParams).#pairs,
      link: (params, changed) => {
        params.#changed = changed;
      },
      replace: (params, query) => {
        params.#pairs = parseQuery(query);
      },
    };
  }

  constructor(init: unknown = '') {
    claim();
    if (!isObject(init)) {
      const text = toUsv(init);
      this.#pairs = parseQuery(startsWith(text, '?') ? slice(text, 1) : text);
      return;
    }
    const pairs = this.#pairs;
    eachPair(init, 'URLSearchParams', (name, value) => {
      pairs[pairs.length] = [toUsv(name), toUsv(value)];
    });
  }

  get size(): number {
    return this.#pairs.length;
  }

  append(name: unknown, value: unknown): void {
    const pairs = this.#pairs;
    need(arguments.length, 2, 'URLSearchParams.append');
    pairs[pairs.length] = [toUsv(name), toUsv(value)];
    this.#update();
  }

  delete(name: unknown, value: unknown = undefined): void {
    this.#pairs;
    need(arguments.length, 1, 'URLSearchParams.delete');
    const key = toUsv(name);
    const only = value === undefined ? undefined : toUsv(value);
    const kept: Pair[] = list();
    for (let i = 0; i < this.#pairs.length; i++) {
      const pair = this.#pairs[i] as Pair;
      if (pair[0] !== key || (only !== undefined && pair[1] !== only)) kept[kept.length] = pair;
    }
    this.#pairs = kept;
    this.#update();
  }

  get(name: unknown): string | null {
    const pairs = this.#pairs;
    need(arguments.length, 1, 'URLSearchParams.get');
    const key = toUsv(name);
    for (let i = 0; i < pairs.length; i++) if ((pairs[i] as Pair)[0] === key) return (pairs[i] as Pair)[1];
    return null;
  }

  getAll(name: unknown): string[] {
    const pairs = this.#pairs;
    need(arguments.length, 1, 'URLSearchParams.getAll');
    const key = toUsv(name);
    return values(pairs, key);
  }

  has(name: unknown, value: unknown = undefined): boolean {
    const pairs = this.#pairs;
    need(arguments.length, 1, 'URLSearchParams.has');
    const key = toUsv(name);
    const only = value === undefined ? undefined : toUsv(value);
    for (let i = 0; i < pairs.length; i++) {
      const pair = pairs[i] as Pair;
      if (pair[0] === key && (only === undefined || pair[1] === only)) return true;
    }
    return false;
  }

  set(name: unknown, value: unknown): void {
    this.#pairs;
    need(arguments.length, 2, 'URLSearchParams.set');
    const key = toUsv(name);
    const text = toUsv(value);
    const kept: Pair[] = list();
    let done = false;
    for (let i = 0; i < this.#pairs.length; i++) {
      const pair = this.#pairs[i] as Pair;
      if (pair[0] !== key) kept[kept.length] = pair;
      else if (!done) {
        kept[kept.length] = [key, text];
        done = true;
      }
    }
    if (!done) kept[kept.length] = [key, text];
    this.#pairs = kept;
    this.#update();
  }

  sort(): void {
    arraySort(this.#pairs, (a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0));
    this.#update();
  }

  toString(): string {
    return serialize(this.#pairs);
  }

  #update(): void {
    if (this.#changed !== undefined) this.#changed(serialize(this.#pairs));
  }
}

/** A fresh ordinary array for the guest. */
function values(pairs: readonly Pair[], key: string): string[] {
  const found: string[] = list();
  for (let i = 0; i < pairs.length; i++) {
    const pair = pairs[i] as Pair;
    if (pair[0] === key) found[found.length] = pair[1];
  }
  return ordinary(found);
}

/** The query of a URLSearchParams, undefined for anything else. */
export function queryOf(value: unknown): string | undefined {
  const pairs = isObject(value) ? attempt(value) : undefined;
  return pairs && serialize(pairs);
}

function attempt(value: object): Pair[] | undefined {
  try {
    return access.pairs(value);
  } catch {
    return undefined;
  }
}

export function makeParams(query: string, changed: (query: string) => void): URLSearchParams {
  const params = new URLSearchParams('');
  access.replace(params, query);
  access.link(params, changed);
  return params;
}

export function replaceParams(params: URLSearchParams, query: string): void {
  access.replace(params, query);
}

export function installUrlSearchParams(): void {
  pairIterable(URLSearchParams, 'URLSearchParams', access.pairs);
  expose('URLSearchParams', URLSearchParams);
  describeWith(value => {
    const query = queryOf(value);
    return query === undefined ? undefined : ({ __proto__: null, query } as object);
  });
}
