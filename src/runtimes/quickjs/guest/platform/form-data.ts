/** FormData, and multipart/form-data both ways. */
import { type Blob, blobState, fileName, joinBytes, lineEnds, makeFile } from './blob.ts';
import { copyBytes } from './buffers.ts';
import { type Pair, pairIterable } from './pair-iterable.ts';
import {
  Bytes,
  bufferByteLength,
  charCodeAt,
  fromCharCode,
  indexOf,
  NumberToString,
  slice,
  TypeErrorCtor,
  toLowerCase,
  typedArrayBuffer,
  typedArrayByteLength,
} from './primordials.ts';
import { claim, expose, host, isObject, list, need, ordinary, toUsv } from './webidl.ts';

interface Entry {
  readonly name: string;
  /** Text, or a File. */
  readonly value: unknown;
}

let entriesOf: (form: unknown) => Entry[] | undefined;

function entryOf(name: unknown, value: unknown, given: number, fileNamed: unknown): Entry {
  const key = toUsv(name);
  const blob = blobState(value);
  if (blob === undefined) {
    if (given > 2) throw new TypeErrorCtor('FormData: only a Blob can have a file name');
    return { name: key, value: toUsv(value) };
  }
  const own = fileName(value);
  if (given <= 2 && own !== undefined) return { name: key, value };
  const named = given > 2 ? toUsv(fileNamed) : 'blob';
  return { name: key, value: makeFile(blob.bytes, blob.type, named) };
}

export class FormData {
  #entries: Entry[] = list();

