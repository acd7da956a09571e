import { type Body, bodyMethods, cloneBody, extractBody, isEmpty, makeBody } from './body.ts';
import {
  addDefault,
  contentType,
  copyHeaders,
  fill,
  type Guard,
  type Headers,
  makeHeaders,
  setGuard,
} from './headers.ts';
import { describeWith } from './inspect.ts';
import {
  isNaNValue,
  jsonStringify,
  NumberCtor,
  RangeErrorCtor,
  regExec,
  slice,
  TypeErrorCtor,
} from './primordials.ts';
import { parseUrl } from './url.ts';
import { claim, dictionary, expose, host, isObject, member, need, toStr, toUsv } from './webidl.ts';

interface ResponseState {
  readonly type: string;
  readonly status: number;
  readonly statusText: string;
  readonly headers: Headers;
  readonly guard: Guard;
  readonly body: Body;
  /** Where it came from; '' when it came from nowhere. */
  readonly url: string;
  readonly redirected: boolean;
}

const REASON = /^[\t\x20-\x7e\x80-\xff]*$/;

export const isNullBody = (status: number): boolean =>
  status === 101 || status === 103 || status === 204 || status === 205 || status === 304;

/** `unsigned short`, which wraps. */
function toShort(value: unknown): number {
  const number = NumberCtor(value) as number;
  return isNaNValue(number) ? 0 : number & 0xffff;
}

function build(body: Body, init: object | undefined): ResponseState {
  const headersInit = member(init, 'headers');
  const given = member(init, 'status');
  const status = given === undefined ? 200 : toShort(given);
  const text = member(init, 'statusText');
  const statusText = text === undefined ? '' : toStr(text);
  if (status < 200 || status > 599)
    throw new RangeErrorCtor('Response: the status must be from 200 to 599, got ' + status);
  if (regExec(REASON, statusText) === null) throw new TypeErrorCtor('Response: the statusText is not valid');
  const headers = makeHeaders('response');
  if (headersInit !== undefined) fill(headers, headersInit);
  if (!isEmpty(body)) {
    if (isNullBody(status))
      throw new TypeErrorCtor('Response: a response with status ' + status + ' cannot have a body');
    if (body.type !== null) addDefault(headers, 'content-type', body.type);
  }
  return {
    type: 'default',
    status,
    statusText,
    headers,
    guard: 'response',
    body,
    url: '',
    redirected: false,
  };
}

let read: (value: object) => ResponseState | undefined;
let make: (state: ResponseState) => Response;

class Response {
  #state: ResponseState;

  static {
    read = value => (#state in value ? value.#state : undefined);
    make = state => {
      const response = new Response();
      response.#state = state;
      return response;
    };
  }

  constructor(body: unknown = null, init: unknown = undefined) {
    claim();
    const given = dictionary(init, 'Response');
    const extracted = body === null || body === undefined ? makeBody(null) : extractBody(body);
    this.#state = build(extracted, given);
  }

  static error(): Response {
    const headers = makeHeaders('immutable');
    return make({
      type: 'error',
      status: 0,
      statusText: '',
      headers,
      guard: 'immutable',
      body: makeBody(null),
      url: '',
      redirected: false,
    });
  }

  static redirect(url: unknown, status: unknown = 302): Response {
    need(arguments.length, 1, 'Response.redirect');
    const text = toUsv(url);
    const code = toShort(status);
    const target = parseUrl(text);
    if (target === null)
      throw new TypeErrorCtor('Response.redirect: ' + slice(text, 0, 200) + ' is no valid URL');
    if (code !== 301 && code !== 302 && code !== 303 && code !== 307 && code !== 308) {
      throw new RangeErrorCtor('Response.redirect: ' + code + ' is no redirect status');
    }
    const headers = makeHeaders('none');
    addDefault(headers, 'location', target.href);
    setGuard(headers, 'immutable');
    return make({
      type: 'default',
      status: code,
      statusText: '',
      headers,
      guard: 'immutable',
      body: makeBody(null),
      url: '',
      redirected: false,
    });
  }

  static json(data: unknown, init: unknown = undefined): Response {
    need(arguments.length, 1, 'Response.json');
    const text = jsonStringify(data);
    if (text === undefined) throw new TypeErrorCtor('Response.json: the value has no JSON form');
    const body = makeBody(host.utf8Encode(toUsv(text)), 'application/json');
    return make(build(body, dictionary(init, 'Response.json')));
  }

  get type(): string {
    return this.#state.type;
  }
  get url(): string {
    return this.#state.url;
  }
  get redirected(): boolean {
    return this.#state.redirected;
  }
  get status(): number {
    return this.#state.status;
  }
  get ok(): boolean {
    const { status } = this.#state;
    return status >= 200 && status < 300;
  }
  get statusText(): string {
    return this.#state.statusText;
  }
  get headers(): Headers {
    return this.#state.headers;
  }
  clone(): Response {
    const state = this.#state;
    const body = cloneBody(state.body);
    return make({ ...state, body, headers: copyHeaders(state.headers, state.guard) });
  }
}

/** The answer to a request. */
export function networkResponse(
  from: Pick<ResponseState, 'status' | 'statusText' | 'headers' | 'body' | 'url' | 'redirected'>,
): Response {
  const { status, statusText, headers, body, url, redirected } = from;
  return make({ type: 'basic', status, statusText, headers, guard: 'immutable', body, url, redirected });
}

export function installResponse(): void {
  bodyMethods(
    Response,
    self => {
      const state = isObject(self) ? read(self) : undefined;
      if (state === undefined) throw new TypeErrorCtor('Illegal invocation');
      return state.body;
    },
    self => contentType((read(self as object) as { headers: Headers }).headers),
  );
  expose('Response', Response);
  describeWith(value => {
    const state = read(value);
    return state && ({ __proto__: null, status: state.status, type: state.type, url: state.url } as object);
  });
}
