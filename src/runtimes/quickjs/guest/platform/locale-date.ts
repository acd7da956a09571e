/** Date.prototype.toLocaleString and its kin, for en-US in UTC, in their default form. */
import { checkOptions, onlyEnglish, option } from './locale.ts';
import {
  DateCtor,
  DateGetTime,
  DateParts,
  indexOf,
  isNaNValue,
  NumberToString,
  RangeErrorCtor,
  slice,
  toUpperCase,
} from './primordials.ts';
import { hidden, toStr } from './webidl.ts';

const KNOWN = ' timeZone: "UTC"; build the text from the parts of the date, or bring a library';
const OTHERS: readonly string[] = [
  'localeMatcher', 'best fit', 'calendar', 'gregory', 'numberingSystem', 'latn', 'hour12', 'true', 'hourCycle', 'h12', 'formatMatcher', 'best fit',
  'weekday', '', 'era', '', 'year', '', 'month', '', 'day', '', 'dayPeriod', '', 'hour', '', 'minute', '', 'second', '', 'fractionalSecondDigits', '',
  'timeZoneName', '', 'dateStyle', '', 'timeStyle', '',
]; // biome-ignore format: pairs
const UTC = ' UTC ETC/UTC ETC/UCT ETC/GMT GMT ';
/** Before the Gregorian calendar, the libraries browsers use count otherwise. */
const FIRST_YEAR = 1583;

function check(locales: unknown, options: unknown, where: string): void {
  onlyEnglish(locales, where);
  const given = checkOptions(options, where, KNOWN, OTHERS);
  const zone = option(given, 'timeZone');
  if (zone === undefined) return;
  const name = toStr(zone);
  if (indexOf(name, ' ') >= 0 || indexOf(UTC, ' ' + toUpperCase(name) + ' ') < 0)
    throw new RangeErrorCtor(where + ': the only time zone here is UTC, got ' + slice(name, 0, 50));
}

const two = (n: number): string => (n < 10 ? '0' : '') + NumberToString(n);

function textOf(date: unknown, where: string, withDate: boolean, withTime: boolean): string {
  if (isNaNValue(DateGetTime(date))) return 'Invalid Date';
  const year = DateParts.year(date);
  if (withDate && year < FIRST_YEAR)
    throw new RangeErrorCtor(
      where + ': years before ' + FIRST_YEAR + ' are not supported here; use toISOString()',
    );
  const hour = DateParts.hours(date);
  const time =
    NumberToString(hour % 12 === 0 ? 12 : hour % 12) +
    ':' + two(DateParts.minutes(date)) + ':' + two(DateParts.seconds(date)) + (hour < 12 ? ' AM' : ' PM'); // biome-ignore format: one text
  const day =
    NumberToString(DateParts.month(date) + 1) +
    '/' +
    NumberToString(DateParts.day(date)) +
    '/' +
    NumberToString(year);
  return withDate ? (withTime ? day + ', ' + time : day) : time;
}

export function installLocaleDate(): void {
  const { prototype } = DateCtor;
  const define = (name: string, withDate: boolean, withTime: boolean): void => {
    const methods = {
      [name](this: unknown, locales: unknown = undefined, options: unknown = undefined): string {
        DateGetTime(this);
        check(locales, options, name);
        return textOf(this, name, withDate, withTime);
      },
    };
    hidden(prototype, name, methods[name]);
  };
  define('toLocaleString', true, true);
  define('toLocaleDateString', true, false);
  define('toLocaleTimeString', false, true);
}
