/** One run inside the machine: from source to a settled value, in steps that give the thread back while it waits. */

import type { NetReply } from '../../protocol/net.ts';
import type { ScriptJob } from '../../protocol/program.ts';
import { type Execution, failed } from '../cell/execution.ts';
import { decodeReply } from '../cell/net-reply.ts';
import { NULL_VALUE, writeBuffer, writeNumber, writeTexts } from './bjson.ts';
import { receiveAnswer } from './doors/answers.ts';
import { hostModule } from './doors/modules.ts';
import type { RunState } from './execution.ts';
import { describeFailure } from './failure.ts';
import type { JobImages } from './job-image.ts';
import type { Machine, MachineHooks } from './machine.ts';
import { enterPlugin, reexport } from './plugin-image.ts';
import { hasPrivateNames } from './private-fields.ts';
import { type Prepared, type PrepareResult, prepareSource } from './source.ts';
import { GuestException } from './values.ts';

/** Flags of JS_Eval (quickjs.h). */
const EVAL_SCRIPT = 0;
const EVAL_MODULE = 1;
const EVAL_ASYNC = 128;

/** JSPromiseStateEnum. */
const PENDING = 0;
const FULFILLED = 1;
const REJECTED = 2;

/** Of LOG_LEVELS in protocol/frames.ts. */
const LEVEL_ERROR = 4;

/** The plugin itself is found under its file name, unless a module has that name. */
export function moduleSource({ modules, prepared, job }: RunState, name: string): string | null {
  const own = name === job.fileName && prepared?.form === 'module' ? prepared.text : null;
  return modules.get(name) ?? own ?? hostModule(job.functions.names, name);
}

/** Of a timer. */
const LONGEST_MS = 0x7fff_ffff;

const sources: Map<string, PrepareResult> = new Map();
let sourcesChars = 0;
const SOURCES_CHARS = 4_000_000;

function prepared(code: string, language: ScriptJob['language'], check: () => void): PrepareResult {
  const key = language + code;
  let known = sources.get(key);
  if (known === undefined) {
    known = prepareSource(code, language, check);
    if (sourcesChars + code.length > SOURCES_CHARS) {
      sources.clear();
      sourcesChars = 0;
    }
    sources.set(key, known);
    sourcesChars += code.length;
  }
  return known;
}

/** Milliseconds until the run wants to go on, or how it ended. */
export function execute(
  machine: Machine,
  run: RunState,
  hooks: MachineHooks,
  images: JobImages,
): number | Execution {
  try {
    machine.resume();
    if (run.stage === 'new') {
      machine.startClock(run.job.timeoutMs);
      const source = prepared(run.code, run.job.language, () => machine.checkDeadline(hooks));
      if ('problem' in source) {
        const { message, line, column } = source.problem;
        return failed('GUEST_SYNTAX', { name: 'SyntaxError', message, line, column });
      }
      if (source.form === 'module' && !source.hasDefault) {
        return failed('GUEST_SYNTAX', {
          name: 'SyntaxError',
          message:
            'the module has no default export: add `export default` before the function or value that is its result',
          line: 1,
          column: 1,
        });
      }
      run.prepared = source;
      enter(machine, run, source, hooks, images);
    }
    machine.checkDeadline(hooks);
    return turn(machine, run, hooks);
  } catch (error) {
    images.dirty(error instanceof GuestException);
    return describeFailure(machine, run, error);
  }
}

