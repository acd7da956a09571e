/** What a run came to, for people and for programs. */
import { SandboxError } from '../core/errors.ts';
import type { EgressRecord, ExecutionReport, ExecutionResult } from '../core/result.ts';
import { cleanLine, cleanText } from '../core/text.ts';
import type { Value } from '../core/value.ts';
import { toJson } from './json.ts';
import { block, type Output } from './output.ts';

/** Exactly one document, whatever the result; answers the exit code. */
export function printJson(result: ExecutionResult, output: Output): number {
  const data = writeData(result, data => (data === undefined ? undefined : toJson(data, 0)));
  const report = `"report":${toJson(result.report, 0)}}\n`;
  if (data instanceof SandboxError) {
    output.out(`{"success":false,"error":${toJson(data.toJSON(), 0)},${report}`);
    return data.exitCode;
  }
  // A member that is `undefined` is left out of a JSON object: so is the result.
  const files =
    result.success && Object.keys(result.files).length > 0 ? `"files":${toJson(result.files, 0)},` : '';
  output.out(`{"success":true,${data === undefined ? '' : `"data":${data},`}${files}${report}`);
  return 0;
}

/** The value, or what went wrong, and what else is worth knowing; answers the exit code. */
export function printText(result: ExecutionResult, withCost: boolean, output: Output): number {
  const data = writeData(result, valueText);
  if (data instanceof SandboxError) printFailure(data, output);
  else if (data !== undefined) output.out(`${data}\n`);
  printNotes(result.report, withCost, output);
  return data instanceof SandboxError ? data.exitCode : 0;
}

/** A value that is too large to be written out fails the run as one that is too large to cross does. */
function writeData(
  result: ExecutionResult,
  write: (data: Value) => string | undefined,
): string | undefined | SandboxError {
  if (!result.success) return result.error;
  try {
    return write(result.data);
  } catch (error) {
    if (error instanceof SandboxError) return error;
    throw error;
  }
}

/** Text as it is, nothing for nothing, all else as JSON. */
function valueText(data: Value): string | undefined {
  if (data === undefined) return undefined;
  return typeof data === 'string' ? cleanText(data, data.length) : toJson(data, 2);
}

/** Answers the exit code. */
export function printFailure(error: SandboxError, output: Output): number {
  const { position } = error;
  const place = position === undefined ? '' : ` at ${position.line}:${position.column}`;
  output.note(`${error.code}: ${cleanLine(error.message, 1024)}${place}; ${error.help}`);
  const stack = error.guest?.stack.trimEnd() ?? '';
  if (stack !== '') output.err(block('  ', stack));
  for (let cause = error.guest?.cause; cause !== undefined; cause = cause.cause)
    output.note(`caused by ${cause.name}: ${cleanLine(cause.message, 1024)}`);
  return error.exitCode;
}

function printNotes(report: ExecutionReport, withCost: boolean, output: Output): void {
  for (const { kind, subject, hint } of report.denials) output.note(`denied ${kind} ${subject}; ${hint}`);
  for (const { what, dropped, limit } of report.truncations) {
    output.note(`${dropped} ${what} were dropped; the limit is ${limit}`);
  }
  if (withCost) {
    for (const record of report.egress) output.note(egressLine(record));
    output.note(costLine(report));
  }
}

/** One attempt to reach the network. */
function egressLine({ method, url, decision, rule, status, outcome, bytesDown, ms }: EgressRecord): string {
  const by = rule === null ? '' : ` by ${rule}`;
  const came = status === null ? outcome : `${status}, ${outcome}, ${bytesDown.toLocaleString('en')} bytes`;
  return `${decision}${by}: ${method} ${url}: ${came}, ${Math.round(ms)} ms`;
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
