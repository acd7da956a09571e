/**
 * The calls of one run: what its cell asks for, held to policy and limits, and the account of it. A cell is believed nothing;
 * a host function is the embedder's own, but its answers are encoded like any input, so that nothing of it crosses but data.
 */

import { SandboxError } from '../../core/errors.ts';
import type { CallRecord } from '../../core/result.ts';
import { cleanText } from '../../core/text.ts';
import { coversFunction } from '../../policy/functions.ts';
import type { NetCall, NetWay } from '../../protocol/net.ts';
import { NET_CAPS } from '../../protocol/net.ts';
import { decodeValue, encodeValue, ProtocolError } from '../../protocol/value-codec.ts';
import { described, Fault, limitFault, refusedFault, timeoutFault, toldOf } from './fault.ts';
import { closing, Items, iteratorOf } from './items.ts';
import {
  type CallingRun,
  type CallPort,
  type FunctionsAccount,
  type FunctionsGrant,
  type Line,
  NO_CALLS,
} from './line.ts';
import { noteSignal, within } from './lineage.ts';
import type { Declared } from './registry.ts';
import { checkAgainst } from './schema.ts';
import type { CallContext } from './types.ts';

/** Calls a report names. */
const MOST_RECORDS = 1_000;
/** Of functions that outlived their runs, in one sandbox: more would be work piling up that nobody waits for. */
const MOST_ABANDONED = 1_000;

type CallRequest = Extract<NetCall, { op: 'call' }>;

export class RunFunctions {
  readonly #grant: FunctionsGrant;
  readonly #run: CallingRun;
  readonly #lines: Map<number, Line> = new Map();
  readonly #waiting: Line[] = [];
  readonly #records: CallRecord[] = [];
  readonly #denied: Set<string> = new Set();
  readonly #used: Map<Declared, number> = new Map();
  #port: CallPort | null = null;
  #calls = 0;
  #unrecorded = 0;
  #running = 0;
  #owed = 0;
  /** Iterables of which no item is asked for: each keeps its place until it ends. */
  #idleItems = 0;
  #inputBytes = 0;
  #outputBytes = 0;
  #firstAt = 0;
  #busySince = 0;
  #callMs = 0;
  #runId = '';
  #closed = false;
  #isDraining = false;

  constructor(grant: FunctionsGrant, run: CallingRun) {
    this.#grant = grant;
    this.#run = run;
  }

  /** Whether this is the number of a call under way. */
  has(id: number): boolean {
    return this.#lines.has(id);
  }

