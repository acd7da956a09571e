/** What Request and Response share: a body held as bytes. There are no streams. */

import { bytesOf, copyBytes } from './buffers.ts';
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
import { queryOf } from './url-search-params.ts';
import { host, toUsv } from './webidl.ts';

export interface Body {
  /** Null for no body. */
  readonly bytes: ArrayBuffer | null;
  readonly type: string | null;
  used: boolean;
}

export const NO_BODY: Readonly<Body> = { bytes: null, type: null, used: false };

/** The bytes of a BodyInit, and the content type they imply. */
export function extractBody(init: unknown): Body {
  const bytes = bytesOf(init);
  if (bytes !== undefined) return { bytes: copyBytes(bytes), type: null, used: false };
  const query = queryOf(init);
  if (query !== undefined) {
    return {
      bytes: host.utf8Encode(query),
      type: 'application/x-www-form-urlencoded;charset=UTF-8',
      used: false,
    };
  }
  return { bytes: host.utf8Encode(toUsv(init)), type: 'text/plain;charset=UTF-8', used: false };
}

export function cloneBody(body: Body): Body {
  if (body.used) throw new TypeErrorCtor('clone: the body has been read already');
  const bytes = body.bytes === null ? null : copyBytes(new Bytes(body.bytes));
  return { bytes, type: body.type, used: false };
}

function take(body: Body): ArrayBuffer {
  if (body.used) throw new TypeErrorCtor('the body has been read already');
  if (body.bytes === null) return copyBytes(new Bytes(0));
  body.used = true;
  return body.bytes;
}

function textOf(bytes: ArrayBuffer): string {
  const text = bufferByteLength(bytes) === 0 ? '' : (host.utf8Decode(bytes, false) as string);
  return startsWith(text, '\ufeff') ? slice(text, 1) : text;
}

/** Defines the reading methods on a class. `bodyOf` throws for a foreign object. */
export function bodyMethods(cls: { readonly prototype: object }, bodyOf: (self: unknown) => Body): void {
  const define = (name: string, read: (bytes: ArrayBuffer) => unknown): void => {
    const methods = {
      [name](this: unknown): Promise<unknown> {
        return new PromiseCtor((resolve, reject) => {
          try {
            resolve(read(take(bodyOf(this))));
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
  define('json', bytes => jsonParse(textOf(bytes)));
  const accessor = {
    get bodyUsed(): boolean {
      return bodyOf(this).used;
    },
  };
  const own = getOwn(accessor, 'bodyUsed') as PropertyDescriptor;
  defineProperty(cls.prototype, 'bodyUsed', own);
}