function enter(
  machine: Machine,
  run: RunState,
  source: Prepared,
  hooks: MachineHooks,
  images: JobImages,
): void {
  const { job, input } = run;
  run.begun = true;
  const entered = enterPlugin(machine, run, source, images);
  run.context = entered.context;
  run.doors = entered.doors;
  const { values, meta } = machine;
  machine.seedRandom(hooks.seed());
  machine.limit(job.memoryBytes, job.fuel);
  const { fn } = machine.engine;
  const tagged = input[0] === 1 ? fn.QTS_GetTrue() : fn.QTS_GetFalse();
  machine.stackFor('bridge', job.stackBytes);
  values.call(meta.entry.setInput, values.decode(input.subarray(1)), tagged);
  machine.stackFor('guest', job.stackBytes);
  if (source.form === 'script') {
    run.value = values.evaluate(source.text, job.fileName, source.hasAwait ? EVAL_ASYNC : EVAL_SCRIPT);
    run.stage = source.hasAwait ? 'script-await' : 'value';
  } else if (source.form === 'body') {
    run.value = values.call(entered.body);
    run.stage = 'value';
  } else {
    run.value = entered.loaded
      ? values.evaluate(reexport(job.fileName), 'citadel:run', EVAL_MODULE)
      : values.evaluate(source.text, job.fileName, EVAL_MODULE);
    run.stage = 'module';
  }
}

function drainJobs(machine: Machine, hooks: MachineHooks): void {
  const { engine, values, meta } = machine;
  const { fn } = engine;
  while (fn.QTS_IsJobPending(meta.runtime) !== 0) {
    const context = fn.malloc(4);
    const done = values.check(fn.QTS_ExecutePendingJob(meta.runtime, -1, context));
    values.free(done);
    fn.free(context);
    machine.checkDeadline(hooks);
  }
}

function nextTimer(machine: Machine): number {
  const value = machine.values.call(machine.meta.entry.nextTimer);
  const due = machine.values.number(value);
  machine.values.free(value);
  return due;
}

function fireTimers(machine: Machine, nowMs: number): void {
  const { values, meta } = machine;
  const now = values.decode(writeNumber(nowMs));
  values.free(values.call(meta.entry.fireTimers, now));
  values.free(now);
}

/** `kind` indexes NET_ANSWERS. */
function answerOf(reply: NetworkReply): { kind: number; id: number; value: Uint8Array } {
  const { id } = reply;
  if (reply.op === 'data') return { kind: 3, id, value: writeBuffer(reply.bytes) };
  if (reply.op === 'end') return { kind: 4, id, value: NULL_VALUE };
  if (reply.op === 'error') return { kind: 5, id, value: writeTexts([reply.failure]) };
  const { head } = reply;
  if (head.kind === 'denied') return { kind: 1, id, value: writeTexts([head.message]) };
  if (head.kind === 'failed') return { kind: 2, id, value: writeTexts([head.failure]) };
  const { status, redirected, statusText, url, headers } = head;
  return {
    kind: 0,
    id,
    value: writeTexts([String(status), redirected ? '1' : '0', statusText, url, ...headers.flat()]),
  };
}

type NetworkReply = Exclude<NetReply, { op: 'value' | 'fault' | 'items' }>;

/** Hands the guest's platform what the network, or a host function, answered. */
function receiveMail(machine: Machine, run: RunState, hooks: MachineHooks): void {
  for (let bytes = hooks.net.take(); bytes !== null; bytes = hooks.net.take()) {
    const { values, meta } = machine;
    if (receiveAnswer(machine, run, bytes)) {
      machine.checkDeadline(hooks);
      continue;
    }
    const { kind, id, value } = answerOf(decodeReply(bytes) as NetworkReply);
    const given = [values.decode(writeNumber(kind)), values.decode(writeNumber(id)), values.decode(value)];
    values.free(values.call(meta.entry.receive, ...given));
    for (const one of given) values.free(one);
    machine.checkDeadline(hooks);
  }
}

function turn(machine: Machine, run: RunState, hooks: MachineHooks): number | Execution {
  const { values, meta, engine } = machine;
  const { fn } = engine;
  for (;;) {
    receiveMail(machine, run, hooks);
    drainJobs(machine, hooks);
    const state = fn.QTS_PromiseState(meta.context, run.value);
    if (state === REJECTED) throw new GuestException(fn.QTS_PromiseResult(meta.context, run.value));
    if (state !== PENDING) {
      // A value that is no promise is what it is: a `then` of the guest's own making is data.
      if (state === FULFILLED) run.value = values.check(fn.QTS_PromiseResult(meta.context, run.value));
      if (!advance(machine, run)) {
        settleLeftovers(machine, hooks);
        return lostRejection(machine, hooks) ?? result(machine, run);
      }
      continue;
    }
    const lost = lostRejection(machine, hooks);
    if (lost !== null) return lost;
    const due = nextTimer(machine);
    if (due < 0) {
      if (fn.QTS_IsJobPending(meta.runtime) !== 0) continue;
      if (hooks.net.isWaiting) return pause(machine, hooks, LONGEST_MS);
      return failed('NEVER_SETTLES');
    }
    const now = Math.max(0, Date.now() - machine.startedAt);
    if (due > now) return pause(machine, hooks, due - now);
    fireTimers(machine, now);
    machine.checkDeadline(hooks);
  }
}

