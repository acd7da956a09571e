/**
 * What a guest threw, as strings and plain data. Getters are not called: only data properties are read, along the prototype
 * chain. A Proxy's traps may still run; that happens under the run's own deadline.
 */
import { domExceptionParts } from './platform/dom-exception.ts';
import { inspect } from './platform/inspect.ts';
import {
  DateGetTime,
  defineProperty,
  getOwn,
  getPrototypeOf,
  isArray,
  isError,
  ObjectPrototype,
  ownKeys,
  StringCtor,
  setPrototypeOf,
  slice,
  symbolToString,
} from './platform/primordials.ts';
import { isObject, list, ordinary } from './platform/webidl.ts';

const NAME_CHARS = 256;
const MESSAGE_CHARS = 4096;
const STACK_CHARS = 8192;
const MAX_PROTOTYPES = 16;

/** Of protocol/thrown.ts, whose parser enforces them. */
const MAX_CAUSES = 5;
const MAX_ERRORS = 10;
const MAX_FIELDS = 20;
const MAX_ITEMS = 50;
const FIELD_DEPTH = 3;
const FIELD_CHARS = 1024;
const KEY_CHARS = 100;
const CAUSE_MESSAGE_CHARS = 1024;
/** Of all fields, causes and members together. */
const MAX_CHARS = 8192;
const MAX_VALUES = 300;

function readText(object: object, key: string): string {
  try {
    let owner: object | null = object;
    for (let i = 0; owner !== null && i < MAX_PROTOTYPES; i++) {
      const own = getOwn(owner, key);
      if (own !== undefined) return typeof own.value === 'string' ? own.value : '';
      owner = getPrototypeOf(owner);
    }
  } catch {
    // A trap that throws has nothing to tell.
  }
  return '';
}

function show(value: unknown): string {
  try {
    if (typeof value === 'symbol') return symbolToString(value);
    return isObject(value) ? inspect(value) : StringCtor(value);
  } catch {
    return '';
  }
}

interface Said {
  readonly name: string;
  readonly message: string;
}

function say(thrown: unknown): Said {
  const parts = isObject(thrown) ? domExceptionParts(thrown) : undefined;
  if (parts !== undefined) return { name: parts.name, message: parts.message };
  if (isObject(thrown) && (isError(thrown) || readText(thrown, 'message') !== '')) {
    const name = readText(thrown, 'name');
    const message = readText(thrown, 'message');
    return { name: name === '' ? (isError(thrown) ? 'Error' : 'a value') : name, message };
  }
  return { name: 'a value', message: show(thrown) };
}

export function describeThrown(thrown: unknown): string[] {
  const out: string[] = list();
  const { name, message } = say(thrown);
  out[0] = slice(name, 0, NAME_CHARS);
  out[1] = slice(message, 0, MESSAGE_CHARS);
  out[2] = isObject(thrown) ? slice(readText(thrown, 'stack'), 0, STACK_CHARS) : '';
  return ordinary(out);
}

/** What is left to spend on one error's details. */
interface Budget {
  chars: number;
  values: number;
}

type Bare = Record<string, unknown>;
const bare = (): Bare => setPrototypeOf({} as Bare, null);
function put(target: object, key: PropertyKey, value: unknown): void {
  defineProperty(target, key, {
    __proto__: null,
    value,
    writable: true,
    enumerable: true,
    configurable: true,
  } as PropertyDescriptor);
}

function text(value: string, most: number, budget: Budget): string {
  const room = budget.chars < most ? budget.chars : most;
  const cut = slice(value, 0, room < 0 ? 0 : room);
  budget.chars -= cut.length;
  return cut;
}

