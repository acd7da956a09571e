/** Waiting, and beginning runs by the clock. */
import { Cron } from 'croner';
import { setTimer } from '../clock.ts';
import { checkFields, type Fields, integer, num, str, text } from '../fields.ts';
import type { NodeKind } from '../kind.ts';
import type { Config } from '../types.ts';

const DAY_MS = 86_400_000;

const DELAY: Fields = { ms: integer(0, DAY_MS, true) };

/** Passes all items on, later. */
export const delay: NodeKind = {
  inputs: ['in'],
  outputs: () => ['out'],
  modes: ['batch', 'item'],
  check(config, complain, { node, services: { limits } }) {
    if (!checkFields(config, DELAY, complain)) return;
    const ms = num(config, 'ms', 0);
    const most = Math.min(node.timeoutMs ?? limits.nodeTimeoutMs, limits.runTimeoutMs);
    if (ms < most) return;
    const advice =
      most === limits.runTimeoutMs
        ? 'the engine’s limits.runTimeoutMs'
        : ms < limits.nodeTimeoutMs
          ? 'the node’s timeoutMs'
          : 'the engine’s limits.nodeTimeoutMs';
    complain('ms', `is not shorter than the time the node has, ${most} ms: wait less, or raise ${advice}`);
  },
  open({ config }) {
    const wait = (signal: AbortSignal): Promise<void> =>
      new Promise((resolve, reject) => {
        const stop = setTimer(num(config, 'ms', 0), () => {
          signal.removeEventListener('abort', end);
          resolve();
        });
        const end = (): void => {
          stop();
          reject(signal.reason);
        };
        signal.addEventListener('abort', end, { once: true });
      });
    return {
      item: async (item, { signal }) => wait(signal).then(() => ({ out: [item] })),
      batch: async ({ in: items = [] }, { signal }) => wait(signal).then(() => ({ out: items })),
    };
  },
};

const INTERVAL: Fields = { everyMs: integer(1_000, 365 * DAY_MS, true) };

/** Begins a run again and again; in `run()` it gives at once what the run was given. */
export const interval: NodeKind = {
  inputs: [],
  outputs: () => ['out'],
  modes: ['batch'],
  check: (config, complain) => void checkFields(config, INTERVAL, complain),
  open: () => ({ batch: ({ in: items = [] }) => ({ out: items }) }),
  next: (config, last) => new Date(last.getTime() + num(config, 'everyMs', 1_000)),
};

const CRON: Fields = { expression: text(200, true), timezone: text(100) };

function cronOf(config: Config): Cron {
  // Five fields, as everywhere: no seconds.
  return new Cron(str(config, 'expression'), {
    mode: '5-part',
    paused: true,
    timezone: str(config, 'timezone', 'UTC'),
  });
}

/** Begins a run when the expression says; in `run()` it gives at once what the run was given. */
export const cron: NodeKind = {
  inputs: [],
  outputs: () => ['out'],
  modes: ['batch'],
  check(config, complain) {
    if (!checkFields(config, CRON, complain)) return;
    try {
      // The time zone is looked at when a time is asked for.
      if (cronOf(config).nextRun() === null)
        complain.as('config', 'warning', 'expression', 'never comes due');
    } catch (error) {
      complain(
        'expression',
        `cannot be used: ${error instanceof Error ? error.message : 'it is no cron expression'}`,
      );
    }
  },
  open: () => ({ batch: ({ in: items = [] }) => ({ out: items }) }),
  next: (config, last) => cronOf(config).nextRun(last),
};
