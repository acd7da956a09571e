import { domException } from './dom-exception.ts';
import {
  arraySort,
  dateNow,
  global,
  isNaNValue,
  NumberCtor,
  RangeErrorCtor,
  TypeErrorCtor,
} from './primordials.ts';
import { only, Singleton } from './singleton.ts';
import { claim, expose, hidden, host, isObject, list, member, need, ordinary, toStr } from './webidl.ts';

const KEY = {};
/** Marks and measures that are kept at once. */
const MAX_ENTRIES = 10_000;

interface EntryState {
  readonly name: string;
  readonly type: 'mark' | 'measure';
  readonly start: number;
  readonly duration: number;
  readonly detail: unknown;
}

let stateOf: (entry: PerformanceEntry) => EntryState;

class PerformanceEntry {
  readonly #state: EntryState;

  static {
    stateOf = entry => entry.#state;
  }

  constructor(key?: unknown, state?: EntryState) {
    if (key !== KEY) throw new TypeErrorCtor('Illegal constructor');
    claim();
    this.#state = state as EntryState;
  }

  get name(): string {
    return this.#state.name;
  }
  get entryType(): string {
    return this.#state.type;
  }
  get startTime(): number {
    return this.#state.start;
  }
  get duration(): number {
    return this.#state.duration;
  }
  toJSON(): object {
    const { name, type, start, duration, detail } = this.#state;
    return { name, entryType: type, startTime: start, duration, detail };
  }
}

class PerformanceMark extends PerformanceEntry {
  constructor(name: unknown, options: unknown = undefined) {
    need(arguments.length, 1, 'PerformanceMark');
    const given = isObject(options) ? options : undefined;
    const text = toStr(name);
    const at = member(given, 'startTime');
    const start = at === undefined ? host.now() : (NumberCtor(at) as number);
    if (isNaNValue(start) || start < 0)
      throw new TypeErrorCtor('PerformanceMark: startTime must not be negative');
    super(KEY, { name: text, type: 'mark', start, duration: 0, detail: member(given, 'detail') ?? null });
  }

  get detail(): unknown {
    return stateOf(this).detail;
  }
}

class PerformanceMeasure extends PerformanceEntry {
  get detail(): unknown {
    return stateOf(this).detail;
  }
}

let entries: PerformanceEntry[] = list();

function keep<T extends PerformanceEntry>(entry: T): T {
  if (entries.length >= MAX_ENTRIES)
    throw new RangeErrorCtor(
      'performance: ' + MAX_ENTRIES + ' entries are kept; call clearMarks or clearMeasures',
    );
  entries[entries.length] = entry;
  return entry;
}

function clear(type: string, name: unknown): void {
  const kept: PerformanceEntry[] = list();
  const only = name === undefined ? undefined : toStr(name);
  for (let i = 0; i < entries.length; i++) {
    const entry = entries[i] as PerformanceEntry;
    const state = stateOf(entry);
    if (state.type !== type || (only !== undefined && state.name !== only)) kept[kept.length] = entry;
  }
  entries = kept;
}

function select(name: unknown, type: unknown): PerformanceEntry[] {
  const found: PerformanceEntry[] = list();
  const named = name === undefined ? undefined : toStr(name);
  const typed = type === undefined ? undefined : toStr(type);
  for (let i = 0; i < entries.length; i++) {
    const state = stateOf(entries[i] as PerformanceEntry);
    if ((named === undefined || state.name === named) && (typed === undefined || state.type === typed))
      found[found.length] = entries[i] as PerformanceEntry;
  }
  return ordinary(arraySort(found, (a, b) => stateOf(a).start - stateOf(b).start));
}

/** A time, or that of the last mark of a name. */
function timeOf(mark: unknown): number {
  if (typeof mark === 'number') {
    if (!(mark >= 0)) throw new TypeErrorCtor('performance.measure: a time must not be negative');
    return mark;
  }
  const name = toStr(mark);
  for (let i = entries.length - 1; i >= 0; i--) {
    const state = stateOf(entries[i] as PerformanceEntry);
    if (state.type === 'mark' && state.name === name) return state.start;
  }
  throw domException('SyntaxError', 'performance.measure: there is no mark of the name ' + name);
}

class Performance extends Singleton {
  readonly #brand = true;

  constructor(key?: unknown) {
    if (key !== KEY) throw new TypeErrorCtor('Illegal constructor');
    super();
  }

  /** Milliseconds since the run began, in whole steps: a finer clock serves attacks on timing. */
  now(): number {
    this.#brand;
    return host.now();
  }

  /** Computed when asked: the object itself is older than the run. */
  get timeOrigin(): number {
    this.#brand;
    return dateNow() - host.now();
  }

  mark(name: unknown, options: unknown = undefined): PerformanceMark {
    this.#brand;
    need(arguments.length, 1, 'performance.mark');
    return keep(new PerformanceMark(name, options));
  }

  measure(name: unknown, from: unknown = undefined, to: unknown = undefined): PerformanceMeasure {
    this.#brand;
    need(arguments.length, 1, 'performance.measure');
    const text = toStr(name);
    const options = isObject(from) ? from : undefined;
    const startMark = options === undefined ? from : member(options, 'start');
    const endMark = options === undefined ? to : member(options, 'end');
    const given = member(options, 'duration');
    const length = given === undefined ? undefined : timeOf(NumberCtor(given));
    if (options !== undefined) {
      if (
        to !== undefined ||
        (startMark === undefined && endMark === undefined) ||
        (length !== undefined && startMark !== undefined && endMark !== undefined)
      )
        throw new TypeErrorCtor(
          'performance.measure: give start or end, at most one of them with a duration',
        );
    }
    const end =
      endMark !== undefined
        ? timeOf(endMark)
        : startMark !== undefined && length !== undefined
          ? timeOf(startMark) + length
          : host.now();
    const start =
      startMark !== undefined
        ? timeOf(startMark)
        : length !== undefined && endMark !== undefined
          ? end - length
          : 0;
    const detail = member(options, 'detail') ?? null;
    return keep(
      new PerformanceMeasure(KEY, { name: text, type: 'measure', start, duration: end - start, detail }),
    );
  }

  clearMarks(name: unknown = undefined): void {
    this.#brand;
    clear('mark', name);
  }

  clearMeasures(name: unknown = undefined): void {
    this.#brand;
    clear('measure', name);
  }

  getEntries(): PerformanceEntry[] {
    this.#brand;
    return select(undefined, undefined);
  }

  getEntriesByName(name: unknown, type: unknown = undefined): PerformanceEntry[] {
    this.#brand;
    need(arguments.length, 1, 'performance.getEntriesByName');
    return select(toStr(name), type);
  }

  getEntriesByType(type: unknown): PerformanceEntry[] {
    this.#brand;
    need(arguments.length, 1, 'performance.getEntriesByType');
    return select(undefined, toStr(type));
  }

  toJSON(): object {
    return { timeOrigin: this.timeOrigin };
  }
}

export function installPerformance(): void {
  expose('PerformanceEntry', PerformanceEntry);
  expose('PerformanceMark', PerformanceMark);
  expose('PerformanceMeasure', PerformanceMeasure);
  expose('Performance', Performance);
  hidden(global, 'performance', only(Performance, KEY));
}
