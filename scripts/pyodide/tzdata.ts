/**
 * The time zone database as Python's `zoneinfo` reads it: one TZif file (RFC 9636) for each zone, made from the tables of
 * moment-timezone, which the npm registry has and which hold every change from the beginning to 2037.
 */
import { readFileSync } from 'node:fs';
import moment from 'moment-timezone';
import { root } from '../stamp.ts';

interface Zone {
  readonly name: string;
  readonly abbrs: readonly string[];
  /** When each period ends, in milliseconds; the last one does not. */
  readonly untils: readonly (number | null)[];
  /** Minutes west of UTC. */
  readonly offsets: readonly number[];
}

interface Database {
  readonly version: string;
  /** `name|abbreviations|offsets|indices|untils|population`, numbers in base 60. */
  readonly zones: readonly string[];
  /** `zone|other name of it`. */
  readonly links: readonly string[];
}

interface Period {
  /** Seconds since the epoch; the first one has no beginning. */
  readonly from: number;
  /** Seconds east of UTC. */
  readonly offset: number;
  readonly name: string;
  /** The tables do not say: a period between two with an earlier clock that is shorter than a year. */
  readonly summer: boolean;
}

const unpack = (moment.tz as unknown as { unpack(packed: string): Zone }).unpack;

const DAY = 86_400;
const LONGEST_SUMMER = 330 * DAY;
/** Years whose rules are taken for those of all later ones. */
const RULE_YEARS = [2031, 2032, 2033, 2034, 2035, 2036];

/** Whether a clock is ahead of another; where the date line was moved between them, nothing can be said against it. */
const isLater = (offset: number, other: number): boolean => offset > other || other - offset > DAY / 2;

function periodsOf({ abbrs, untils, offsets }: Zone): Period[] {
  const from = (i: number): number =>
    i === 0 ? Number.NEGATIVE_INFINITY : Math.round((untils[i - 1] as number) / 1000);
  const offset = (i: number): number => -Math.round((offsets[i] as number) * 60);
  return abbrs.map((name, i) => ({
    from: from(i),
    offset: offset(i),
    name,
    summer:
      i > 0 &&
      i + 1 < abbrs.length &&
      isLater(offset(i), offset(i - 1)) &&
      isLater(offset(i), offset(i + 1)) &&
      from(i + 1) - from(i) < LONGEST_SUMMER,
  }));
}

function posixOffset(seconds: number): string {
  const west = Math.abs(seconds);
  const parts = [Math.floor(west / 3600), Math.floor(west / 60) % 60, west % 60];
  while (parts.length > 1 && parts.at(-1) === 0) parts.pop();
  // POSIX counts west of Greenwich.
  return (
    (seconds > 0 ? '-' : '') +
    parts.map((part, i) => (i === 0 ? part : String(part).padStart(2, '0'))).join(':')
  );
}

const posixName = (name: string): string => (/^[A-Za-z]{3,}$/.test(name) ? name : `<${name}>`);

/** `Mmonth.week.day/time` of changes that follow one rule, or null. */
function ruleOf(changes: readonly { readonly at: number; readonly before: number }[]): string | null {
  const seen = changes.map(({ at, before }) => {
    const local = new Date((at + before) * 1000);
    const day = local.getUTCDate();
    const days = new Date(Date.UTC(local.getUTCFullYear(), local.getUTCMonth() + 1, 0)).getUTCDate();
    return {
      month: local.getUTCMonth() + 1,
      weekday: local.getUTCDay(),
      week: Math.ceil(day / 7),
      last: day + 7 > days,
      time: local.getUTCHours() * 3600 + local.getUTCMinutes() * 60 + local.getUTCSeconds(),
    };
  });
  const [first] = seen;
  if (first === undefined) return null;
  const same = seen.every(
    ({ month, weekday, time }) => month === first.month && weekday === first.weekday && time === first.time,
  );
  const week = seen.every(({ last }) => last)
    ? 5
    : seen.every(({ week: n }) => n === first.week)
      ? first.week
      : 0;
  if (!same || week === 0) return null;
  return `M${first.month}.${week}.${first.weekday}/${posixOffset(-first.time)}`;
}

/** The rule for the years after the tables, as a POSIX TZ string. */
function footer(periods: readonly Period[]): string {
  const last = periods.at(-1) as Period;
  const fixed = posixName(last.name) + posixOffset(last.offset);
  const inYear = (year: number): { into: Period; before: number }[] =>
    periods.flatMap((into, i) =>
      i > 0 && new Date(into.from * 1000).getUTCFullYear() === year
        ? [{ into, before: (periods[i - 1] as Period).offset }]
        : [],
    );
  const years = RULE_YEARS.map(inYear);
  if (years.some(changes => changes.length !== 2)) return fixed;
  const pick = (summer: boolean): { into: Period; before: number }[] =>
    years.flatMap(changes => changes.filter(({ into }) => into.summer === summer));
  const [to, back] = [pick(true), pick(false)];
  const [summer, winter] = [to[0]?.into, back[0]?.into];
  if (to.length !== RULE_YEARS.length || summer === undefined || winter === undefined) return fixed;
  const begin = ruleOf(to.map(({ into, before }) => ({ at: into.from, before })));
  const end = ruleOf(back.map(({ into, before }) => ({ at: into.from, before })));
  if (begin === null || end === null) return fixed;
  const ahead = summer.offset - winter.offset === 3600 ? '' : posixOffset(summer.offset);
  return `${posixName(winter.name)}${posixOffset(winter.offset)}${posixName(summer.name)}${ahead},${begin},${end}`;
}