/** How a run ends in which a promise was rejected and nothing has handled that when the turn's jobs are done. */
function lostRejection({ rejections }: Machine, hooks: MachineHooks): Execution | null {
  if (rejections.count === 0) return null;
  hooks.log(LEVEL_ERROR, 'a promise was rejected, and nothing handled that: await it, or give it a catch');
  if (rejections.reason !== 0) throw new GuestException(rejections.reason);
  return failed('GUEST_ERROR', {
    name: 'Error',
    message: 'a promise was rejected, and nothing handled that',
  });
}

/** Milliseconds until there is something to do, `ms` at most; while a host function works, they are not the guest's. */
function pause(machine: Machine, hooks: MachineHooks, ms: number): number {
  if (!hooks.net.isCalling) return Math.max(1, Math.min(ms, machine.deadline - Date.now()));
  machine.idle();
  return Math.min(ms, LONGEST_MS);
}

/** From one stage of the program's form to the next; false when the value is the result. */
function advance(machine: Machine, run: RunState): boolean {
  const { values } = machine;
  if (run.stage === 'value') return false;
  if (run.stage === 'script-await') run.value = values.property(run.value, 'value');
  else {
    run.value = values.property(run.value, 'default');
    if (values.typeOf(run.value) === 'function') {
      const global = machine.engine.fn.QTS_GetGlobalObject(machine.meta.context);
      run.value = values.call(run.value, values.property(global, 'input'), run.context);
    }
  }
  run.stage = 'value';
  return true;
}

/** Errors of microtasks and listeners arrive as timers due at 0: they count although the value has settled. */
function settleLeftovers(machine: Machine, hooks: MachineHooks): void {
  drainJobs(machine, hooks);
  while (nextTimer(machine) === 0) {
    fireTimers(machine, 0);
    drainJobs(machine, hooks);
  }
}

function result(machine: Machine, run: RunState): Execution {
  machine.stackFor('bridge', run.job.stackBytes);
  const { values, meta, engine } = machine;
  const { fn } = engine;
  let mode = 0;
  let buffer = 0;
  // The engine writes an object of the platform's, or one with private fields, as if what is in them were not there.
  const mayHide = hasPrivateNames(run) || values.number(values.call(meta.entry.isClaimed)) !== 0;
  try {
    if (!mayHide) buffer = values.encode(run.value);
  } catch (error) {
    if (!(error instanceof GuestException)) throw error;
  }
  if (buffer === 0) {
    // Map, Set, or something that cannot cross: the guest's side knows which.
    const tagged = values.call(meta.entry.tag, run.value, mayHide ? fn.QTS_GetTrue() : fn.QTS_GetFalse());
    if (values.typeOf(tagged) === 'string') {
      return failed('OUTPUT_UNSUPPORTED', { message: values.texts(tagged)[0] ?? '' });
    }
    mode = 1;
    buffer = values.encode(fn.QTS_GetPropNumber(meta.context, tagged, 0));
  }
  const bytes = values.view(buffer);
  if (bytes.length + 1 > Math.max(run.job.outputBytes, MIN_OUTPUT_BYTES)) return failed('OUTPUT_TOO_LARGE');
  const value = new Uint8Array(bytes.length + 1);
  value[0] = mode;
  value.set(bytes, 1);
  return failed('ok', { value });
}

/** A lone `undefined` crosses whatever the limit. */
const MIN_OUTPUT_BYTES = 4;
