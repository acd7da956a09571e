/** Values in and out of the engine, as bytes. All pointers are `JSValue *`. */

import { readTexts } from './bjson.ts';
import type { Engine } from './engine.ts';

/** JS_EVAL_TYPE_MODULE with JS_EVAL_FLAG_COMPILE_ONLY. */
const COMPILED_MODULE = 33;
/** JS_TAG_UNINITIALIZED, in the upper word of a `JSValue`. */
const TAG_UNINITIALIZED = 4;

/** A guest's exception is pending: `error` is what it threw. */
export class GuestException {
  readonly error: number;

  constructor(error: number) {
    this.error = error;
  }
}

/** The engine found no memory where only that can be the reason. */
export class OutOfGuestMemory {}

export class Values {
  readonly #engine: Engine;
  readonly context: number;
  /** `JSValue *` of undefined: static, never freed. */
  readonly undefined: number;

  constructor(engine: Engine, context: number) {
    this.#engine = engine;
    this.context = context;
    this.undefined = engine.fn.QTS_GetUndefined();
  }

  /** @throws GuestException when the pointer is the engine's mark of an exception. */
  check(value: number): number {
    const error = this.#engine.fn.QTS_ResolveException(this.context, value);
    if (error !== 0) throw new GuestException(error);
    return value;
  }

  free(value: number): void {
    this.#engine.fn.QTS_FreeValuePointer(this.context, value);
  }

  decode(bytes: Uint8Array): number {
    const { fn } = this.#engine;
    const data = this.#engine.allocateBytes(bytes);
    if (data === 0) throw new OutOfGuestMemory();
    // The buffer takes over the allocation.
    const buffer = this.check(fn.QTS_NewArrayBuffer(this.context, data, bytes.length));
    const value = this.check(fn.QTS_bjson_decode(this.context, buffer));
    this.free(buffer);
    return value;
  }

  /** An ArrayBuffer value with the binary JSON; see `view`. */
  encode(value: number): number {
    return this.check(this.#engine.fn.QTS_bjson_encode(this.context, value));
  }

  /** The bytes of an ArrayBuffer value, in place: valid until the guest allocates. */
  view(buffer: number): Uint8Array {
    const { fn } = this.#engine;
    const length = fn.QTS_GetArrayBufferLength(this.context, buffer);
    const start = fn.QTS_GetArrayBuffer(this.context, buffer);
    return start === 0 ? new Uint8Array(0) : this.#engine.bytes.subarray(start, start + length);
  }

  texts(value: number): string[] {
    const buffer = this.encode(value);
    const texts = readTexts(this.view(buffer));
    this.free(buffer);
    return texts;
  }

  number(value: number): number {
    return this.#engine.fn.QTS_GetFloat64(this.context, value);
  }

  /** `typeof` is a C string of the engine's own, all ASCII. */
  typeOf(value: number): string {
    const { fn } = this.#engine;
    const pointer = fn.QTS_Typeof(this.context, value);
    let text = '';
    for (let at = pointer; this.#engine.bytes[at] !== 0 && text.length < 16; at++) {
      text += String.fromCharCode(this.#engine.bytes[at] as number);
    }
    return text;
  }

  property(object: number, name: string): number {
    const { fn } = this.#engine;
    const { pointer } = this.#engine.allocate(name);
    const key = fn.QTS_NewString(this.context, pointer);
    fn.free(pointer);
    const value = fn.QTS_GetProp(this.context, object, key);
    this.free(key);
    return this.check(value);
  }

  call(callee: number, ...args: number[]): number {
    const { fn, view } = this.#engine;
    const list = args.length === 0 ? 0 : fn.malloc(args.length * 4);
    if (list === 0 && args.length > 0) throw new OutOfGuestMemory();
    const fresh = this.#engine.view === view ? view : this.#engine.view;
    args.forEach((pointer, i) => {
      fresh.setUint32(list + i * 4, pointer, true);
    });
    const result = fn.QTS_Call(this.context, callee, this.undefined, args.length, list);
    if (list !== 0) fn.free(list);
    return this.check(result);
  }

  /** Answers nothing of use for a module that is only compiled. */
  evaluate(text: string, fileName: string, flags: number): number {
    const { fn } = this.#engine;
    const code = this.#engine.allocate(text);
    const name = this.#engine.allocate(fileName);
    if (code.pointer === 0 || name.pointer === 0) throw new OutOfGuestMemory();
    const value = fn.QTS_Eval(this.context, code.pointer, code.length, name.pointer, 0, flags);
    fn.free(code.pointer);
    fn.free(name.pointer);
    return (flags & COMPILED_MODULE) === COMPILED_MODULE ? this.#checkCompiled(value) : this.check(value);
  }

  /**
   * The library answers for a module that is only compiled with whatever lay on its stack, which may look like an
   * exception. One that really happened is pending; otherwise what is pending is the engine's mark of nothing.
   */
  #checkCompiled(value: number): number {
    const error = this.#engine.fn.QTS_ResolveException(this.context, value);
    if (error !== 0 && this.#engine.view.getUint32(error + 4, true) !== TAG_UNINITIALIZED)
      throw new GuestException(error);
    return 0;
  }
}
