/**
 * localeCompare as the root collation has it (which English uses): letters by alphabet, then by accent, then small before
 * capital. As far as ASCII and accented Latin letters go; the order of anything else is refused, not made up.
 */
import { firstLocale, onlyEnglish, option } from './locale.ts';
import {
  charCodeAt,
  fromCharCode,
  indexOf,
  NumberToString,
  normalize,
  RangeErrorCtor,
  regExec,
  StringPrototype,
  slice,
  TypeErrorCtor,
  toLowerCase,
  toUpperCase,
} from './primordials.ts';
import { hidden, isObject, list, toStr } from './webidl.ts';

/** ASCII in the root's order, but for letters and digits. What is missing is a control character, which does not count. */
const SIGNS = '\t\n\v\f\r _-,;:!?.\'"()[]{}@*/\\&#%`^+<=>|~$';
/** Accents, in the order of their weights; U+0301 is first. */
const ACCENTS =
  '\u0301\u0300\u0306\u0302\u030c\u030a\u0308\u030b\u0303\u0307\u0327\u0328\u0304\u0309\u031b\u0323';
const DIGITS = 100;
const LETTERS = 200;
const ASCII: RegExp = /^[\0-\x7f]*$/;

interface Keys {
  readonly primary: number[];
  readonly secondary: number[];
  readonly tertiary: number[];
}

function unknown(code: number): never {
  throw new RangeErrorCtor(
    'localeCompare: the place of U+' +
      toUpperCase(NumberToString(code, 16)) +
      ' in the order of texts is not known here; compare with < and >, or bring a library',
  );
}

function keysOf(given: string, numeric: boolean): Keys {
  const text = regExec(ASCII, given) === null ? normalize(given, 'NFD') : given;
  const keys: Keys = { primary: list(), secondary: list(), tertiary: list() };
  const { primary, secondary, tertiary } = keys;
  const add = (weight: number, capital: boolean): void => {
    primary[primary.length] = weight;
    secondary[secondary.length] = 0;
    tertiary[tertiary.length] = capital ? 1 : 0;
  };
  for (let i = 0; i < text.length; i++) {
    const code = charCodeAt(text, i);
    const letter = code | 32;
    if (code < 128 && letter >= 97 && letter <= 122) add(LETTERS + letter, code < 97);
    else if (code >= 48 && code <= 57) {
      if (!numeric) add(DIGITS + code, false);
      else {
        // As its length, then its digits: leading zeros do not count.
        let from = i;
        while (i + 1 < text.length && charCodeAt(text, i + 1) >= 48 && charCodeAt(text, i + 1) <= 57) i++;
        while (from < i && charCodeAt(text, from) === 48) from++;
        if (i - from > 200)
          throw new RangeErrorCtor('localeCompare: numbers of more than 200 digits are not compared here');
        add(DIGITS - 0.5 + (i - from) / 1000, false);
        for (let at = from; at <= i; at++) add(DIGITS + charCodeAt(text, at), false);
      }
    } else if (code < 128) {
      const at = indexOf(SIGNS, fromCharCode(code));
      if (at >= 0) add(1 + at, false);
    } else {
      const at = indexOf(ACCENTS, fromCharCode(code));
      // An accent that does not stand on a letter has an order of its own.
      const last = secondary.length - 1;
      if (at < 0 || last < 0 || (primary[last] as number) < LETTERS || secondary[last] !== 0) unknown(code);
      secondary[last] = at + 1;
    }
  }
  return keys;
}

function order(a: readonly number[], b: readonly number[]): number {
  for (let i = 0; i < a.length && i < b.length; i++) {
    if (a[i] !== b[i]) return (a[i] as number) < (b[i] as number) ? -1 : 1;
  }
  return a.length === b.length ? 0 : a.length < b.length ? -1 : 1;
}

function localeCompare(
  this: unknown,
  that: unknown,
  locales: unknown = undefined,
  options: unknown = undefined,
): number {
  if (this === undefined || this === null) throw new TypeErrorCtor('localeCompare: there is no text');
  const a = toStr(this);
  const b = toStr(that);
  onlyEnglish(locales, 'localeCompare');
  const given = isObject(options) ? options : undefined;
  if (options === null) throw new TypeErrorCtor('localeCompare: the options must be an object');
  const refuse = (name: string, only: string): void => {
    const value = option(given, name);
    if (value !== undefined && toStr(value) !== only)
      throw new RangeErrorCtor('localeCompare: the option ' + name + ' is not supported here');
  };
  refuse('usage', 'sort');
  refuse('caseFirst', 'false');
  refuse('ignorePunctuation', 'false');
  refuse('collation', 'default');
  const asked = option(given, 'sensitivity');
  const sensitivity = asked === undefined ? 'variant' : toStr(asked);
  const levels =
    sensitivity === 'base' ? 1 : sensitivity === 'accent' ? 2 : sensitivity === 'variant' ? 3 : 0;
  if (levels === 0)
    throw new RangeErrorCtor('localeCompare: sensitivity must be base, accent or variant here');
  if (a === b) return 0;
  const numeric = !!option(given, 'numeric');
  const left = keysOf(a, numeric);
  const right = keysOf(b, numeric);
  let found = order(left.primary, right.primary);
  if (found === 0 && levels > 1) found = order(left.secondary, right.secondary);
  if (found === 0 && levels > 2) found = order(left.tertiary, right.tertiary);
  return found;
}

const OWN_CASE: RegExp = /^(?:tr|az|lt)(?:-|$)/;

function toCase(name: string, convert: (text: string) => string, greek: boolean): void {
  const methods = {
    [name](this: unknown, locales: unknown = undefined): string {
      if (this === undefined || this === null) throw new TypeErrorCtor(name + ': there is no text');
      const text = toStr(this);
      const tag = firstLocale(locales);
      if (
        tag !== undefined &&
        (regExec(OWN_CASE, tag) !== null || (greek && slice(tag + '-', 0, 3) === 'el-'))
      )
        throw new RangeErrorCtor(name + ': the rules of ' + slice(tag, 0, 50) + ' are not here');
      return convert(text);
    },
  };
  hidden(StringPrototype, name, methods[name]);
}

export function installLocaleText(): void {
  hidden(StringPrototype, 'localeCompare', localeCompare);
  toCase('toLocaleLowerCase', toLowerCase, false);
  toCase('toLocaleUpperCase', toUpperCase, true);
}
