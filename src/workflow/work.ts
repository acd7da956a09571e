/** The work of one node: its items or its batch, each with its tries, within its time. */

import { ERROR_TABLE, type ErrorCode, type SandboxError } from '../core/errors.ts';
import type { LogEntry } from '../core/result.ts';
import type { Value } from '../core/value.ts';
import type { Caller } from '../gateway/index.ts';
import { Account } from './account.ts';
import { breathe } from './breathe.ts';
import type { RunBudget } from './budget.ts';
import { setTimer } from './clock.ts';
import { asFailure, failedItem, failure } from './failure.ts';
import type { Call, Outputs, Worker } from './kind.ts';
import type { Ports } from './record.ts';
import { isTriedAgain, waitBefore } from './retry.ts';
import type { Retry } from './types.ts';

export interface WorkOptions {
  readonly worker: Worker;
  readonly mode: 'item' | 'batch';
  readonly inputs: Ports;
  readonly retry: Retry | undefined;
  readonly concurrency: number;
  /** Of one port. */
  readonly maxItems: number;
  /** Aborted with a SandboxError as its reason. */
  readonly signal: AbortSignal;
  readonly vars: Readonly<Record<string, Value>>;
  readonly caller: Caller | undefined;
  readonly budget: RunBudget;
  /** An item that fails leaves by `error`; otherwise it is the end of the node. */
  readonly routesErrors: boolean;
  onLog(entry: LogEntry): void;
  onProgress(done: number, total: number, failed: number): void;
  onRetry(index: number, attempt: number, waitMs: number, error: SandboxError): void;
}

export interface WorkResult {
  readonly outputs: Ports;
  readonly error: SandboxError | null;
  readonly failedItems: number;
  readonly retries: number;
  readonly account: Account;
}

interface Broken {
  readonly index: number;
  readonly error: SandboxError;
}

/** Settles as the work does, or rejects with the signal's reason: nobody waits for work that does not stop. */
export function orAborted<T>(work: () => T | Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(asFailure(signal.reason));
    if (signal.aborted) {
      abort();
      return;
    }
    signal.addEventListener('abort', abort, { once: true });
    Promise.resolve()
      .then(work)
      .then(resolve, reject)
      .finally(() => signal.removeEventListener('abort', abort));
  });
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  let stop = (): void => {};
  return orAborted(
    () =>
      new Promise<void>(resolve => {
        stop = setTimer(ms, resolve);
      }),
    signal,
  ).finally(() => stop());
}

class Work {
  readonly #options: WorkOptions;
  readonly #account: Account = new Account();
  #retries = 0;

  constructor(options: WorkOptions) {
    this.#options = options;
  }

