/** The honest account of one run. */
import type { Denial, ExecutionReport, RuntimeName, Truncation } from '../core/result.ts';
import type { DoneFrame } from '../protocol/parse.ts';
import { networkDenials } from './network.ts';
import type { Run } from './run.ts';

const round = (ms: number): number => Math.round(ms * 1000) / 1000;

const HINTS: Readonly<Record<Denial['kind'], (subject: string, runtime: RuntimeName) => string>> = {
  network: subject => `add "${subject}" to policy.network.allow`,
  function: subject => `add "${subject}" to policy.functions`,
  module: (subject, runtime) =>
    runtime === 'javascript' && /^host(?:$|:)/.test(subject)
      ? 'offer a function of that name in options.functions'
      : runtime === 'python'
        ? `add "${subject}" to policy.modules.python`
        : /^[./]/.test(subject)
          ? `modules have bare names: supply "${subject}" under one in options.modules and import it by that, or bundle the program into one file`
          : `add "${subject}" to policy.modules.javascript and supply its source in options.modules`,
};

export function buildReport(
  run: Run,
  done: DoneFrame | null,
  now: number,
  terminated: boolean,
): ExecutionReport {
  const { request } = run;
  const truncations: Truncation[] = [];
  const droppedLogs = run.droppedLogs + (done?.droppedLogs ?? 0);
  if (droppedLogs > 0) {
    truncations.push({ what: 'logs', dropped: droppedLogs, limit: 'limits.logBytes or limits.logEntries' });
  }
  const { records, usage } = run.requests.network.account;
  const functions = run.requests.functions.account;
  const network = networkDenials(records);
  const droppedDenials = (done?.droppedDenials ?? 0) + network.dropped + usage.unrecorded;
  if (droppedDenials > 0) {
    truncations.push({ what: 'denials', dropped: droppedDenials, limit: '100 denials of each kind' });
  }
  if (functions.unrecorded > 0)
    truncations.push({ what: 'calls', dropped: functions.unrecorded, limit: '1000 calls' });
  if (usage.unrecorded > 0)
    truncations.push({ what: 'egress', dropped: usage.unrecorded, limit: 'network.limits.requests' });
  const claimed = (done?.denials ?? []).map(({ kind, subject }) => ({
    kind,
    subject,
    hint: HINTS[kind](subject, request.runtime),
  }));
  const called = functions.denied.map(subject => ({
    kind: 'function' as const,
    subject,
    hint: HINTS.function(subject, request.runtime),
  }));
  return {
    runtime: request.runtime,
    platform: request.platform,
    usage: {
      wallMs: round(now - run.submittedAt),
      queueMs: round((run.startedAt ?? now) - run.submittedAt),
      guestMs: done?.guestMs ?? null,
      cpuMs: done?.cpuMs ?? null,
      fuel: done?.fuel ?? null,
      memoryBytes: done?.memoryBytes ?? null,
      inputBytes: request.inputBytes,
      outputBytes: done?.value.length ?? 0,
      logBytes: run.logBytes,
      requests: usage.requests,
      uploadBytes: usage.bytesUp,
      downloadBytes: usage.bytesDown,
      calls: functions.calls,
      callMs: round(functions.callMs),
    },
    logs: run.logs,
    denials: [...claimed, ...network.denials, ...called],
    egress: records,
    calls: functions.records,
    truncations,
    terminated,
  };
}
