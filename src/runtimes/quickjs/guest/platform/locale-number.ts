/** Number.prototype.toLocaleString and its kin, for en-US: grouping, fraction digits, percent and the best-known currencies. */
import { checkOptions, onlyEnglish, option } from './locale.ts';
import {
  ArrayPrototype,
  apply,
  BigIntPrototype,
  BigIntValueOf,
  Bytes,
  floor,
  getPrototypeOf,
  indexOf,
  isNaNValue,
  NumberCtor,
  NumberPrototype,
  NumberToString,
  NumberValueOf,
  RangeErrorCtor,
  repeat,
  StringCtor,
  slice,
  startsWith,
  TypeErrorCtor,
  toUpperCase,
  typedArrayLength,
} from './primordials.ts';
import { hidden, list, toStr } from './webidl.ts';

const WHERE = 'toLocaleString';
const KNOWN =
  ' style (decimal, percent, currency), currency, minimumFractionDigits, maximumFractionDigits, minimumIntegerDigits and useGrouping';
/** Names of options, and the only value each may have. */
const OTHERS: readonly string[] = [
  'localeMatcher', 'best fit', 'numberingSystem', 'latn', 'currencyDisplay', 'symbol', 'currencySign', 'standard', 'unit', '',
  'notation', 'standard', 'compactDisplay', 'short', 'signDisplay', 'auto', 'minimumSignificantDigits', '', 'maximumSignificantDigits', '',
  'roundingIncrement', '1', 'roundingMode', 'halfExpand', 'roundingPriority', 'auto', 'trailingZeroDisplay', 'auto',
]; // biome-ignore format: pairs
/** What stands before the amount in en-US, by code; the digit is how many follow the point. */
const CURRENCIES =
  ' USD2$ EUR2€ GBP2£ JPY0¥ CHF2CHF\u00a0 CAD2CA$ AUD2A$ INR2₹ CNY2CN¥ KRW0₩ MXN2MX$ BRL2R$ NZD2NZ$ HKD2HK$ ILS2₪ VND0₫ TWD2NT$' +
  ' SEK2SEK\u00a0 NOK2NOK\u00a0 DKK2DKK\u00a0 PLN2PLN\u00a0 CZK2CZK\u00a0 TRY2TRY\u00a0 ZAR2ZAR\u00a0 SGD2SGD\u00a0 ';

interface Format {
  readonly prefix: string;
  readonly suffix: string;
  /** Places the point moves to the right. */
  readonly shift: number;
  readonly least: number;
  readonly most: number;
  readonly integer: number;
  readonly grouped: boolean;
}

function digitsOption(value: unknown, name: string, low: number, high: number): number | undefined {
  if (value === undefined) return undefined;
  const number = NumberCtor(value) as number;
  if (!(number >= low && number <= high)) throw new RangeErrorCtor(name + ' value is out of range.');
  return floor(number);
}

function grouping(value: unknown): boolean {
  if (value === undefined || value === true || value === 'auto' || value === 'always') return true;
  if (value === false) return false;
  throw new RangeErrorCtor(WHERE + ': useGrouping must be true, false, "auto" or "always" here');
}

const PLAIN: Format = { prefix: '', suffix: '', shift: 0, least: 0, most: 3, integer: 1, grouped: true };

function formatOf(locales: unknown, options: unknown): Format {
  onlyEnglish(locales, WHERE);
  const given = checkOptions(options, WHERE, KNOWN, OTHERS);
  if (given === undefined) return PLAIN;
  const styled = option(given, 'style');
  const style = styled === undefined ? 'decimal' : toStr(styled);
  if (style !== 'decimal' && style !== 'percent' && style !== 'currency')
    throw new RangeErrorCtor(
      WHERE + ': style must be decimal, percent or currency here, got ' + slice(style, 0, 50),
    );
  let prefix = '';
  let low = 0;
  let high = style === 'percent' ? 0 : 3;
  if (style === 'currency') {
    const code = option(given, 'currency');
    if (code === undefined) throw new TypeErrorCtor('Currency code is required with currency style.');
    const name = toUpperCase(toStr(code));
    const at = name.length === 3 && indexOf(name, ' ') < 0 ? indexOf(CURRENCIES, ' ' + name) : -1;
    if (at < 0)
      throw new RangeErrorCtor(WHERE + ': the currency ' + slice(name, 0, 50) + ' is not supported here');
    low = high = NumberCtor(slice(CURRENCIES, at + 4, at + 5)) as number;
    prefix = slice(CURRENCIES, at + 5, indexOf(CURRENCIES, ' ', at + 5));
  }
  const integer = digitsOption(option(given, 'minimumIntegerDigits'), 'minimumIntegerDigits', 1, 21) ?? 1;
  const least = digitsOption(option(given, 'minimumFractionDigits'), 'minimumFractionDigits', 0, 100);
  const most = digitsOption(option(given, 'maximumFractionDigits'), 'maximumFractionDigits', 0, 100);
  if (least !== undefined && most !== undefined && least > most)
    throw new RangeErrorCtor('maximumFractionDigits value is out of range.');
  if (least !== undefined && most === undefined && least > high) high = least;
  if (most !== undefined && least === undefined && most < low) low = most;
  return {
    prefix,
    suffix: style === 'percent' ? '%' : '',
    shift: style === 'percent' ? 2 : 0,
    least: least ?? low,
    most: most ?? high,
    integer,
    grouped: grouping(option(given, 'useGrouping')),
  };
}

