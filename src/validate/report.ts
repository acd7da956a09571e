/** What static validation answers with. */
import type { ResolvedPolicy } from '../policy/index.ts';
import type { ProgramForm } from '../syntax/forms.ts';

/**
 * - `syntax`: the text is no program of any form
 * - `code-size`: longer than limits.codeBytes; nothing else was checked
 * - `forbidden-import`: a module the policy does not list
 * - `blocked-function`: a built-in policy.blockedFunctions removes
 * - `network-denied`: a request no policy allows
 * - `module-without-default`: a module whose run would have no value
 * - `missing-module`: a module that is not there (Python)
 * - `never-works`: a call that can only fail: sockets, processes, threads (Python)
 * - `main`: a `main` that cannot be called with the input, or is called twice (Python)
 * - `no-result`: neither a `main` nor a last expression (Python)
 */
export const RULES = [
  'syntax',
  'code-size',
  'forbidden-import',
  'blocked-function',
  'network-denied',
  'module-without-default',
  'missing-module',
  'never-works',
  'main',
  'no-result',
] as const;

export type Rule = (typeof RULES)[number];

export interface Problem {
  readonly rule: Rule;
  /** `error`: the run would fail there, or could. `warning`: it may be meant. */
  readonly severity: 'error' | 'warning';
  readonly message: string;
  /** 1-based, columns in UTF-16 code units; the end is exclusive. */
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
}

export interface ValidationReport {
  /** No problem is an error. */
  readonly valid: boolean;
  /** Null when the program could not be parsed. `main`: a Python program's `main(input)` gives its value. */
  readonly form: ProgramForm | 'main' | null;
  /** In the order of the text, at most 100. */
  readonly problems: readonly Problem[];
  /** There were more problems than that. */
  readonly truncated: boolean;
}

const MAX_PROBLEMS = 100;

export function makeReport(
  form: ValidationReport['form'],
  problems: readonly Problem[],
  more = false,
): ValidationReport {
  const sorted = problems.toSorted((a, b) => a.line - b.line || a.column - b.column);
  return {
    valid: !sorted.some(problem => problem.severity === 'error'),
    form,
    problems: sorted.slice(0, MAX_PROBLEMS),
    truncated: more || sorted.length > MAX_PROBLEMS,
  };
}

/** The only thing wrong with a program that could not be looked at further. */
export function onlyProblem(rule: Rule, message: string, line = 1, column = 1): ValidationReport {
  const place = { line, column, endLine: line, endColumn: column + 1 };
  return makeReport(null, [{ rule, severity: 'error', message, ...place }]);
}

/** What is said of a program longer than its policy allows, or null. */
export function sizeProblem(code: string, { limits }: ResolvedPolicy): ValidationReport | null {
  const { codeBytes } = limits;
  const bytes = code.length > codeBytes ? code.length : new TextEncoder().encode(code).length;
  if (bytes <= codeBytes) return null;
  return onlyProblem('code-size', `the program has more than policy.limits.codeBytes = ${codeBytes} bytes`);
}