/** A value as data; undefined for what is none, or has no room. */
function data(value: unknown, depth: number, budget: Budget): unknown {
  if (--budget.values < 0) return undefined;
  const type = typeof value;
  if (type === 'string') return text(value as string, FIELD_CHARS, budget);
  if (value === null || type === 'number' || type === 'boolean') return value;
  // Errors are written as JSON everywhere.
  if (type === 'bigint') return text(StringCtor(value as bigint), FIELD_CHARS, budget);
  if (type !== 'object' || depth === 0) return undefined;
  const object = value as object;
  try {
    DateGetTime(object);
    return object;
  } catch {
    // No date.
  }
  if (isArray(object)) {
    const items: unknown[] = list();
    for (let i = 0; i < object.length && i < MAX_ITEMS; i++)
      items[i] = data(getOwn(object, StringCtor(i))?.value, depth - 1, budget);
    return ordinary(items);
  }
  const proto = getPrototypeOf(object);
  return proto === ObjectPrototype || proto === null ? fields(object, '', depth - 1, budget) : undefined;
}

/** The own enumerable data properties, but for those in `skip` (each between spaces). */
function fields(object: object, skip: string, depth: number, budget: Budget): Bare | undefined {
  const out = bare();
  const keys = ownKeys(object);
  let count = 0;
  for (let i = 0; i < keys.length && count < MAX_FIELDS && budget.values > 0; i++) {
    const key = keys[i];
    if (typeof key !== 'string' || key.length > KEY_CHARS || skips(skip, key)) continue;
    const own = getOwn(object, key);
    if (own === undefined || own.enumerable !== true || own.get !== undefined || own.set !== undefined)
      continue;
    const value = data(own.value, depth, budget);
    if (value === undefined) continue;
    budget.chars -= key.length;
    put(out, key, value);
    count++;
  }
  return count > 0 || skip === '' ? out : undefined;
}

const NAMED = ['name', 'message', 'stack', 'cause', 'errors', 'code'];
function skips(skip: string, key: string): boolean {
  if (skip === '') return false;
  for (let i = 0; i < NAMED.length; i++) if (NAMED[i] === key) return true;
  return false;
}

/** Adds `code`, `cause`, `errors` and `fields` to `out`, as far as there are any. */
function addDetail(out: Bare, thrown: object, depth: number, budget: Budget): void {
  const parts = domExceptionParts(thrown);
  const code = parts === undefined ? getOwn(thrown, 'code')?.value : parts.code;
  if (typeof code === 'number' && (parts === undefined || code !== 0)) put(out, 'code', code);
  else if (typeof code === 'string') put(out, 'code', text(code, NAME_CHARS, budget));
  if (depth > 0) {
    const cause = getOwn(thrown, 'cause');
    if (cause !== undefined && 'value' in cause) put(out, 'cause', nested(cause.value, depth - 1, budget));
    const errors = getOwn(thrown, 'errors')?.value as unknown;
    if (isError(thrown) && isArray(errors)) {
      const members: unknown[] = list();
      for (let i = 0; i < errors.length && i < MAX_ERRORS && budget.values > 0; i++)
        members[i] = nested(getOwn(errors, StringCtor(i))?.value, depth - 1, budget);
      put(out, 'errors', ordinary(members));
    }
  }
  const own = fields(thrown, 'named', FIELD_DEPTH, budget);
  if (own !== undefined) put(out, 'fields', own);
}

function nested(value: unknown, depth: number, budget: Budget): Bare {
  const out = bare();
  budget.values--;
  const said = say(value);
  put(out, 'name', text(said.name, NAME_CHARS, budget));
  put(out, 'message', text(said.message, CAUSE_MESSAGE_CHARS, budget));
  if (isObject(value)) addDetail(out, value, depth, budget);
  return out;
}

/** What there is besides name, message and stack; undefined when that is nothing. */
export function detailOf(thrown: unknown): unknown {
  if (!isObject(thrown)) return undefined;
  const out = bare();
  addDetail(out, thrown, MAX_CAUSES, { chars: MAX_CHARS, values: MAX_VALUES });
  return ownKeys(out).length > 0 ? out : undefined;
}
