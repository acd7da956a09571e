/** What a run came to, for people and for programs. */
import type { SandboxError } from '../core/errors.ts';
import type { ExecutionReport, ExecutionResult } from '../core/result.ts';
import { cleanLine, cleanText } from '../core/text.ts';
import type { Value } from '../core/value.ts';
import { toJson } from './json.ts';
import { block, type Output } from './output.ts';

/** Exactly one document; answers the exit code. */
export function printJson(result: ExecutionResult, output: Output): number {
  const { report } = result;
  if (result.success) {
    // A member that is `undefined` is left out of a JSON object: so is the result.
    const document = result.data === undefined ? { success: true, report } : undefined;
    output.out(
      document === undefined
        ? `{"success":true,"data":${toJson(result.data, 0)},"report":${toJson(report, 0)}}\n`
        : `${toJson(document, 0)}\n`,
    );
    return 0;
  }
  output.out(`${toJson({ success: false, error: result.error.toJSON(), report }, 0)}\n`);
  return result.error.exitCode;
}

/** Text as it is, nothing for nothing, all else as JSON. */
export function printValue(data: Value, output: Output): void {
  if (data === undefined) return;
  if (typeof data === 'string') output.out(`${cleanText(data, data.length)}\n`);
  else output.out(`${toJson(data, 2)}\n`);
}

export function printFailure(error: SandboxError, output: Output): void {
  const { position } = error;
  const place = position === undefined ? '' : ` at ${position.line}:${position.column}`;
  output.note(`${error.code}: ${cleanLine(error.message, 1024)}${place}; ${error.help}`);
  const stack = error.guest?.stack.trimEnd() ?? '';
  if (stack !== '') output.err(block('  ', stack));
}

export function printNotes(report: ExecutionReport, withCost: boolean, output: Output): void {
  for (const { kind, subject, hint } of report.denials) output.note(`denied ${kind} ${subject}; ${hint}`);
  for (const { what, dropped, limit } of report.truncations) {
    output.note(`${dropped} ${what} were dropped; the limit is ${limit}`);
  }
  if (withCost) output.note(costLine(report));
}

/** A figure that could not be measured is said to be so. */
function costLine({ usage }: ExecutionReport): string {
  const show = (figure: number | null, unit: string): string =>
    figure === null ? 'not measured' : `${figure.toLocaleString('en')}${unit}`;
  return [
    `wall ${show(usage.wallMs, ' ms')}`,
    `queue ${show(usage.queueMs, ' ms')}`,
    `guest ${show(usage.guestMs, ' ms')}`,
    `cpu ${show(usage.cpuMs, ' ms')}`,
    `fuel ${show(usage.fuel, '')}`,
    `memory ${show(usage.memoryBytes, ' bytes')}`,
  ].join(', ');
}
