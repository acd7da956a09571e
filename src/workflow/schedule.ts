/** Begins runs when the timers of a workflow are due. */
import { SandboxError } from '../core/errors.ts';
import { configOf } from './check.ts';
import { setTimer } from './clock.ts';
import type { Schedule } from './engine-types.ts';
import type { NodeKind } from './kind.ts';
import type { Workflow } from './types.ts';

/** @throws SandboxError WORKFLOW_INVALID when no node of the workflow is a timer */
export function startSchedule(
  workflow: Workflow,
  kinds: ReadonlyMap<string, NodeKind>,
  begin: (due: Date, signal: AbortSignal) => Promise<unknown>,
): Schedule {
  const timers = workflow.nodes.flatMap(node => {
    const next = kinds.get(node.kind)?.next;
    return next === undefined ? [] : [(last: Date): Date | null => next(configOf(node), last)];
  });
  if (timers.length === 0)
    throw new SandboxError(
      'WORKFLOW_INVALID',
      'no node begins runs by itself: add a timer.interval or timer.cron',
    );
  const stop = new AbortController();
  let cancelTimer = (): void => {};
  let due: Date | null = null;
  let missed = 0;
  let isRunning = false;

  const plan = (last: Date): void => {
    const times = timers.flatMap(next => next(last)?.getTime() ?? []);
    due = times.length === 0 || stop.signal.aborted ? null : new Date(Math.min(...times));
    if (due === null) return;
    const at = due;
    cancelTimer = setTimer(at.getTime() - Date.now(), () => {
      // Planned from the time that was due, so that nothing drifts, and from now where that has passed.
      plan(new Date(Math.max(at.getTime(), Date.now() - 1)));
      if (isRunning) {
        missed += 1;
        return;
      }
      isRunning = true;
      void begin(at, stop.signal)
        .catch(() => {})
        .finally(() => {
          isRunning = false;
        });
    });
  };
  plan(new Date());
  return {
    get next() {
      return due;
    },
    get missed() {
      return missed;
    },
    stop() {
      cancelTimer();
      due = null;
      stop.abort();
    },
  };
}
