/** Blob and File: bytes in memory, with a media type. */
import { bytesOf, copyBytes } from './buffers.ts';
import { describeWith } from './inspect.ts';
import {
  Bytes,
  bufferByteLength,
  dateNow,
  isNaNValue,
  NumberCtor,
  regExec,
  slice,
  startsWith,
  TypeErrorCtor,
  toLowerCase,
  trunc,
  typedArrayByteLength,
  typedArraySet,
} from './primordials.ts';
import { settle } from './promises.ts';
import { makeStream } from './readable-stream.ts';
import { bytesBranch } from './source.ts';
import {
  claim,
  dictionary,
  eachOf,
  expose,
  host,
  isObject,
  iteratorOf,
  list,
  member,
  need,
  toStr,
  toUsv,
} from './webidl.ts';

const TYPE: RegExp = /^[\x20-\x7e]*$/;
const LINE_END: RegExp = /\r\n|\n|\r/g;

/** One after the other, in a buffer of their own. */
export function joinBytes(pieces: readonly Uint8Array[]): ArrayBuffer {
  let size = 0;
  for (let i = 0; i < pieces.length; i++) size += typedArrayByteLength(pieces[i]);
  const whole = new Bytes(size);
  let at = 0;
  for (let i = 0; i < pieces.length; i++) {
    typedArraySet(whole, pieces[i], at);
    at += typedArrayByteLength(pieces[i]);
  }
  return copyBytes(whole);
}

/** Every line end as `to`. */
export function lineEnds(text: string, to: string): string {
  let out = '';
  let from = 0;
  LINE_END.lastIndex = 0;
  for (let found = regExec(LINE_END, text); found !== null; found = regExec(LINE_END, text)) {
    out += slice(text, from, found.index) + to;
    from = found.index + (found[0] as string).length;
  }
  return out + slice(text, from);
}

export function mediaType(given: unknown): string {
  const type = given === undefined ? '' : toStr(given);
  return regExec(TYPE, type) === null ? '' : toLowerCase(type);
}

function collectParts(parts: unknown, native: boolean): ArrayBuffer {
  const pieces: Uint8Array[] = list();
  const iterator = isObject(parts) ? iteratorOf(parts) : undefined;
  if (iterator === undefined) throw new TypeErrorCtor('Blob: the parts must be iterable');
  eachOf(parts as object, iterator, part => {
    const bytes = bytesOf(part);
    const blob = bytes === undefined ? stateOf(part) : undefined;
    if (bytes !== undefined) pieces[pieces.length] = new Bytes(copyBytes(bytes));
    else if (blob !== undefined) pieces[pieces.length] = new Bytes(blob.bytes);
    else {
      const text = toUsv(part);
      pieces[pieces.length] = new Bytes(host.utf8Encode(native ? lineEnds(text, '\n') : text));
    }
  });
  return joinBytes(pieces);
}

interface BlobState {
  bytes: ArrayBuffer;
  type: string;
}

let stateOf: (value: unknown) => BlobState | undefined;
let stateOfFile: (value: unknown) => { name: string } | undefined;
let fill: (blob: Blob, bytes: ArrayBuffer, type: string) => Blob;

/** `[Clamp] long long` relative to the size. */
function clampTo(given: unknown, size: number, otherwise: number): number {
  if (given === undefined) return otherwise;
  const number = trunc(NumberCtor(given) as number);
  const at = number >= 0 ? number : number < 0 ? size + number : 0;
  return at < 0 ? 0 : at > size ? size : at;
}

export class Blob {
  readonly #state: BlobState;

  static {
    stateOf = value => (isObject(value) && #state in value ? value.#state : undefined);
    fill = (blob, bytes, type) => {
      blob.#state.bytes = bytes;
      blob.#state.type = type;
      return blob;
    };
  }

  constructor(parts: unknown = undefined, options: unknown = undefined) {
    claim();
    const given = dictionary(options, 'Blob');
    const endings = member(given, 'endings');
    const kind = endings === undefined ? 'transparent' : toStr(endings);
    if (kind !== 'transparent' && kind !== 'native')
      throw new TypeErrorCtor('Blob: endings must be transparent or native');
    const type = mediaType(member(given, 'type'));
    this.#state = {
      bytes: parts === undefined ? copyBytes(new Bytes(0)) : collectParts(parts, kind === 'native'),
      type,
    };
  }

  get size(): number {
    return bufferByteLength(this.#state.bytes);
  }

  get type(): string {
    return this.#state.type;
  }

  slice(start: unknown = undefined, end: unknown = undefined, type: unknown = undefined): Blob {
    const { bytes } = this.#state;
    const size = bufferByteLength(bytes);
    const from = clampTo(start, size, 0);
    const to = clampTo(end, size, size);
    return makeBlob(copyBytes(new Bytes(bytes, from, to > from ? to - from : 0)), mediaType(type));
  }

  arrayBuffer(): Promise<ArrayBuffer> {
    return settle(() => copyBytes(new Bytes(this.#state.bytes)));
  }

  bytes(): Promise<Uint8Array> {
    return settle(() => new Bytes(copyBytes(new Bytes(this.#state.bytes))));
  }

  text(): Promise<string> {
    return settle(() => {
      const text = host.utf8Decode(this.#state.bytes, false) as string;
      return startsWith(text, '\ufeff') ? slice(text, 1) : text;
    });
  }

  stream(): object {
    return makeStream(bytesBranch(copyBytes(new Bytes(this.#state.bytes))), () => {});
  }
}

export class File extends Blob {
  readonly #name: string;
  readonly #lastModified: number;

  static {
    stateOfFile = value => (isObject(value) && #name in value ? { name: value.#name } : undefined);
  }

  constructor(parts: unknown, name: unknown, options: unknown = undefined) {
    need(arguments.length, 2, 'File');
    super(parts, options);
    if (!isObject(parts)) throw new TypeErrorCtor('File: the parts must be iterable');
    this.#name = toUsv(name);
    const modified = member(dictionary(options, 'File'), 'lastModified');
    const number = modified === undefined ? dateNow() : trunc(NumberCtor(modified) as number);
    this.#lastModified = isNaNValue(number) ? 0 : number;
  }

  get name(): string {
    return this.#name;
  }

  get lastModified(): number {
    return this.#lastModified;
  }

  get webkitRelativePath(): string {
    this.#name;
    return '';
  }
}

export function makeBlob(bytes: ArrayBuffer, type: string): Blob {
  return fill(new Blob(), bytes, type);
}

export function makeFile(bytes: ArrayBuffer, type: string, name: string): File {
  return fill(new File([], name), bytes, type) as File;
}

/** Bytes and type of a Blob, undefined for anything else. */
export const blobState = (
  value: unknown,
): { readonly bytes: ArrayBuffer; readonly type: string } | undefined => stateOf(value);
/** The name of a File, undefined for anything else. */
export const fileName = (value: unknown): string | undefined => stateOfFile(value)?.name;

export function installBlob(): void {
  expose('Blob', Blob);
  expose('File', File);
  describeWith(value => {
    const state = stateOf(value);
    return state && ({ __proto__: null, size: bufferByteLength(state.bytes), type: state.type } as object);
  });
}
