import type { UrlRecord } from '../host.ts';
import { type AbortSignal, createSignal, followSignal, isSignal } from './abort.ts';
import { type Body, bodyMethods, cloneBody, extractBody, isEmpty, makeBody } from './body.ts';
import { addDefault, contentType, copyHeaders, fill, type Headers, isToken, makeHeaders } from './headers.ts';
import { describeWith } from './inspect.ts';
import { indexOf, slice, TypeErrorCtor, toUpperCase } from './primordials.ts';
import { parseUrl } from './url.ts';
import { claim, dictionary, expose, isObject, member, need, toStr, toUsv } from './webidl.ts';

/** What fetch needs of a request. */
export interface RequestState {
  readonly url: UrlRecord;
  readonly method: string;
  readonly headers: Headers;
  readonly body: Body;
  readonly signal: AbortSignal;
  readonly mode: string;
  readonly credentials: string;
  readonly cache: string;
  readonly redirect: string;
  readonly referrer: string;
  readonly referrerPolicy: string;
  readonly integrity: string;
  readonly keepalive: boolean;
}

const MODES = ' navigate same-origin no-cors cors ';
const CREDENTIALS = ' omit same-origin include ';
const CACHES = ' default no-store reload no-cache force-cache only-if-cached ';
const REDIRECTS = ' follow error manual ';
const POLICIES =
  '  no-referrer no-referrer-when-downgrade same-origin origin strict-origin origin-when-cross-origin' +
  ' strict-origin-when-cross-origin unsafe-url ';
const NORMALIZED = ' DELETE GET HEAD OPTIONS POST PUT ';
const FORBIDDEN_METHODS = ' CONNECT TRACE TRACK ';
const SIMPLE_METHODS = ' GET HEAD POST ';

const among = (values: string, value: string): boolean =>
  indexOf(value, ' ') < 0 && indexOf(values, ' ' + value + ' ') >= 0;

function choice(init: object | undefined, name: string, values: string, otherwise: string): string {
  const given = member(init, name);
  if (given === undefined) return otherwise;
  const text = toStr(given);
  if (!among(values, text))
    throw new TypeErrorCtor('Request: ' + slice(text, 0, 100) + ' is no valid value of ' + name);
  return text;
}

function methodOf(given: unknown, otherwise: string): string {
  if (given === undefined) return otherwise;
  const method = toStr(given);
  const upper = toUpperCase(method);
  if (!isToken(method)) throw new TypeErrorCtor('Request: ' + slice(method, 0, 100) + ' is no valid method');
  if (among(FORBIDDEN_METHODS, upper))
    throw new TypeErrorCtor('Request: the method ' + method + ' is forbidden');
  return among(NORMALIZED, upper) ? upper : method;
}

function target(input: unknown): UrlRecord {
  const text = toUsv(input);
  const url = parseUrl(text);
  if (url === null) throw new TypeErrorCtor('Request: ' + slice(text, 0, 200) + ' is no valid URL');
  if (url.username !== '' || url.password !== '')
    throw new TypeErrorCtor('Request: the URL includes credentials');
  return url;
}

/** The referrer as the object tells it: there is no page whose origin could be compared. */
function referrerOf(given: unknown, otherwise: string): string {
  if (given === undefined) return otherwise;
  const text = toUsv(given);
  if (text === '') return '';
  const url = parseUrl(text);
  if (url === null) throw new TypeErrorCtor('Request: the referrer is no valid URL');
  return 'about:client';
}

function signalOf(given: unknown, from: RequestState | undefined): AbortSignal {
  if (given === undefined) return from === undefined ? createSignal() : followSignal(from.signal);
  if (given === null) return createSignal();
  if (!isSignal(given)) throw new TypeErrorCtor('Request: the signal must be an AbortSignal');
  return followSignal(given);
}

