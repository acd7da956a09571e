import type { UrlRecord } from '../host.ts';
import { describeWith } from './inspect.ts';
import { slice, TypeErrorCtor } from './primordials.ts';
import { makeParams, replaceParams, type URLSearchParams } from './url-search-params.ts';
import { claim, expose, host, need, toUsv } from './webidl.ts';

/** The cell refuses longer ones too; this saves carrying them there. */
const MAX_URL_LENGTH = 65_536;

export function parseUrl(text: string, base?: string): UrlRecord | null {
  if (text.length > MAX_URL_LENGTH || (base !== undefined && base.length > MAX_URL_LENGTH)) return null;
  return base === undefined ? host.url('parse', text) : host.url('parse', text, base);
}

const withoutMark = (search: string): string => slice(search, 1);
const shown = (text: string): string => (text.length > 200 ? slice(text, 0, 200) + '…' : text);

let recordOf: (value: object) => UrlRecord | undefined;

class URL {
  #record: UrlRecord;
  #params: URLSearchParams | undefined;

  static {
    recordOf = value => (#record in value ? value.#record : undefined);
  }

  constructor(url: unknown, base: unknown = undefined) {
    claim();
    need(arguments.length, 1, 'URL');
    const text = toUsv(url);
    const context = base === undefined ? undefined : toUsv(base);
    const record = parseUrl(text, context);
    if (record === null) throw new TypeErrorCtor('Invalid URL: ' + shown(text));
    this.#record = record;
  }

  static canParse(url: unknown, base: unknown = undefined): boolean {
    need(arguments.length, 1, 'URL.canParse');
    const text = toUsv(url);
    return parseUrl(text, base === undefined ? undefined : toUsv(base)) !== null;
  }

  static parse(url: unknown, base: unknown = undefined): URL | null {
    need(arguments.length, 1, 'URL.parse');
    const text = toUsv(url);
    const context = base === undefined ? undefined : toUsv(base);
    return parseUrl(text, context) === null ? null : new URL(text, context);
  }

  /** A part that is refused, or makes the URL too long, leaves it as it was. */
  #set(name: string, value: string): void {
    if (value.length > MAX_URL_LENGTH) return;
    const record = host.url('set', this.#record.href, name, value);
    if (record === null) return;
    this.#record = record;
    if (name === 'search' && this.#params !== undefined)
      replaceParams(this.#params, withoutMark(record.search));
  }

  get href(): string {
    return this.#record.href;
  }
  set href(value: unknown) {
    this.#record;
    const text = toUsv(value);
    const record = parseUrl(text);
    if (record === null) throw new TypeErrorCtor('Invalid URL: ' + shown(text));
    this.#record = record;
    if (this.#params !== undefined) replaceParams(this.#params, withoutMark(record.search));
  }
  get origin(): string {
    return this.#record.origin;
  }
  get protocol(): string {
    return this.#record.protocol;
  }
  set protocol(value: unknown) {
    this.#set('protocol', toUsv(value));
  }
  get username(): string {
    return this.#record.username;
  }
  set username(value: unknown) {
    this.#set('username', toUsv(value));
  }
  get password(): string {
    return this.#record.password;
  }
  set password(value: unknown) {
    this.#set('password', toUsv(value));
  }
  get host(): string {
    return this.#record.host;
  }
  set host(value: unknown) {
    this.#set('host', toUsv(value));
  }
  get hostname(): string {
    return this.#record.hostname;
  }
  set hostname(value: unknown) {
    this.#set('hostname', toUsv(value));
  }
  get port(): string {
    return this.#record.port;
  }
  set port(value: unknown) {
    this.#set('port', toUsv(value));
  }
  get pathname(): string {
    return this.#record.pathname;
  }
  set pathname(value: unknown) {
    this.#set('pathname', toUsv(value));
  }
  get search(): string {
    return this.#record.search;
  }
  set search(value: unknown) {
    this.#set('search', toUsv(value));
  }
  get searchParams(): URLSearchParams {
    const record = this.#record;
    this.#params ??= makeParams(withoutMark(record.search), query => {
      const changed = host.url('set', this.#record.href, 'search', query === '' ? '' : '?' + query);
      if (changed !== null) this.#record = changed;
    });
    return this.#params;
  }
  get hash(): string {
    return this.#record.hash;
  }
  set hash(value: unknown) {
    this.#set('hash', toUsv(value));
  }
  toString(): string {
    return this.#record.href;
  }
  toJSON(): string {
    return this.#record.href;
  }
}

export function installUrl(): void {
  expose('URL', URL);
  describeWith(value => {
    const record = recordOf(value);
    return record === undefined ? undefined : ({ __proto__: null, href: record.href } as object);
  });
}
