/**
 * Static validation: what would fail, said before anything runs. Advice for authors and editors, never a wall:
 * nothing here decides what a plugin can do, the cell and the policy do.
 */
import { SandboxError } from '../core/errors.ts';
import type { RuntimeName } from '../core/result.ts';
import { type PluginSecurityPolicy, parsePolicy } from '../policy/index.ts';
import { detectForm } from '../syntax/forms.ts';
import { parserFor } from './parsers.ts';
import type { Problem, ValidationReport } from './report.ts';
import { checkProgram } from './rules.ts';

export interface ValidateOptions {
  readonly runtime: RuntimeName;
  readonly code: string;
  /** Default 'javascript'. */
  readonly language?: 'javascript' | 'typescript';
  /** Default: the empty policy, which denies everything. */
  readonly policy?: PluginSecurityPolicy;
}

const OPTION_NAMES: readonly string[] = ['runtime', 'code', 'language', 'policy'];
const MAX_PROBLEMS = 100;

const invalid = (message: string): SandboxError => new SandboxError('INVALID_ARGUMENT', message);

/**
 * Pure and synchronous: fit for every keystroke of an editor.
 * @throws SandboxError for a caller's own mistake: INVALID_ARGUMENT, POLICY_INVALID, LIMIT_OUT_OF_RANGE
 */
export function validate(options: ValidateOptions): ValidationReport {
  if (typeof options !== 'object' || options === null) throw invalid('validate() takes one object');
  for (const key of Object.keys(options)) {
    if (!OPTION_NAMES.includes(key)) {
      throw invalid(`validate() knows no option ${JSON.stringify(key)}; it knows ${OPTION_NAMES.join(', ')}`);
    }
  }
  const { runtime, code, language = 'javascript', policy } = options;
  if (runtime !== 'javascript') throw invalid(`runtime must be "javascript", got ${JSON.stringify(runtime)}`);
  if (typeof code !== 'string') throw invalid(`code must be a string, got ${typeof code}`);
  if (language !== 'javascript' && language !== 'typescript') {
    throw invalid(`language must be "javascript" or "typescript", got ${JSON.stringify(language)}`);
  }
  const resolved = parsePolicy(policy);
  const { codeBytes } = resolved.limits;
  const bytes = code.length > codeBytes ? code.length : new TextEncoder().encode(code).length;
  if (bytes > codeBytes) {
    const message = `the program has more than policy.limits.codeBytes = ${codeBytes} bytes`;
    return report(null, [{ rule: 'code-size', severity: 'error', message, ...span(1, 1) }]);
  }
  const parsed = detectForm(code, parserFor(language));
  if (parsed.error !== undefined) {
    const { message, line, column } = parsed.error;
    return report(null, [{ rule: 'syntax', severity: 'error', message, ...span(line, column) }]);
  }
  try {
    return report(parsed.form, checkProgram(parsed, resolved));
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const message = 'the program is nested too deeply to be checked';
    return report(parsed.form, [{ rule: 'syntax', severity: 'error', message, ...span(1, 1) }]);
  }
}

function span(line: number, column: number): Pick<Problem, 'line' | 'column' | 'endLine' | 'endColumn'> {
  return { line, column, endLine: line, endColumn: column + 1 };
}

function report(form: ValidationReport['form'], problems: readonly Problem[]): ValidationReport {
  const sorted = problems.toSorted((a, b) => a.line - b.line || a.column - b.column);
  return {
    valid: !sorted.some(problem => problem.severity === 'error'),
    form,
    problems: sorted.slice(0, MAX_PROBLEMS),
    truncated: sorted.length > MAX_PROBLEMS,
  };
}
