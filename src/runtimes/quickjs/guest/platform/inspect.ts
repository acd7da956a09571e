/**
 * A text for any value, within bounds on depth, entries and characters. Runs no getter, `toString`, `toJSON` or
 * inspection hook of the value. Traps of a Proxy cannot be told from plain reads; one that throws gives a placeholder.
 */

import { domExceptionParts } from './dom-exception.ts';
import {
  BigIntValueOf, BooleanValueOf, bufferByteLength, DateGetTime, DateToISOString, getOwn, getPrototypeOf, indexOf,
  isArray, isError, isNaNValue, jsonStringify, MapForEach, MapSize, min, NumberToString, NumberValueOf, ownKeys, RegExpFlags,
  RegExpPrototype, RegExpSource, regExec, SetForEach, SetSize, StringCtor, StringValueOf, 
  SymbolToStringTag, SymbolValueOf, slice, symbolToString,typedArrayLength, typedArrayName, viewByteLength, 
} from './primordials.ts'; // biome-ignore format: a list
import { list } from './webidl.ts';

/** Longest text of one value, in UTF-16 units. */
export const MAX_TEXT = 16_384;
const MAX_STRING = 4_096;
const MAX_ENTRIES = 100;
const MAX_CHAIN = 100;
const LINE_WIDTH = 72;

interface Walk {
  left: number;
  readonly maxDepth: number;
  readonly above: object[];
}

type Describe = (value: object) => object | undefined;
const describers: Describe[] = list();

/** Lets a platform class say what to show of its private state: an object without a prototype. */
export function describeWith(describe: Describe): void {
  describers[describers.length] = describe;
}

const STOP = {};

/** The value of a data property on the object or what it inherits from; accessors count as absent. */
function data(value: object, key: PropertyKey): unknown {
  let at: object | null = value;
  for (let i = 0; at !== null && i < MAX_CHAIN; i++, at = getPrototypeOf(at)) {
    const own = getOwn(at, key);
    if (own !== undefined) return own.value;
  }
  return undefined;
}

function attempt<T>(read: (x: unknown) => T, value: unknown): T | undefined {
  try {
    return read(value);
  } catch {
    return undefined;
  }
}

/** A brand check: true when the engine's own function accepts the value. */
function accepts(read: (x: unknown) => unknown, value: unknown): boolean {
  try {
    read(value);
    return true;
  } catch {
    return false;
  }
}

function spend(walk: Walk, text: string): string {
  const shown = text.length > walk.left ? slice(text, 0, walk.left > 0 ? walk.left : 0) + '…' : text;
  walk.left -= shown.length;
  return shown;
}

function quote(text: string): string {
  const cut = text.length > MAX_STRING ? slice(text, 0, MAX_STRING) : text;
  const json = jsonStringify(cut) as string;
  const rest = text.length - cut.length;
  const plain = indexOf(json, '\\') < 0 && indexOf(json, "'") < 0;
  const quoted = plain ? "'" + slice(json, 1, -1) + "'" : json;
  return rest > 0 ? quoted + '… ' + rest + ' more characters' : quoted;
}

export function primitive(value: unknown): string {
  if (typeof value === 'string') return quote(value);
  if (typeof value === 'bigint') {
    const text = StringCtor(value);
    return (text.length > MAX_STRING ? slice(text, 0, MAX_STRING) + '…' : text) + 'n';
  }
  if (typeof value === 'symbol') return slice(symbolToString(value), 0, MAX_STRING);
  if (value === 0 && 1 / (value as number) < 0) return '-0';
  return StringCtor(value);
}

const PLAIN_KEY: RegExp = /^[A-Za-z_$][\w$]*$/;

function keyText(key: string | symbol): string {
  if (typeof key === 'symbol') return '[' + primitive(key) + ']';
  return key.length < MAX_STRING && regExec(PLAIN_KEY, key) !== null ? key : quote(key);
}

function className(value: object): string {
  let at: object | null = value;
  for (let i = 0; at !== null && i < MAX_CHAIN; i++, at = getPrototypeOf(at)) {
    const own = getOwn(at, 'constructor');
    if (own === undefined) continue;
    const name = typeof own.value === 'function' ? getOwn(own.value, 'name')?.value : undefined;
    if (typeof name === 'string' && name !== '') return slice(name, 0, 256);
  }
  return at === null && getPrototypeOf(value) === null ? '[Object: null prototype]' : 'Object';
}

function header(value: object, size?: number): string {
  let name = className(value);
  if (size !== undefined) name += '(' + size + ')';
  const tag = data(value, SymbolToStringTag);
  return typeof tag === 'string' && tag !== '' && tag !== className(value)
    ? name + ' [' + slice(tag, 0, 256) + ']'
    : name;
}

