/** Time as the guest sees it: milliseconds, and always UTC. */
import { Errno, guarded } from './errno.ts';
import type { GuestMemory } from './memory.ts';

const REALTIME = 0;
const NS_PER_MS = 1_000_000n;
/** Fields of `struct tm`, 32 bits each: sec min hour mday mon year wday yday isdst, then the zone's offset. */
const TM_BYTES = 40;
const DAY_MS = 86_400_000;
/** Where dates of JavaScript end. */
const MAX_SECONDS = 8_640_000_000_000n;

type Call = (...args: never[]) => unknown;

export function createClock(
  memory: () => GuestMemory,
  now: () => number,
  monotonic: () => number,
): Readonly<Record<string, Call>> {
  const writeTm = (date: Date, at: number): void => {
    const { view } = memory();
    memory().range(at, TM_BYTES);
    const year = date.getUTCFullYear();
    const yearStart = new Date(0);
    yearStart.setUTCFullYear(year, 0, 1);
    const fields = [
      date.getUTCSeconds(),
      date.getUTCMinutes(),
      date.getUTCHours(),
      date.getUTCDate(),
      date.getUTCMonth(),
      year - 1900,
      date.getUTCDay(),
      Math.floor((date.getTime() - yearStart.getTime()) / DAY_MS),
      0,
      0,
    ];
    fields.forEach((field, i) => {
      view.setInt32((at >>> 0) + i * 4, field, true);
    });
  };
  const fromSeconds = (seconds: bigint, at: number): void => {
    const capped = seconds > MAX_SECONDS ? MAX_SECONDS : seconds < -MAX_SECONDS ? -MAX_SECONDS : seconds;
    writeTm(new Date(Number(capped) * 1000), at);
  };
  const toSeconds = (at: number): bigint => {
    if ((at >>> 0) + TM_BYTES > memory().bytes.length) return -1n;
    memory().range(at, TM_BYTES);
    const field = (i: number): number => memory().view.getInt32((at >>> 0) + i * 4, true);
    const date = new Date(0);
    date.setUTCFullYear(field(5) + 1900, field(4), field(3));
    date.setUTCHours(field(2), field(1), field(0));
    if (Number.isNaN(date.getTime())) return -1n;
    writeTm(date, at);
    return BigInt(Math.floor(date.getTime() / 1000));
  };
  const calls: Record<string, Call> = {
    clock_time_get: (clock: number, _precision: bigint, out: number) => {
      memory().range(out, 8);
      const ms = clock === REALTIME ? now() : monotonic();
      memory().view.setBigUint64(out >>> 0, BigInt(Math.floor(ms)) * NS_PER_MS, true);
      return 0;
    },
    clock_res_get: (clock: number, out: number) => {
      if (clock < 0 || clock > 3) return Errno.EINVAL;
      memory().range(out, 8);
      memory().view.setBigUint64(out >>> 0, NS_PER_MS, true);
      return 0;
    },
    emscripten_date_now: now,
    emscripten_get_now: monotonic,
    _tzset_js: (zone: number, daylight: number, standard: number, summer: number) => {
      const { view } = memory();
      view.setInt32(zone >>> 0, 0, true);
      view.setInt32(daylight >>> 0, 0, true);
      for (const name of [standard, summer]) memory().putText(name, 4, 'UTC');
    },
    _localtime_js: fromSeconds,
    _gmtime_js: fromSeconds,
    _mktime_js: toSeconds,
    _timegm_js: toSeconds,
  };
  return Object.fromEntries(Object.entries(calls).map(([name, call]) => [name, guarded(call, 1)]));
}
