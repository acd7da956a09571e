/**
 * What a guest threw, as three strings. Getters are not called: only data properties are read, along the prototype
 * chain. A Proxy's traps may still run; that happens under the run's own deadline.
 */
import { inspect } from './platform/inspect.ts';
import {
  getOwn,
  getPrototypeOf,
  isError,
  StringCtor,
  slice,
  symbolToString,
} from './platform/primordials.ts';
import { isObject, list, ordinary } from './platform/webidl.ts';

const NAME_CHARS = 256;
const MESSAGE_CHARS = 4096;
const STACK_CHARS = 8192;
const MAX_PROTOTYPES = 16;

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

export function describeThrown(thrown: unknown): string[] {
  const out: string[] = list();
  let name = 'a value';
  let message = '';
  let stack = '';
  if (isObject(thrown) && (isError(thrown) || readText(thrown, 'message') !== '')) {
    name = readText(thrown, 'name');
    message = readText(thrown, 'message');
    stack = readText(thrown, 'stack');
  } else message = show(thrown);
  out[0] = slice(name, 0, NAME_CHARS);
  out[1] = slice(message, 0, MESSAGE_CHARS);
  out[2] = slice(stack, 0, STACK_CHARS);
  return ordinary(out);
}