  async run(): Promise<WorkResult> {
    const outcome = this.#options.mode === 'batch' ? await this.#batch() : await this.#items();
    return { ...outcome, retries: this.#retries, account: this.#account };
  }

  async #batch(): Promise<Omit<WorkResult, 'retries' | 'account'>> {
    const { worker, inputs, routesErrors, onProgress } = this.#options;
    const items = inputs['in'] ?? [];
    onProgress(0, items.length, 0);
    try {
      const outputs = await this.#try(0, this.#account, call => worker.batch?.(inputs, call) ?? {});
      const failed = outputs['error'] ?? [];
      onProgress(items.length, items.length, failed.length);
      if (failed.length > 0 && !routesErrors)
        return { outputs: {}, error: firstOf(failed), failedItems: failed.length };
      return { outputs: this.#capped(outputs), error: null, failedItems: failed.length };
    } catch (thrown) {
      const error = asFailure(thrown);
      onProgress(items.length, items.length, items.length);
      if (!routesErrors || this.#isFinal(error)) return { outputs: {}, error, failedItems: 0 };
      return {
        outputs: { error: items.map(item => failedItem(item, error)) },
        error: null,
        failedItems: items.length,
      };
    }
  }

  async #items(): Promise<Omit<WorkResult, 'retries' | 'account'>> {
    const { worker, inputs, concurrency, routesErrors, onProgress } = this.#options;
    const items = inputs['in'] ?? [];
    const results = new Array<Outputs | undefined>(items.length);
    const accounts = new Array<Account | undefined>(items.length);
    let [next, done, failed] = [0, 0, 0];
    /** Index and error; the earliest item's counts, whichever came first in time. */
    let broken: Broken | null = null;
    const lane = async (): Promise<void> => {
      while (next < items.length && broken === null) {
        const pause = breathe();
        if (pause !== undefined) await pause;
        const index = next++;
        if (index >= items.length) return;
        const item = items[index];
        const account = new Account();
        accounts[index] = account;
        try {
          results[index] = await this.#try(index, account, call => worker.item?.(item, call) ?? {});
        } catch (thrown) {
          const error = asFailure(thrown);
          failed += 1;
          if (routesErrors && !this.#isFinal(error)) results[index] = { error: [failedItem(item, error)] };
          else if (broken === null || index < (broken as Broken).index) broken = { index, error };
        }
        onProgress(++done, items.length, failed);
      }
    };
    onProgress(0, items.length, 0);
    await Promise.all(Array.from({ length: Math.min(concurrency, items.length) }, lane));
    for (const account of accounts) if (account !== undefined) this.#account.add(account);
    const end = broken as Broken | null;
    if (end !== null) return { outputs: {}, error: end.error, failedItems: failed };
    const outputs: Record<string, Value[]> = Object.create(null);
    for (const result of results)
      for (const [port, list] of Object.entries(result ?? {})) {
        outputs[port] ??= [];
        for (const item of list) outputs[port].push(item);
      }
    try {
      return { outputs: this.#capped(outputs), error: null, failedItems: failed };
    } catch (error) {
      return { outputs: {}, error: asFailure(error), failedItems: failed };
    }
  }

  async #try(
    index: number,
    account: Account,
    work: (call: Call) => Outputs | Promise<Outputs>,
  ): Promise<Outputs> {
    const { worker, signal, vars, caller, budget, retry, onLog, onRetry } = this.#options;
    const call: Call = { signal, index, vars, caller, account, budget, log: onLog };
    for (let attempt = 1; ; attempt++) {
      try {
        const outputs = await orAborted(() => work(call), signal);
        for (const [port, list] of Object.entries(outputs)) {
          const paying = this.#pay(list, worker.fresh === true && port !== 'error');
          if (paying !== undefined) await paying;
        }
        return outputs;
      } catch (thrown) {
        const error = asFailure(thrown);
        if (retry === undefined || attempt >= retry.attempts) throw error;
        if (signal.aborted || budget.exceeded || !isTriedAgain(error, retry)) throw error;
        this.#retries += 1;
        const wait = waitBefore(attempt, error, retry);
        onRetry(index, attempt, wait, error);
        await pause(wait, signal);
      }
    }
  }

  /** For what leaves, before it does. Undefined where that needed no pause: awaiting costs as much as paying for a small item. */
  #pay(list: readonly Value[], fresh: boolean): Promise<void> | undefined {
    const { budget } = this.#options;
    budget.slots(list.length);
    for (let i = 0; i < list.length; i++) {
      const pause = breathe();
      if (pause !== undefined) return this.#payRest(list.slice(i), fresh, pause);
      budget.pay(list[i] as Value, fresh);
    }
    return undefined;
  }

  async #payRest(list: readonly Value[], fresh: boolean, pause: Promise<void>): Promise<void> {
    await pause;
    for (const item of list) {
      const again = breathe();
      if (again !== undefined) await again;
      this.#options.budget.pay(item, fresh);
    }
  }

  /** The end of the node, whatever edges lead from `error`. */
  #isFinal({ code }: SandboxError): boolean {
    return this.#options.budget.exceeded || FINAL.has(code);
  }

  #capped(outputs: Outputs): Outputs {
    const { maxItems } = this.#options;
    for (const [port, list] of Object.entries(outputs))
      if (list.length > maxItems)
        throw failure('NODE_FAILED', `${list.length} items leave by ${port}; limits.items = ${maxItems}`);
    return outputs;
  }
}

const FINAL: ReadonlySet<ErrorCode> = new Set(['NODE_TIMEOUT', 'CANCELLED', 'CLOSED', 'RUN_TIMEOUT']);

/** Of a batch that sorted its items itself. */
function firstOf(failed: readonly Value[]): SandboxError {
  const [first] = failed as readonly { error?: { code?: string; message?: string } }[];
  const { code = '', message = 'an item failed' } = first?.error ?? {};
  return failure(Object.hasOwn(ERROR_TABLE, code) ? (code as 'NODE_FAILED') : 'NODE_FAILED', message);
}

/** Never rejects. */
export function work(options: WorkOptions): Promise<WorkResult> {
  return new Work(options).run();
}
