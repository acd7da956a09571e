/** The place of a value inside a result, as its author would write it. */
import { NumberToString, regExec, slice } from './platform/primordials.ts';

export interface Step {
  /** Array, object, Map or Set. */
  readonly kind: 'A' | 'O' | 'M' | 'S';
  readonly at: number;
  /** Key of the object or Map. */
  readonly key: unknown;
}

const PLAIN_KEY: RegExp = /^[A-Za-z_$][\w$]*$/;
const MAX_KEY = 100;
const MAX_PATH = 1000;

function stepText({ kind, at, key }: Step): string {
  if (kind === 'A') return '[' + NumberToString(at) + ']';
  if (kind === 'S') return '.item';
  if (kind === 'M') {
    if (at % 2 === 0) return '.key';
    return '.get(' + (typeof key === 'string' ? '"' + slice(key, 0, MAX_KEY) + '"' : typeof key) + ')';
  }
  const name = slice(key as string, 0, MAX_KEY);
  return regExec(PLAIN_KEY, name) !== null ? '.' + name : '["' + name + '"]';
}

export function pathText(steps: Step[]): string {
  let text = 'result';
  for (let i = 0; i < steps.length && text.length < MAX_PATH; i++) text += stepText(steps[i] as Step);
  return text.length < MAX_PATH ? text : slice(text, 0, MAX_PATH) + '…';
}