/** Digits of a number and where their point is, from the shortest text that means it. */
function decimalOf(text: string): { digits: string; point: number } {
  const e = indexOf(text, 'e');
  const mantissa = e < 0 ? text : slice(text, 0, e);
  const dot = indexOf(mantissa, '.');
  const digits = dot < 0 ? mantissa : slice(mantissa, 0, dot) + slice(mantissa, dot + 1);
  const point = (dot < 0 ? mantissa.length : dot) + (e < 0 ? 0 : (NumberCtor(slice(text, e + 1)) as number));
  return { digits, point };
}

/** Adds one to a text of digits. */
function increment(digits: string): string {
  let at = digits.length - 1;
  while (at >= 0 && digits[at] === '9') at--;
  const zeros = repeat('0', digits.length - 1 - at);
  if (at < 0) return '1' + zeros;
  return slice(digits, 0, at) + NumberToString((NumberCtor(digits[at]) as number) + 1) + zeros;
}

/** A positive number, as the shortest text that means it. */
function write(text: string, format: Format): string {
  let { digits, point } = decimalOf(text);
  point += format.shift;
  if (point < 0) {
    digits = repeat('0', -point) + digits;
    point = 0;
  }
  if (point > digits.length) digits += repeat('0', point - digits.length);
  const end = point + format.most;
  if (digits.length > end) {
    const up = (digits[end] as string) >= '5';
    digits = slice(digits, 0, end);
    if (up) {
      const longer = increment(digits === '' ? '0' : digits);
      point += longer.length - digits.length;
      digits = longer;
    }
  }
  let whole = slice(digits, 0, point);
  while (startsWith(whole, '0')) whole = slice(whole, 1);
  if (whole.length < format.integer) whole = repeat('0', format.integer - whole.length) + whole;
  let fraction = slice(digits, point);
  while (fraction.length > format.least && fraction[fraction.length - 1] === '0')
    fraction = slice(fraction, 0, -1);
  if (fraction.length < format.least) fraction += repeat('0', format.least - fraction.length);
  let out = '';
  if (format.grouped) {
    while (whole.length > 3) {
      out = ',' + slice(whole, -3) + out;
      whole = slice(whole, 0, -3);
    }
  }
  out = whole + out;
  return format.prefix + (fraction === '' ? out : out + '.' + fraction) + format.suffix;
}

function numberText(value: number, format: Format): string {
  if (isNaNValue(value)) return format.prefix + 'NaN' + format.suffix;
  const negative = value < 0 || (value === 0 && 1 / value < 0);
  const size = negative ? -value : value;
  const text = size === 1 / 0 ? format.prefix + '∞' + format.suffix : write(NumberToString(size), format);
  return negative ? '-' + text : text;
}

function numberToLocaleString(
  this: unknown,
  locales: unknown = undefined,
  options: unknown = undefined,
): string {
  return numberText(NumberValueOf(this), formatOf(locales, options));
}

function bigintToLocaleString(
  this: unknown,
  locales: unknown = undefined,
  options: unknown = undefined,
): string {
  const value = BigIntValueOf(this);
  const format = formatOf(locales, options);
  return value < 0n ? '-' + write(StringCtor(-value), format) : write(StringCtor(value), format);
}

/** Hands locales and options on to the elements, which the engine's own does not. */
function listText(items: ArrayLike<unknown>, length: number, locales: unknown, options: unknown): string {
  let out = '';
  for (let i = 0; i < length; i++) {
    if (i > 0) out += ',';
    const item = items[i];
    if (item === undefined || item === null) continue;
    out += toStr(apply((item as { toLocaleString: () => unknown }).toLocaleString, item, [locales, options]));
  }
  return out;
}

/** Lists being written, so that one that holds itself ends. */
const open: unknown[] = list();
function arrayToLocaleString(
  this: unknown,
  locales: unknown = undefined,
  options: unknown = undefined,
): string {
  for (let i = 0; i < open.length; i++) if (open[i] === this) return '';
  const at = open.length;
  open.length = at + 1;
  open[at] = this;
  try {
    const items = this as ArrayLike<unknown>;
    return listText(items, items.length, locales, options);
  } finally {
    open.length = at;
  }
}

function typedToLocaleString(
  this: unknown,
  locales: unknown = undefined,
  options: unknown = undefined,
): string {
  return listText(this as ArrayLike<unknown>, typedArrayLength(this), locales, options);
}

export function installLocaleNumber(): void {
  hidden(NumberPrototype, WHERE, numberToLocaleString);
  hidden(BigIntPrototype, WHERE, bigintToLocaleString);
  hidden(ArrayPrototype, WHERE, arrayToLocaleString);
  hidden(getPrototypeOf(Bytes.prototype) as object, WHERE, typedToLocaleString);
}
