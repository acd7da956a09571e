/** What `console.log(…)` makes of its arguments: printf-like substitution, then the rest joined by spaces. */

import { inspect, MAX_TEXT, primitive } from './inspect.ts';
import {
  indexOf,
  jsonStringify,
  NumberCtor,
  parseFloatOf,
  parseIntOf,
  StringCtor,
  slice,
} from './primordials.ts';
import { isObject } from './webidl.ts';

function plain(value: unknown): string {
  return typeof value === 'string' ? value : inspect(value);
}

function json(value: unknown): string {
  try {
    return StringCtor(jsonStringify(value));
  } catch {
    return '[Uninspectable]';
  }
}

/** A number from a primitive; objects are not asked, so that formatting runs no guest code. */
function numeric(value: unknown, parse: (text: string) => number): string {
  if (isObject(value) || typeof value === 'symbol') return 'NaN';
  if (typeof value === 'bigint') return primitive(value);
  return primitive(parse === NumberCtor ? NumberCtor(value) : parse(StringCtor(value)));
}

function substitute(letter: string, value: unknown): string | undefined {
  switch (letter) {
    case 's':
      return typeof value === 'string' ? value : isObject(value) ? inspect(value, 0) : primitive(value);
    case 'd':
      return numeric(value, NumberCtor);
    case 'i':
      return numeric(value, parseIntOf);
    case 'f':
      return numeric(value, parseFloatOf);
    case 'o':
      return inspect(value, 4);
    case 'O':
      return inspect(value);
    case 'j':
      return json(value);
    case 'c':
      return '';
    default:
      return undefined;
  }
}

export function format(args: readonly unknown[]): string {
  let text = '';
  let next = 0;
  const first = args.length > 0 ? args[0] : undefined;
  if (args.length > 1 && typeof first === 'string') {
    next = 1;
    let from = 0;
    for (let at = indexOf(first, '%'); at >= 0 && at < first.length - 1; at = indexOf(first, '%', at + 2)) {
      const letter = first[at + 1] as string;
      const shown = letter === '%' ? '%' : next < args.length ? substitute(letter, args[next]) : undefined;
      if (shown === undefined) continue;
      if (letter !== '%') next++;
      text += slice(first, from, at) + shown;
      from = at + 2;
      if (text.length > MAX_TEXT) return text;
    }
    text += slice(first, from);
  }
  for (; next < args.length && text.length <= MAX_TEXT; next++) {
    text += (next > 0 ? ' ' : '') + plain(args[next]);
  }
  return text;
}
