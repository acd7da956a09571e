/** What a cell says about a Python program, read as hostile input: the program was parsed there. */
import { cleanLine } from '../core/text.ts';
import type { Value } from '../core/value.ts';
import { makeReport, type Problem, RULES, type Rule, type ValidationReport } from './report.ts';

const MESSAGE_CHARS = 1024;
const MAX_PROBLEMS = 1000;
const MAX_PLACE = 0x7fff_ffff;
const FORMS = ['main', 'script'] as const;

/** What no healthy cell says. */
export class UnreadableReport extends Error {}

function place(value: unknown): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 1 || value > MAX_PLACE)
    throw new UnreadableReport('no place');
  return value;
}

function readProblem(value: unknown): Problem {
  if (!Array.isArray(value)) throw new UnreadableReport('no problem');
  const [rule, severity, message, line, column, endLine, endColumn] = value as readonly unknown[];
  if (!RULES.includes(rule as Rule) || typeof message !== 'string') throw new UnreadableReport('no rule');
  if (severity !== 'error' && severity !== 'warning') throw new UnreadableReport('no severity');
  return {
    rule: rule as Rule,
    severity,
    message: cleanLine(message, MESSAGE_CHARS),
    line: place(line),
    column: place(column),
    endLine: place(endLine),
    endColumn: place(endColumn),
  };
}

/**
 * @param value `[form, problems]`, as guest/check.py answers
 * @throws UnreadableReport
 */
export function readPythonReport(value: Value): ValidationReport {
  if (!Array.isArray(value)) throw new UnreadableReport('no report');
  const [form, problems] = value as readonly unknown[];
  if (!Array.isArray(problems) || problems.length > MAX_PROBLEMS) throw new UnreadableReport('no problems');
  const known = FORMS.find(one => one === form) ?? null;
  if (known === null && form !== null) throw new UnreadableReport('no form');
  return makeReport(known, problems.map(readProblem));
}