  static {
    entriesOf = form => (isObject(form) && #entries in form ? form.#entries : undefined);
  }

  constructor(form: unknown = undefined) {
    claim();
    if (form !== undefined) throw new TypeErrorCtor('FormData: there are no form elements here');
  }

  append(name: unknown, value: unknown, named: unknown = undefined): void {
    const entries = this.#entries;
    need(arguments.length, 2, 'FormData.append');
    entries[entries.length] = entryOf(name, value, arguments.length, named);
  }

  delete(name: unknown): void {
    need(arguments.length, 1, 'FormData.delete');
    this.#entries = without(this.#entries, toUsv(name));
  }

  get(name: unknown): unknown {
    const entries = this.#entries;
    need(arguments.length, 1, 'FormData.get');
    const key = toUsv(name);
    for (let i = 0; i < entries.length; i++)
      if ((entries[i] as Entry).name === key) return (entries[i] as Entry).value;
    return null;
  }

  getAll(name: unknown): unknown[] {
    const entries = this.#entries;
    need(arguments.length, 1, 'FormData.getAll');
    const key = toUsv(name);
    const found: unknown[] = list();
    for (let i = 0; i < entries.length; i++)
      if ((entries[i] as Entry).name === key) found[found.length] = (entries[i] as Entry).value;
    return ordinary(found);
  }

  has(name: unknown): boolean {
    const entries = this.#entries;
    need(arguments.length, 1, 'FormData.has');
    const key = toUsv(name);
    for (let i = 0; i < entries.length; i++) if ((entries[i] as Entry).name === key) return true;
    return false;
  }

  set(name: unknown, value: unknown, named: unknown = undefined): void {
    const entries = this.#entries;
    need(arguments.length, 2, 'FormData.set');
    const entry = entryOf(name, value, arguments.length, named);
    const kept: Entry[] = list();
    let placed = false;
    for (let i = 0; i < entries.length; i++) {
      const old = entries[i] as Entry;
      if (old.name !== entry.name) kept[kept.length] = old;
      else if (!placed) {
        placed = true;
        kept[kept.length] = entry;
      }
    }
    if (!placed) kept[kept.length] = entry;
    this.#entries = kept;
  }
}

function without(entries: Entry[], name: string): Entry[] {
  const kept: Entry[] = list();
  for (let i = 0; i < entries.length; i++)
    if ((entries[i] as Entry).name !== name) kept[kept.length] = entries[i] as Entry;
  return kept;
}

export function formOf(value: unknown): Entry[] | undefined {
  return entriesOf(value);
}

/** A name inside quotes, as the standard escapes it. */
function quoted(text: string): string {
  let out = '';
  for (let i = 0; i < text.length; i++) {
    const code = charCodeAt(text, i);
    out += code === 34 ? '%22' : code === 10 ? '%0A' : code === 13 ? '%0D' : fromCharCode(code);
  }
  return out;
}

export interface Multipart {
  readonly bytes: ArrayBuffer;
  readonly type: string;
}

export function writeMultipart(entries: readonly Entry[]): Multipart {
  const random = new Bytes(host.random(16));
  let boundary = '----formdata-';
  for (let i = 0; i < 16; i++) boundary += NumberToString(256 + (random[i] as number), 16);
  const pieces: Uint8Array[] = list();
  const text = (value: string): void => {
    pieces[pieces.length] = new Bytes(host.utf8Encode(value));
  };
  for (let i = 0; i < entries.length; i++) {
    const { name, value } = entries[i] as Entry;
    const head =
      '--' + boundary + '\r\nContent-Disposition: form-data; name="' + quoted(lineEnds(name, '\r\n')) + '"';
    const blob = blobState(value);
    if (blob === undefined) text(head + '\r\n\r\n' + lineEnds(value as string, '\r\n') + '\r\n');
    else {
      const type = blob.type === '' ? 'application/octet-stream' : blob.type;
      text(
        head + '; filename="' + quoted(fileName(value) as string) + '"\r\nContent-Type: ' + type + '\r\n\r\n',
      );
      pieces[pieces.length] = new Bytes(blob.bytes);
      text('\r\n');
    }
  }
  text('--' + boundary + '--\r\n');
  return { bytes: joinBytes(pieces), type: 'multipart/form-data; boundary=' + boundary };
}

/** Where `what` next stands in `bytes`, or -1. */
function find(bytes: Uint8Array, what: Uint8Array, from: number): number {
  const first = what[0];
  const length = typedArrayByteLength(what);
  const last = typedArrayByteLength(bytes) - length;
  for (let at = from; at <= last; at++) {
    if (bytes[at] !== first) continue;
    let same = 1;
    while (same < length && bytes[at + same] === what[same]) same++;
    if (same === length) return at;
  }
  return -1;
}

/** The value of a parameter, quoted or not; undefined without one. */
export function parameter(header: string, name: string): string | undefined {
  const lower = toLowerCase(header);
  for (let at = indexOf(lower, name + '='); at >= 0; at = indexOf(lower, name + '=', at + 1)) {
    if (at > 0 && charCodeAt(lower, at - 1) !== 59 && charCodeAt(lower, at - 1) !== 32) continue;
    const from = at + name.length + 1;
    if (charCodeAt(header, from) === 34) {
      const end = indexOf(header, '"', from + 1);
      return end < 0 ? undefined : slice(header, from + 1, end);
    }
    const end = indexOf(header, ';', from);
    return end < 0 ? slice(header, from) : slice(header, from, end);
  }
  return undefined;
}

/** As the standard escapes them in names; nothing else is. */
function unquoted(text: string): string {
  let out = '';
  for (let i = 0; i < text.length; i++) {
    const three = charCodeAt(text, i) === 37 ? toLowerCase(slice(text, i, i + 3)) : '';
    const to = three === '%22' ? '"' : three === '%0a' ? '\n' : three === '%0d' ? '\r' : '';
    out += to === '' ? fromCharCode(charCodeAt(text, i)) : to;
    if (to !== '') i += 2;
  }
  return out;
}

function headerOf(head: string, name: string): string {
  const lines = '\r\n' + head + '\r\n';
  const at = indexOf(toLowerCase(lines), '\r\n' + name + ':');
  if (at < 0) return '';
  const from = at + name.length + 3;
  let start = from;
  while (charCodeAt(lines, start) === 32) start++;
  return slice(lines, start, indexOf(lines, '\r\n', from));
}

function broken(): never {
  throw new TypeErrorCtor('formData: the body is no multipart/form-data of that boundary');
}

const DASH = 45;
const textOf = (bytes: Uint8Array, from: number, to: number): string =>
  host.utf8Decode(copyBytes(new Bytes(typedArrayBuffer(bytes), from, to - from)), false) as string;

function readMultipart(buffer: ArrayBuffer, boundary: string, form: FormData): void {
  const bytes = new Bytes(buffer);
  const size = bufferByteLength(buffer);
  const delimiter = new Bytes(host.utf8Encode('\r\n--' + boundary));
  const start = new Bytes(host.utf8Encode('--' + boundary));
  const blank = new Bytes(host.utf8Encode('\r\n\r\n'));
  let at = find(bytes, start, 0);
  if (at !== 0) broken();
  at = typedArrayByteLength(start);
  for (;;) {
    if (bytes[at] === DASH && bytes[at + 1] === DASH) return;
    if (bytes[at] !== 13 || bytes[at + 1] !== 10) broken();
    const headEnd = find(bytes, blank, at);
    if (headEnd < 0) broken();
    const end = find(bytes, delimiter, headEnd + 2);
    if (end < 0 || end > size) broken();
    const head = textOf(bytes, at + 2, headEnd < at + 2 ? at + 2 : headEnd);
    const disposition = headerOf(head, 'content-disposition');
    const name = parameter(disposition, 'name');
    if (name === undefined) broken();
    const from = headEnd + 4;
    const named = parameter(disposition, 'filename');
    if (named === undefined)
      append(form, unquoted(name as string), from > end ? '' : textOf(bytes, from, end));
    else {
      const type = headerOf(head, 'content-type');
      const content = copyBytes(new Bytes(buffer, from, from > end ? 0 : end - from));
      append(
        form,
        unquoted(name as string),
        makeFile(content, type === '' ? 'text/plain' : toLowerCase(type), unquoted(named)),
      );
    }
    at = end + typedArrayByteLength(delimiter);
  }
}

function append(form: FormData, name: string, value: string | Blob): void {
  const entries = entriesOf(form) as Entry[];
  entries[entries.length] = { name, value };
}

/** A body as a form, by its content type. `parseQuery` reads urlencoded pairs. */
export function readForm(
  buffer: ArrayBuffer,
  type: string,
  parseQuery: (text: string) => readonly (readonly [string, string])[],
): FormData {
  const form = new FormData();
  const end = indexOf(type, ';');
  const essence = toLowerCase(end < 0 ? type : slice(type, 0, end));
  if (essence === 'application/x-www-form-urlencoded') {
    const pairs = parseQuery(host.utf8Decode(buffer, false) as string);
    for (let i = 0; i < pairs.length; i++) {
      const pair = pairs[i] as readonly [string, string];
      append(form, pair[0], pair[1]);
    }
    return form;
  }
  const boundary = parameter(type, 'boundary');
  if (essence !== 'multipart/form-data' || boundary === undefined || boundary === '')
    throw new TypeErrorCtor(
      'formData: the content type is neither multipart/form-data with a boundary nor urlencoded',
    );
  readMultipart(buffer, boundary, form);
  return form;
}

export function installFormData(): void {
  pairIterable(FormData, 'FormData', self => {
    const entries = entriesOf(self);
    if (entries === undefined) throw new TypeErrorCtor('Illegal invocation');
    const pairs: Pair[] = list();
    for (let i = 0; i < entries.length; i++) {
      const { name, value } = entries[i] as Entry;
      pairs[i] = [name, value as string];
    }
    return pairs;
  });
  expose('FormData', FormData);
}