/** Whether the footer's rule, `Mmonth.week.day/time`, is what this change follows. */
function follows(rule: string, at: number, before: number): boolean {
  const [, month, week, weekday, time] = /^M(\d+)\.(\d)\.(\d)\/(.*)$/.exec(rule) ?? [];
  const local = new Date((at + before) * 1000);
  const own = ruleOf([{ at, before }]);
  const nth = String(Math.ceil(local.getUTCDate() / 7));
  const [, ownMonth, ownWeek, ownWeekday, ownTime] = /^M(\d+)\.(\d)\.(\d)\/(.*)$/.exec(own ?? '') ?? [];
  return (
    ownMonth === month && ownWeekday === weekday && ownTime === time && (ownWeek === week || nth === week)
  );
}

/** Without the changes at the end that the footer says as well. */
function slim(periods: readonly Period[], text: string): readonly Period[] {
  const [, begin, end] = text.split(',');
  const [summer, winter] = [periods.findLast(({ summer }) => summer), periods.at(-1)];
  if (begin === undefined || end === undefined || summer === undefined || winter === undefined)
    return periods;
  let kept = periods.length;
  while (kept > 1) {
    const [before, into] = [periods[kept - 2] as Period, periods[kept - 1] as Period];
    const model = into.summer ? summer : winter;
    if (into.offset !== model.offset || into.name !== model.name) break;
    // A year without changes: the rule did not hold then.
    const next = periods[kept];
    if (next !== undefined && next.from - into.from > LONGEST_SUMMER) break;
    if (!follows(into.summer ? begin : end, into.from, before.offset)) break;
    kept--;
  }
  // The last change before the rule begins stays: it says since when the rule holds.
  return periods.slice(0, Math.min(periods.length, kept + 1));
}

function header(times: number, types: number, characters: number): Buffer {
  const bytes = Buffer.alloc(44);
  bytes.write('TZif2', 'latin1');
  bytes.writeUInt32BE(times, 32);
  bytes.writeUInt32BE(types, 36);
  bytes.writeUInt32BE(characters, 40);
  return bytes;
}

export function tzif(zone: Zone): Uint8Array {
  const all = periodsOf(zone);
  const rule = footer(all);
  const periods = slim(all, rule);
  const changes = periods.slice(1);
  const types: Period[] = [];
  const typeOf = ({ offset, name, summer }: Period): number => {
    const found = types.findIndex(
      type => type.offset === offset && type.name === name && type.summer === summer,
    );
    return found >= 0 ? found : types.push({ from: 0, offset, name, summer }) - 1;
  };
  const indices = periods.map(typeOf);
  const names = [...new Set(types.map(({ name }) => name))];
  const text = Buffer.from(names.map(name => `${name}\0`).join(''), 'latin1');
  const at = (name: string): number =>
    names.slice(0, names.indexOf(name)).reduce((sum, { length }) => sum + length + 1, 0);
  const times = Buffer.alloc(changes.length * 9);
  changes.forEach(({ from }, i) => {
    times.writeBigInt64BE(BigInt(from), i * 8);
    times.writeUInt8(indices[i + 1] as number, changes.length * 8 + i);
  });
  const infos = Buffer.alloc(types.length * 6);
  types.forEach(({ offset, summer, name }, i) => {
    infos.writeInt32BE(offset, i * 6);
    infos.writeUInt8(summer ? 1 : 0, i * 6 + 4);
    infos.writeUInt8(at(name), i * 6 + 5);
  });
  return Buffer.concat([
    // Version 1 had 32 bits for a time; nobody reads it.
    header(0, 1, 1),
    Buffer.alloc(7),
    header(changes.length, types.length, text.length),
    times,
    infos,
    text,
    Buffer.from(`\n${rule}\n`, 'latin1'),
  ]);
}

/** Name → file, other names of a zone included. */
export function timeZones(): Map<string, Uint8Array> {
  const { zones, links } = JSON.parse(
    readFileSync(`${root}node_modules/moment-timezone/data/packed/latest.json`, 'utf8'),
  ) as Database;
  const files = new Map(zones.map(unpack).map(zone => [zone.name, tzif(zone)] as const));
  for (const link of links) {
    const [zone = '', name = ''] = link.split('|');
    const file = files.get(zone);
    if (file !== undefined) files.set(name, file);
  }
  return files;
}
