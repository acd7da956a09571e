import { describeWith } from './inspect.ts';
import { type Pair, pairIterable } from './pair-iterable.ts';
import {
  apply,
  arraySort,
  indexOf,
  regExec,
  slice,
  startsWith,
  TypeErrorCtor,
  toLowerCase,
} from './primordials.ts';
import { claim, eachPair, expose, isObject, list, need, ordinary, toStr } from './webidl.ts';

/** What may be changed; the standard's word for the kind of list this is. */
export type Guard = 'none' | 'request' | 'request-no-cors' | 'response' | 'immutable';

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const BAD_VALUE = /[\0\n\r]|[^\0-\xff]/;
const FORBIDDEN =
  ' accept-charset accept-encoding access-control-request-headers access-control-request-method connection content-length' +
  ' cookie2 date dnt expect host keep-alive set-cookie te trailer transfer-encoding upgrade via ';
// Cookie, Origin and Referer are the policy's to grant: dropping them here would hide its refusal.
const OVERRIDES = ' x-http-method x-http-method-override x-method-override ';
const FORBIDDEN_METHOD = /(?:^|,)[\t ]*(?:connect|trace|track)[\t ]*(?:,|$)/i;
const FORBIDDEN_RESPONSE = ' set-cookie set-cookie2 ';
const SAFELISTED = ' accept accept-language content-language content-type ';
const SAFE_TYPE = /^(?:application\/x-www-form-urlencoded|multipart\/form-data|text\/plain)[\t ]*(?:;|$)/i;

const listed = (names: string, name: string): boolean => indexOf(names, ' ' + name + ' ') >= 0;

/** Without HTTP whitespace around it. */
export function trimValue(value: string): string {
  let from = 0;
  let to = value.length;
  const white = (i: number): boolean => indexOf('\t\n\r ', value[i] as string) >= 0;
  while (from < to && white(from)) from++;
  while (to > from && white(to - 1)) to--;
  return slice(value, from, to);
}

export function isToken(text: string): boolean {
  return regExec(TOKEN, text) !== null;
}

function headerName(given: unknown, where: string): string {
  const name = toStr(given);
  if (!isToken(name))
    throw new TypeErrorCtor('Headers.' + where + ': ' + slice(name, 0, 100) + ' is no valid header name');
  return toLowerCase(name);
}

function headerValue(given: unknown, where: string): string {
  const value = trimValue(toStr(given));
  if (regExec(BAD_VALUE, value) !== null)
    throw new TypeErrorCtor('Headers.' + where + ': the value is no valid header value');
  return value;
}

function isForbiddenRequest(name: string, value: string): boolean {
  if (listed(FORBIDDEN, name) || startsWith(name, 'proxy-') || startsWith(name, 'sec-')) return true;
  return listed(OVERRIDES, name) && regExec(FORBIDDEN_METHOD, value) !== null;
}

interface Access {
  pairs(headers: unknown): Pair[];
  guard(headers: Headers, guard: Guard): void;
}
let access: Access;

/** Sorted, lower case, values of one name joined, but each Set-Cookie on its own. */
function combined(headers: unknown): Pair[] {
  const pairs = access.pairs(headers);
  const out: Pair[] = list();
  for (let i = 0; i < pairs.length; i++) {
    const pair = pairs[i] as Pair;
    let at = 0;
    while (at < out.length && (pair[0] === 'set-cookie' || (out[at] as Pair)[0] !== pair[0])) at++;
    if (at === out.length) out[at] = [pair[0], pair[1]];
    else (out[at] as Pair)[1] += ', ' + pair[1];
  }
  return arraySort(out, (a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0));
}

/** The content type, or ''. */
export function contentType(headers: unknown): string {
  const pairs = combined(headers);
  for (let i = 0; i < pairs.length; i++)
    if ((pairs[i] as Pair)[0] === 'content-type') return (pairs[i] as Pair)[1];
  return '';
}

export class Headers {
  #pairs: Pair[] = list();
  #guard: Guard = 'none';

  static {
    access = {
      pairs: headers => (headers as Headers).#pairs,
      guard: (headers, guard) => {
        headers.#guard = guard;
      },
    };
  }

  constructor(init: unknown = undefined) {
    claim();
    if (init !== undefined) fill(this, init);
  }