function build(input: unknown, init: object | undefined): RequestState {
  const from = isObject(input) ? read(input) : undefined;
  const url = from === undefined ? target(input) : from.url;
  // Members are read in the order of Web IDL, by name.
  const bodyInit = member(init, 'body');
  const cache = choice(init, 'cache', CACHES, from?.cache ?? 'default');
  const credentials = choice(init, 'credentials', CREDENTIALS, from?.credentials ?? 'same-origin');
  const duplex = member(init, 'duplex');
  if (duplex !== undefined && toStr(duplex) !== 'half')
    throw new TypeErrorCtor('Request: duplex must be half');
  const headersInit = member(init, 'headers');
  const integrity = member(init, 'integrity');
  const keepalive = member(init, 'keepalive');
  const method = methodOf(member(init, 'method'), from?.method ?? 'GET');
  const mode = choice(init, 'mode', MODES, from?.mode ?? 'cors');
  const redirect = choice(init, 'redirect', REDIRECTS, from?.redirect ?? 'follow');
  const referrer = referrerOf(member(init, 'referrer'), from?.referrer ?? 'about:client');
  const referrerPolicy = choice(init, 'referrerPolicy', POLICIES, from?.referrerPolicy ?? '');
  const signal = signalOf(member(init, 'signal'), from);
  const window = member(init, 'window');
  if (window !== undefined && window !== null) throw new TypeErrorCtor('Request: window must be null');
  if (mode === 'navigate') throw new TypeErrorCtor('Request: mode must not be navigate');
  if (cache === 'only-if-cached' && mode !== 'same-origin') {
    throw new TypeErrorCtor('Request: only-if-cached needs the mode same-origin');
  }
  if (mode === 'no-cors' && !among(SIMPLE_METHODS, method)) {
    throw new TypeErrorCtor('Request: the method ' + method + ' is not allowed with the mode no-cors');
  }
  const guard = mode === 'no-cors' ? 'request-no-cors' : 'request';
  const headers =
    headersInit === undefined && from !== undefined ? copyHeaders(from.headers, guard) : makeHeaders(guard);
  if (headersInit !== undefined) fill(headers, headersInit);
  const empty = bodyInit === undefined || bodyInit === null;
  const inherited: Body = from === undefined ? makeBody(null) : from.body;
  if ((!empty || !isEmpty(inherited)) && (method === 'GET' || method === 'HEAD')) {
    throw new TypeErrorCtor('Request: a request with the method ' + method + ' cannot have a body');
  }
  let body = makeBody(null);
  if (!empty) {
    body = extractBody(bodyInit);
    if (body.type !== null) addDefault(headers, 'content-type', body.type);
  } else if (!isEmpty(inherited)) {
    if (inherited.used)
      throw new TypeErrorCtor('Request: the body of the given request has been read already');
    // The bytes move: the request they came from counts as read.
    body = makeBody(inherited.bytes, inherited.type, inherited.branch);
    inherited.used = true;
  }
  return {
    url, method, headers, body, signal, mode, credentials, cache, redirect, referrer, referrerPolicy,
    integrity: integrity === undefined ? (from?.integrity ?? '') : toStr(integrity),
    keepalive: keepalive === undefined ? (from?.keepalive ?? false) : !!keepalive,
  }; // biome-ignore format: a list
}

let read: (value: object) => RequestState | undefined;
let replace: (request: Request, state: RequestState) => void;

export class Request {
  #state: RequestState;

  static {
    read = value => (#state in value ? value.#state : undefined);
    replace = (request, state) => {
      request.#state = state;
    };
  }

  constructor(input: unknown, init: unknown = undefined) {
    claim();
    need(arguments.length, 1, 'Request');
    this.#state = build(input, dictionary(init, 'Request'));
  }

  get method(): string {
    return this.#state.method;
  }
  get url(): string {
    return this.#state.url.href;
  }
  get headers(): Headers {
    return this.#state.headers;
  }
  get destination(): string {
    this.#state;
    return '';
  }
  get referrer(): string {
    return this.#state.referrer;
  }
  get referrerPolicy(): string {
    return this.#state.referrerPolicy;
  }
  get mode(): string {
    return this.#state.mode;
  }
  get credentials(): string {
    return this.#state.credentials;
  }
  get cache(): string {
    return this.#state.cache;
  }
  get redirect(): string {
    return this.#state.redirect;
  }
  get integrity(): string {
    return this.#state.integrity;
  }
  get keepalive(): boolean {
    return this.#state.keepalive;
  }
  get signal(): AbortSignal {
    return this.#state.signal;
  }
  get duplex(): string {
    this.#state;
    return 'half';
  }

  clone(): Request {
    const state = this.#state;
    const body = cloneBody(state.body);
    const made = new Request(state.url.href, { __proto__: null, signal: state.signal });
    const headers = copyHeaders(state.headers, state.mode === 'no-cors' ? 'request-no-cors' : 'request');
    replace(made, {
      __proto__: null,
      ...state,
      body,
      headers,
      signal: (read(made) as RequestState).signal,
    } as never);
    return made;
  }
}

/** The state of a Request, undefined for anything else. */
export function requestState(value: object): RequestState | undefined {
  return read(value);
}

export function installRequest(): void {
  bodyMethods(
    Request,
    self => {
      const state = isObject(self) ? read(self) : undefined;
      if (state === undefined) throw new TypeErrorCtor('Illegal invocation');
      return state.body;
    },
    self => contentType((read(self as object) as { headers: Headers }).headers),
  );
  expose('Request', Request);
  describeWith(value => {
    const state = read(value);
    return state && ({ __proto__: null, method: state.method, url: state.url.href } as object);
  });
}
