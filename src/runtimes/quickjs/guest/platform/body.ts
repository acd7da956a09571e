/** What Request and Response share: a body, held as bytes, or on its way. */

import { blobState, makeBlob, mediaType } from './blob.ts';
import { bytesOf, copyBytes } from './buffers.ts';
import { formOf, readForm, writeMultipart } from './form-data.ts';
import {
  Bytes,
  bufferByteLength,
  defineProperty,
  getOwn,
  jsonParse,
  PromiseCtor,
  slice,
  startsWith,
  TypeErrorCtor,
} from './primordials.ts';
import { isLocked, makeStream } from './readable-stream.ts';
import { type Branch, bytesBranch, collect, fork } from './source.ts';
import { parseQuery, queryOf } from './url-search-params.ts';
import { host, toUsv } from './webidl.ts';

export interface Body {
  /** Null for no body, and when there is a `branch`. */
  bytes: ArrayBuffer | null;
  /** Of an answer from the network, or once somebody asked for the stream. */
  branch: Branch | null;
  stream: object | null;
  readonly type: string | null;
  used: boolean;
}

export function makeBody(
  bytes: ArrayBuffer | null,
  type: string | null = null,
  branch: Branch | null = null,
): Body {
  return { bytes, branch, stream: null, type, used: false };
}

export const isEmpty = (body: Body): boolean => body.bytes === null && body.branch === null;

/** The bytes of a BodyInit, and the content type they imply. */
export function extractBody(init: unknown): Body {
  const bytes = bytesOf(init);
  if (bytes !== undefined) return makeBody(copyBytes(bytes));
  const blob = blobState(init);
  if (blob !== undefined)
    return makeBody(copyBytes(new Bytes(blob.bytes)), blob.type === '' ? null : blob.type);
  const form = formOf(init);
  if (form !== undefined) {
    const multipart = writeMultipart(form);
    return makeBody(multipart.bytes, multipart.type);
  }
  const query = queryOf(init);
  if (query !== undefined)
    return makeBody(host.utf8Encode(query), 'application/x-www-form-urlencoded;charset=UTF-8');
  return makeBody(host.utf8Encode(toUsv(init)), 'text/plain;charset=UTF-8');
}

function unread(body: Body, where: string): void {
  if (body.used) throw new TypeErrorCtor(where + 'the body has been read already');
  if (body.stream !== null && isLocked(body.stream))
    throw new TypeErrorCtor(where + 'the body is locked to a reader');
}

export function cloneBody(body: Body): Body {
  unread(body, 'clone: ');
  if (body.branch !== null) return makeBody(null, body.type, fork(body.branch));
  return makeBody(body.bytes === null ? null : copyBytes(new Bytes(body.bytes)), body.type);
}

/** The stream of a body, made when it is first asked for. */
function streamOf(body: Body): object | null {
  if (body.stream === null && !isEmpty(body)) {
    body.branch ??= bytesBranch(body.bytes as ArrayBuffer);
    body.bytes = null;
    body.stream = makeStream(body.branch, () => {
      body.used = true;
    });
  }
  return body.stream;
}

function take(body: Body, done: (bytes: ArrayBuffer) => void, fail: (reason: unknown) => void): void {
  unread(body, '');
  if (isEmpty(body)) {
    done(copyBytes(new Bytes(0)));
    return;
  }
  body.used = true;
  if (body.bytes !== null) done(body.bytes);
  else collect(body.branch as Branch, done, fail);
}

function textOf(bytes: ArrayBuffer): string {
  const text = bufferByteLength(bytes) === 0 ? '' : (host.utf8Decode(bytes, false) as string);
  return startsWith(text, '\ufeff') ? slice(text, 1) : text;
}

/** Defines the reading methods on a class. `bodyOf` throws for a foreign object; `typeOf` is its content type, or ''. */
export function bodyMethods(
  cls: { readonly prototype: object },
  bodyOf: (self: unknown) => Body,
  typeOf: (self: unknown) => string,
): void {
  const define = (name: string, read: (bytes: ArrayBuffer, type: string) => unknown): void => {
    const methods = {
      [name](this: unknown): Promise<unknown> {
        return new PromiseCtor((resolve, reject) => {
          try {
            const done = (bytes: ArrayBuffer): void => {
              try {
                resolve(read(bytes, type));
              } catch (error) {
                reject(error);
              }
            };
            const body = bodyOf(this);
            const type = typeOf(this);
            take(body, done, reject);
          } catch (error) {
            reject(error);
          }
        });
      },
    };
    const value = methods[name];
    defineProperty(cls.prototype, name, {
      __proto__: null,
      value,
      writable: true,
      configurable: true,
    } as PropertyDescriptor);
  };
  define('arrayBuffer', bytes => bytes);
  define('bytes', bytes => new Bytes(bytes));
  define('text', textOf);
  define('blob', (bytes, type) => makeBlob(bytes, mediaType(type)));
  define('formData', (bytes, type) => readForm(bytes, type, parseQuery));
  define('json', bytes => jsonParse(textOf(bytes)));
  const accessors = {
    get body(): object | null {
      return streamOf(bodyOf(this));
    },
    get bodyUsed(): boolean {
      return bodyOf(this).used;
    },
  };
  defineProperty(cls.prototype, 'body', getOwn(accessors, 'body') as PropertyDescriptor);
  defineProperty(cls.prototype, 'bodyUsed', getOwn(accessors, 'bodyUsed') as PropertyDescriptor);
}

/** The bytes of a request's body, which then counts as read; null for none. They were given as bytes, so they are here. */
export function sendable(body: Body): ArrayBuffer | null {
  if (isEmpty(body)) return null;
  let found: ArrayBuffer | null = null;
  take(
    body,
    bytes => {
      found = bytes;
    },
    () => {},
  );
  return found;
}
