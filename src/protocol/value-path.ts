/** Where in a value something was found, for messages: `input.items[3].name`. */
import { cleanLine } from '../core/text.ts';

/** A key, an index, or the part of a Map or Set. */
export type Step = string | number | { readonly map: number; readonly part: 'key' | 'value' | 'item' };

const MAX_CHARS = 200;
const MAX_KEY_CHARS = 40;
const IDENTIFIER = /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u;

export function pathText(root: string, steps: readonly Step[]): string {
  let text = root;
  for (const step of steps) {
    if (typeof step === 'number') text += `[${step}]`;
    else if (typeof step === 'object') text += `<${step.part} ${step.map}>`;
    else if (step.length <= MAX_KEY_CHARS && IDENTIFIER.test(step)) text += `.${step}`;
    else text += `[${JSON.stringify(cleanLine(step, MAX_KEY_CHARS))}]`;
    if (text.length > MAX_CHARS) return `${text.slice(0, MAX_CHARS)}…`;
  }
  return text;
}