function functionText(value: object): string {
  const own = getOwn(value, 'name')?.value;
  const name = typeof own === 'string' && own !== '' ? slice(own, 0, 256) : '(anonymous)';
  const prototype = getOwn(value, 'prototype');
  const isClass = prototype !== undefined && prototype.writable === false;
  return isClass ? '[class ' + name + ']' : '[Function: ' + name + ']';
}

function errorText(value: object, name: string, message: string): string {
  const stack = data(value, 'stack');
  const head = message === '' ? name : name + ': ' + message;
  if (typeof stack !== 'string' || stack === '') return '[' + head + ']';
  const frames = stack[stack.length - 1] === '\n' ? slice(stack, 0, -1) : stack;
  return head + '\n' + frames;
}

function errorHead(value: object): string {
  const exception = domExceptionParts(value);
  if (exception !== undefined)
    return errorText(value, slice(exception.name, 0, 256), slice(exception.message, 0, MAX_STRING));
  const name = data(value, 'name');
  const message = data(value, 'message');
  const text = typeof name === 'string' && name !== '' ? name : className(value);
  return errorText(
    value,
    slice(text, 0, 256),
    typeof message === 'string' ? slice(message, 0, MAX_STRING) : '',
  );
}

function property(parts: string[], value: object, key: string | symbol, walk: Walk, named: boolean): void {
  const own = getOwn(value, key);
  if (own === undefined) return;
  const label = named ? spend(walk, keyText(key) + ': ') : '';
  let text: string;
  if (own.get !== undefined) text = own.set !== undefined ? '[Getter/Setter]' : '[Getter]';
  else if (own.set !== undefined) text = '[Setter]';
  else text = visit(own.value, walk);
  parts[parts.length] = label + text;
}

function properties(
  parts: string[],
  value: object,
  walk: Walk,
  skip: (key: string | symbol) => boolean,
): void {
  const keys = ownKeys(value);
  let shown = 0;
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i] as string | symbol;
    if (skip(key)) continue;
    if (shown >= MAX_ENTRIES || walk.left <= 0) {
      parts[parts.length] = '… ' + (keys.length - i) + ' more';
      return;
    }
    if (getOwn(value, key)?.enumerable !== true) continue;
    property(parts, value, key, walk, true);
    shown++;
  }
}

function elements(parts: string[], value: object, length: number, walk: Walk): void {
  const shown = min(length, MAX_ENTRIES);
  let holes = 0;
  let i = 0;
  for (; i < shown && walk.left > 0; i++) {
    if (getOwn(value, StringCtor(i)) === undefined) {
      holes++;
      continue;
    }
    if (holes > 0) parts[parts.length] = spend(walk, '<' + holes + ' empty>');
    holes = 0;
    property(parts, value, StringCtor(i), walk, false);
  }
  if (holes > 0) parts[parts.length] = '<' + holes + ' empty>';
  if (i < length) parts[parts.length] = '… ' + (length - i) + ' more';
}

function entries(
  parts: string[],
  size: number,
  walk: Walk,
  each: (add: (text: string) => void) => void,
): void {
  let shown = 0;
  try {
    each(text => {
      parts[parts.length] = text;
      if (++shown >= MAX_ENTRIES || walk.left <= 0) throw STOP;
    });
  } catch (error) {
    if (error !== STOP) throw error;
  }
  if (shown < size) parts[parts.length] = '… ' + (size - shown) + ' more';
}

function layout(head: string, parts: string[], open: string, close: string): string {
  const start = head === '' ? open : head + ' ' + open;
  if (parts.length === 0) return start + close;
  let line = '';
  for (let i = 0; i < parts.length; i++) line += (i > 0 ? ', ' : '') + parts[i];
  if (line.length <= LINE_WIDTH && indexOf(line, '\n') < 0) return start + ' ' + line + ' ' + close;
  let text = start;
  for (let i = 0; i < parts.length; i++)
    text += '\n  ' + indent(parts[i] as string, '  ') + (i < parts.length - 1 ? ',' : '');
  return text + '\n' + close;
}

/** Puts `prefix` after every newline. */
export function indent(text: string, prefix: string): string {
  let at = indexOf(text, '\n');
  if (at < 0 || prefix === '') return text;
  let out = '';
  let from = 0;
  for (; at >= 0; at = indexOf(text, '\n', from)) {
    out += slice(text, from, at + 1) + prefix;
    from = at + 1;
  }
  return out + slice(text, from);
}

export function flagsOf(value: unknown): string {
  let flags = '';
  for (let i = 0; i < RegExpFlags.length; i++) {
    const flag = RegExpFlags[i] as (typeof RegExpFlags)[number];
    if (flag.get(value)) flags += flag.letter;
  }
  return flags;
}