  /** False for what no healthy cell sends. */
  call({ id, way, index, args }: CallRequest, port: CallPort): boolean {
    const { limits } = this.#run;
    const target = this.#grant.registry.list[index];
    if (target === undefined || ++this.#calls > limits.functionCalls + NET_CAPS.spareRequests) return false;
    this.#port = port;
    const startedAt = this.#now();
    if (this.#calls === 1) this.#firstAt = startedAt;
    const line: Line = {
      id, target, startedAt, way, args, inputBytes: args.length, outputBytes: 0, stop: null, timer: undefined, items: null,
      isReading: false, isRunning: false, abandoned: false,
      owed: false, over: false,
    }; // biome-ignore format: a list
    this.#owe(line);
    this.#lines.set(id, line);
    this.#inputBytes += args.length;
    const refusal = this.#refusal(line);
    if (refusal !== null) this.#fail(line, refusal);
    else if (this.#busy >= limits.functionsInFlight) this.#waiting.push(line);
    else return this.#start(line);
    return true;
  }

  /** The next item of an iterable. False for what no healthy cell sends. */
  read(id: number, way: NetWay): boolean {
    const line = this.#lines.get(id);
    if (line === undefined) return true;
    if (line.items === null || line.isReading) return false;
    line.way = way;
    line.isReading = true;
    this.#owe(line);
    void this.#pull(line, line.items);
    return true;
  }

  cancel(id: number): void {
    const line = this.#lines.get(id);
    if (line !== undefined) this.#end(line, 'cancelled', null);
  }

  /** The run is over: what is under way is told so, and its answers are dropped. Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#waiting.length = 0;
    for (const line of [...this.#lines.values()]) this.#end(line, 'cancelled', null);
  }

  get account(): FunctionsAccount {
    if (this.#calls === 0) return NO_CALLS;
    return {
      records: Object.freeze([...this.#records]),
      unrecorded: this.#unrecorded,
      calls: this.#calls,
      callMs: this.#callMs,
      denied: Object.freeze([...this.#denied]),
    };
  }

  /** Its guest waits for the host from now on. */
  #owe(line: Line): void {
    line.owed = true;
    if (++this.#owed > 1) return;
    this.#busySince = this.#now();
    this.#port?.waits(true);
  }

  #pay(line: Line, now: number): void {
    if (!line.owed) return;
    line.owed = false;
    if (--this.#owed > 0) return;
    this.#callMs += now - this.#busySince;
    if (!this.#closed) this.#port?.waits(false);
  }

  #now(): number {
    return this.#grant.shared.platform.now();
  }

  /** Places that are taken, of functionsInFlight. */
  get #busy(): number {
    return this.#running + this.#idleItems;
  }

  /** What keeps a call from being made at all. */
  #refusal({ target }: Line): Fault | null {
    const { name, maxCalls } = target;
    const { shared } = this.#grant;
    const { functionCalls, functionInputBytes } = this.#run.limits;
    if (!coversFunction(shared.allowed, name)) {
      this.#denied.add(name);
      return new Fault('denied', 'PermissionError', `${name} is denied: it is not in policy.functions`);
    }
    const used = (this.#used.get(target) ?? 0) + 1;
    this.#used.set(target, used);
    if (this.#calls > functionCalls)
      return limitFault(`${name}: a run may make ${functionCalls} calls, limits.functionCalls`);
    if (used > maxCalls) return limitFault(`${name}: a run may call it ${maxCalls} times`);
    if (this.#inputBytes > functionInputBytes)
      return limitFault(
        `${name}: the arguments of a run may have ${functionInputBytes} bytes, limits.functionInputBytes`,
      );
    if (shared.abandoned >= MOST_ABANDONED)
      return limitFault(`${name}: too many calls of runs that have ended still go on`);
    return null;
  }

  /** False when its arguments are not what a healthy cell sends. */
  #start(line: Line): boolean {
    let args: unknown;
    try {
      args = decodeValue(line.args as Uint8Array, { bytes: line.inputBytes });
    } catch (error) {
      if (!(error instanceof ProtocolError) || error.reason !== 'unsupported') return false;
      this.#fail(line, refusedFault(line.target.name, error.message));
      return true;
    }
    if (!Array.isArray(args)) return false;
    line.args = null;
    const { target } = line;
    if (target.declared && args.length > 1) {
      this.#fail(line, refusedFault(target.name, `it takes one argument, not ${args.length}`));
      return true;
    }
    this.#running++;
    line.isRunning = true;
    const ms = Math.min(target.timeoutMs, this.#run.limits.functionTimeoutMs);
    let settled = false;
    const settle = (value: unknown, fault: Fault | null): void => {
      settled = true;
      this.#settled(line);
      if (!line.over) this.#answer(line, value, fault);
    };
    try {
      const value = this.#invoke(line, args);
      if (!(value instanceof Promise)) {
        settle(value, null);
        return true;
      }
      value.then(
        given => settle(given, null),
        (error: unknown) => settle(undefined, this.#thrown(line, error)),
      );
    } catch (error) {
      settle(undefined, this.#thrown(line, error));
    }
    // Already rejected or resolved promises settle before any timer.
    if (!settled)
      line.timer = setTimeout(() => {
        this.#fail(line, timeoutFault(target.name, ms));
      }, ms);
    return true;
  }

  /** The function's answer, checked; a promise where anything has to be waited for. */
  #invoke(line: Line, args: readonly unknown[]): unknown {
    const { target } = line;
    const depth = this.#run.depth + 1;
    const { platform } = this.#grant.shared;
    if (!target.declared)
      return this.#output(
        line,
        within(platform, depth, () => Reflect.apply(target.call, this.#context(line), args)),
      );
    const go = (input: unknown): unknown =>
      this.#output(
        line,
        within(platform, depth, () => target.call(input, this.#context(line))),
      );
    if (target.input === true) return go(args[0]);
    const checked = checkAgainst(target.input, args[0]);
    const checkedInput = (found: Awaited<typeof checked>): unknown => {
      if ('problem' in found) throw refusedFault(target.name, found.problem);
      // Whoever checked may have taken longer than the call has.
      if (line.over) return undefined;
      return go(found.value);
    };
    return checked instanceof Promise ? checked.then(checkedInput) : checkedInput(checked);
  }

  #output(line: Line, answer: unknown): unknown {
    const given = (value: unknown): unknown => {
      const items = iteratorOf(value);
      return items === null ? this.#checked(line, value) : new Items(items);
    };
    return isThenable(answer) ? Promise.resolve(answer).then(given) : given(answer);
  }

  #checked({ target }: Line, value: unknown): unknown {
    if (target.output === true) return value;
    const fits = (found: Awaited<ReturnType<typeof checkAgainst>>): unknown => {
      if ('problem' in found) throw new Error(`the answer does not fit the output schema: ${found.problem}`);
      return found.value;
    };
    const checked = checkAgainst(target.output, value);
    return checked instanceof Promise ? checked.then(fits) : fits(checked);
  }

  #answer(line: Line, value: unknown, fault: Fault | null): void {
    if (fault !== null) this.#fail(line, fault);
    else if (value instanceof Items) {
      clearTimeout(line.timer);
      line.items = value.iterator;
      this.#idleItems++;
      this.#pay(line, this.#now());
      this.#port?.answer({ op: 'items', id: line.id }, line.way);
    } else this.#give(line, value, true);
  }

  /** Sends a value: the answer, or an item. */
  #give(line: Line, value: unknown, isLast: boolean): void {
    const { functionOutputBytes } = this.#run.limits;
    const { name } = line.target;
    let bytes: Uint8Array;
    try {
      bytes = encodeValue(value, { bytes: functionOutputBytes - this.#outputBytes }, 'answer');
    } catch (error) {
      const tooLarge = error instanceof SandboxError && error.code === 'INPUT_TOO_LARGE';
      if (tooLarge)
        this.#fail(
          line,
          limitFault(
            `${name}: the answers of a run may have ${functionOutputBytes} bytes, limits.functionOutputBytes`,
          ),
        );
      else this.#fail(line, this.#thrown(line, error));
      return;
    }
    this.#outputBytes += bytes.length;
    line.outputBytes += bytes.length;
    const { id, way } = line;
    if (isLast) this.#end(line, 'ok', null);
    else this.#pay(line, this.#now());
    this.#port?.answer({ op: 'value', id, bytes }, way);
  }

  async #pull(line: Line, items: AsyncIterator<unknown>): Promise<void> {
    const ms = Math.min(line.target.timeoutMs, this.#run.limits.functionTimeoutMs);
    const { name } = line.target;
    line.timer = setTimeout(() => this.#fail(line, timeoutFault(name, ms)), ms);
    line.isRunning = true;
    this.#running++;
    this.#idleItems--;
    let step: IteratorResult<unknown> | null = null;
    let value: unknown;
    let fault: Fault | null = null;
    try {
      const { platform } = this.#grant.shared;
      step = await within(platform, this.#run.depth + 1, () => items.next());
      value = step.done === true ? undefined : await this.#checked(line, step.value);
    } catch (error) {
      fault = this.#thrown(line, error);
    }
    clearTimeout(line.timer);
    if (!line.over) this.#idleItems++;
    this.#settled(line);
    if (line.over) return;
    line.isReading = false;
    if (fault !== null) this.#fail(line, fault);
    else if (step?.done === true) {
      const { id, way } = line;
      this.#end(line, 'ok', null);
      this.#port?.answer({ op: 'end', id }, way);
    } else this.#give(line, value, false);
  }

  #fail(line: Line, fault: Fault): void {
    if (line.over) return;
    const { id, way } = line;
    this.#end(line, fault.kind, fault.detail);
    const { kind, name, message } = fault;
    this.#port?.answer({ op: 'fault', id, fault: kind, name, message }, way);
  }

  /** What of an exception the guest may know. */
  #thrown(line: Line, error: unknown): Fault {
    const told = toldOf(error);
    if (told !== null) return told;
    const { name } = line.target;
    try {
      const { onError, plugin } = this.#grant.shared;
      onError?.(error, { name, plugin: plugin ?? this.#run.plugin, runId: this.#id() });
    } catch {
      // Whoever is told of errors must not make more of them.
    }
    return new Fault('failed', 'HostFunctionFailed', `${name} failed`, described(error));
  }

  /** A function has come to its end, whether anybody waits for it or not. */
  #settled(line: Line): void {
    clearTimeout(line.timer);
    line.isRunning = false;
    if (line.abandoned) {
      this.#grant.shared.abandoned--;
      return;
    }
    this.#running--;
    this.#drain();
  }

  /** Starts what waited for its turn. Not from within itself: a thousand functions that do not wait would nest. */
  #drain(): void {
    if (this.#isDraining) return;
    this.#isDraining = true;
    while (this.#busy < this.#run.limits.functionsInFlight) {
      const next = this.#waiting.shift();
      if (next === undefined) break;
      if (!next.over && !this.#start(next)) {
        this.#port?.broken();
        break;
      }
    }
    this.#isDraining = false;
  }

  #end(line: Line, outcome: CallRecord['outcome'], error: string | null): void {
    if (line.over) return;
    line.over = true;
    clearTimeout(line.timer);
    this.#lines.delete(line.id);
    const now = this.#now();
    this.#record(line, now, outcome, error);
    if (line.items !== null && !line.isReading) {
      this.#idleItems--;
      this.#drain();
    }
    if (line.isRunning && !line.abandoned) {
      // Its place is another's now, and the work it goes on with is counted where all such work is.
      line.abandoned = true;
      this.#grant.shared.abandoned++;
      this.#running--;
      this.#drain();
    }
    line.stop?.abort();
    // Its own way to give back what it holds; what it throws is nobody's.
    void closing(line.items);
    this.#pay(line, now);
  }

  #record(line: Line, now: number, outcome: CallRecord['outcome'], error: string | null): void {
    if (this.#records.length >= MOST_RECORDS) {
      this.#unrecorded++;
      return;
    }
    const { target, startedAt, inputBytes, outputBytes } = line;
    const round = (ms: number): number => Math.round(ms * 1000) / 1000;
    this.#records.push(
      Object.freeze({
        name: target.name,
        atMs: round(startedAt - this.#firstAt),
        ms: round(now - startedAt),
        outcome,
        inputBytes,
        outputBytes,
        error,
      }),
    );
  }

  #id(): string {
    if (this.#runId === '') this.#runId = crypto.randomUUID();
    return this.#runId;
  }

  #context(line: Line): CallContext {
    const run = this.#run;
    const runId = (): string => this.#id();
    return {
      plugin: this.#grant.shared.plugin ?? run.plugin,
      get runId() {
        return runId();
      },
      get signal() {
        if (line.stop === null) {
          line.stop = new AbortController();
          noteSignal(line.stop.signal, run.depth + 1);
          if (line.over) line.stop.abort();
        }
        return line.stop.signal;
      },
      log: (text, level = 'info') => {
        if (!line.over) run.log(level, cleanText(String(text), run.limits.logBytes));
      },
    };
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    (typeof value === 'object' || typeof value === 'function') &&
    value !== null &&
    typeof (value as PromiseLike<unknown>).then === 'function'
  );
}