  append(name: unknown, value: unknown): void {
    const pairs = this.#pairs;
    need(arguments.length, 2, 'Headers.append');
    const key = headerName(name, 'append');
    const text = headerValue(value, 'append');
    if (this.#writable(key, text)) pairs[pairs.length] = [key, text];
  }

  delete(name: unknown): void {
    const pairs = this.#pairs;
    need(arguments.length, 1, 'Headers.delete');
    const key = headerName(name, 'delete');
    if (!this.#writable(key, '')) return;
    const kept: Pair[] = list();
    for (let i = 0; i < pairs.length; i++) {
      if ((pairs[i] as Pair)[0] !== key) kept[kept.length] = pairs[i] as Pair;
    }
    this.#pairs = kept;
  }

  get(name: unknown): string | null {
    const pairs = this.#pairs;
    need(arguments.length, 1, 'Headers.get');
    const key = headerName(name, 'get');
    let value: string | null = null;
    for (let i = 0; i < pairs.length; i++) {
      const pair = pairs[i] as Pair;
      if (pair[0] === key) value = value === null ? pair[1] : value + ', ' + pair[1];
    }
    return value;
  }

  getSetCookie(): string[] {
    const found: string[] = list();
    for (let i = 0; i < this.#pairs.length; i++) {
      const pair = this.#pairs[i] as Pair;
      if (pair[0] === 'set-cookie') found[found.length] = pair[1];
    }
    return ordinary(found);
  }

  has(name: unknown): boolean {
    const pairs = this.#pairs;
    need(arguments.length, 1, 'Headers.has');
    const key = headerName(name, 'has');
    for (let i = 0; i < pairs.length; i++) if ((pairs[i] as Pair)[0] === key) return true;
    return false;
  }

  set(name: unknown, value: unknown): void {
    const pairs = this.#pairs;
    need(arguments.length, 2, 'Headers.set');
    const key = headerName(name, 'set');
    const text = headerValue(value, 'set');
    if (!this.#writable(key, text)) return;
    const kept: Pair[] = list();
    let done = false;
    for (let i = 0; i < pairs.length; i++) {
      const pair = pairs[i] as Pair;
      if (pair[0] !== key) kept[kept.length] = pair;
      else if (!done) {
        kept[kept.length] = [key, text];
        done = true;
      }
    }
    if (!done) kept[kept.length] = [key, text];
    this.#pairs = kept;
  }

  /** False for what the standard ignores silently. */
  #writable(name: string, value: string): boolean {
    switch (this.#guard) {
      case 'immutable':
        throw new TypeErrorCtor('Headers: these headers are immutable');
      case 'request':
        return !isForbiddenRequest(name, value);
      case 'response':
        return !listed(FORBIDDEN_RESPONSE, name);
      case 'request-no-cors':
        return (
          listed(SAFELISTED, name) &&
          value.length <= 128 &&
          (name !== 'content-type' || value === '' || regExec(SAFE_TYPE, value) !== null)
        );
      default:
        return true;
    }
  }
}

const append = Headers.prototype.append as (this: Headers, name: unknown, value: unknown) => void;

function isHeaders(value: object): boolean {
  try {
    access.pairs(value);
    return true;
  } catch {
    return false;
  }
}

/** Adds what a HeadersInit names. Another Headers object is read directly. */
export function fill(headers: Headers, init: unknown): void {
  if (!isObject(init))
    throw new TypeErrorCtor('Headers: the headers must be an object or a sequence of pairs');
  if (isHeaders(init)) {
    const pairs = combined(init);
    for (let i = 0; i < pairs.length; i++) call(headers, (pairs[i] as Pair)[0], (pairs[i] as Pair)[1]);
    return;
  }
  eachPair(init, 'Headers', (name, value) => call(headers, name, value));
}

function call(headers: Headers, name: unknown, value: unknown): void {
  apply(append, headers, [name, value]);
}

export function makeHeaders(guard: Guard, init?: unknown): Headers {
  const headers = new Headers();
  access.guard(headers, guard);
  if (init !== undefined) fill(headers, init);
  return headers;
}

export function setGuard(headers: Headers, guard: Guard): void {
  access.guard(headers, guard);
}

/** Adds a header of the platform's own, past the guard, unless the name is there. */
export function addDefault(headers: Headers, name: string, value: string): void {
  const pairs = access.pairs(headers);
  for (let i = 0; i < pairs.length; i++) if ((pairs[i] as Pair)[0] === name) return;
  pairs[pairs.length] = [name, value];
}

/** A header of an answer, as it came. */
export function addReceived(headers: Headers, name: string, value: string): void {
  const pairs = access.pairs(headers);
  pairs[pairs.length] = [toLowerCase(name), trimValue(value)];
}

/** Name, value, name, value … */
export function flatPairs(headers: Headers): string[] {
  const pairs = access.pairs(headers);
  const flat: string[] = list();
  for (let i = 0; i < pairs.length; i++) {
    flat[i * 2] = (pairs[i] as Pair)[0];
    flat[i * 2 + 1] = (pairs[i] as Pair)[1];
  }
  return flat;
}

export function copyHeaders(from: Headers, guard: Guard): Headers {
  const headers = new Headers();
  const pairs = access.pairs(from);
  const to = access.pairs(headers);
  for (let i = 0; i < pairs.length; i++) to[i] = [(pairs[i] as Pair)[0], (pairs[i] as Pair)[1]];
  access.guard(headers, guard);
  return headers;
}

export function installHeaders(): void {
  pairIterable(Headers, 'Headers', combined);
  expose('Headers', Headers);
  describeWith(value => {
    if (!isHeaders(value)) return undefined;
    const shown = { __proto__: null } as unknown as Record<string, string>;
    const pairs = combined(value);
    for (let i = 0; i < pairs.length; i++) shown[(pairs[i] as Pair)[0]] = (pairs[i] as Pair)[1];
    return shown;
  });
}