/** The text of objects that are values in themselves. */
function atom(value: object): string | undefined {
  const time = attempt(DateGetTime, value);
  if (time !== undefined) return isNaNValue(time) ? 'Invalid Date' : DateToISOString(value);
  const source = value === RegExpPrototype ? undefined : attempt(RegExpSource, value);
  if (source !== undefined) return '/' + slice(source, 0, MAX_STRING) + '/' + flagsOf(value);
  const number = attempt(NumberValueOf, value);
  if (number !== undefined) return '[Number: ' + primitive(number) + ']';
  const text = attempt(StringValueOf, value);
  if (text !== undefined) return '[String: ' + quote(text) + ']';
  const truth = attempt(BooleanValueOf, value);
  if (truth !== undefined) return '[Boolean: ' + truth + ']';
  const symbol = attempt(SymbolValueOf, value);
  if (symbol !== undefined) return '[Symbol: ' + primitive(symbol) + ']';
  const big = attempt(BigIntValueOf, value);
  return big === undefined ? undefined : '[BigInt: ' + primitive(big) + ']';
}

const none = (): boolean => false;

function objectText(value: object, walk: Walk): string {
  if (isError(value)) {
    const head = spend(walk, errorHead(value));
    const parts: string[] = list();
    if (getOwn(value, 'cause') !== undefined) property(parts, value, 'cause', walk, true);
    if (getOwn(value, 'errors') !== undefined) property(parts, value, 'errors', walk, true);
    properties(
      parts,
      value,
      walk,
      key => key === 'name' || key === 'message' || key === 'stack' || key === 'cause' || key === 'errors',
    );
    return parts.length === 0 ? head : layout(head, parts, '{', '}');
  }
  if (typeof value === 'function') {
    const head = spend(walk, functionText(value));
    const parts: string[] = list();
    properties(parts, value, walk, none);
    return parts.length === 0 ? head : layout(head, parts, '{', '}');
  }
  const text = atom(value);
  if (text !== undefined) return spend(walk, text);
  const parts: string[] = list();
  if (isArray(value)) {
    const length = getOwn(value, 'length')?.value as number;
    elements(parts, value, length, walk);
    const name = className(value);
    return layout(name === 'Array' ? '' : name + '(' + length + ')', parts, '[', ']');
  }
  const typed = typedArrayName(value);
  if (typed !== undefined) {
    const length = typedArrayLength(value);
    elements(parts, value, length, walk);
    return layout(className(value) + '(' + length + ')', parts, '[', ']');
  }
  if (accepts(MapSize, value)) {
    const map = value as Map<unknown, unknown>;
    const size = MapSize(map);
    entries(parts, size, walk, add =>
      MapForEach(map, (v, k) => add(visit(k, walk) + ' => ' + visit(v, walk))),
    );
    return layout(header(value, size), parts, '{', '}');
  }
  if (accepts(SetSize, value)) {
    const set = value as Set<unknown>;
    const size = SetSize(set);
    entries(parts, size, walk, add => SetForEach(set, v => add(visit(v, walk))));
    return layout(header(value, size), parts, '{', '}');
  }
  const bytes = attempt(bufferByteLength, value) ?? attempt(viewByteLength, value);
  if (bytes !== undefined) parts[0] = 'byteLength: ' + NumberToString(bytes);
  for (let i = 0; i < describers.length; i++) {
    const shown = (describers[i] as Describe)(value);
    if (shown !== undefined) properties(parts, shown, walk, none);
  }
  properties(parts, value, walk, none);
  const head = header(value);
  return layout(head === 'Object' ? '' : head, parts, '{', '}');
}

function visit(value: unknown, walk: Walk): string {
  if ((typeof value !== 'object' || value === null) && typeof value !== 'function')
    return spend(walk, primitive(value));
  if (walk.left <= 0) return '…';
  const { above } = walk;
  for (let i = 0; i < above.length; i++) if (above[i] === value) return spend(walk, '[Circular]');
  try {
    if (
      above.length > walk.maxDepth &&
      typeof value === 'object' &&
      !isError(value) &&
      atom(value) === undefined
    ) {
      return spend(walk, isArray(value) ? '[Array]' : '[' + header(value) + ']');
    }
    const depth = above.length;
    above[depth] = value;
    try {
      return objectText(value, walk);
    } finally {
      above.length = depth;
    }
  } catch (error) {
    if (error === STOP) throw error;
    return spend(walk, '[Uninspectable]');
  }
}

export function inspect(value: unknown, maxDepth = 2): string {
  return visit(value, { left: MAX_TEXT, maxDepth, above: list() });
}
