/**
 * Static validation: what would fail, said before anything runs. Advice for authors and editors, never a wall:
 * nothing here decides what a plugin can do, the cell and the policy do.
 */
import { SandboxError } from '../core/errors.ts';
import type { RuntimeName } from '../core/result.ts';
import { type PluginSecurityPolicy, parsePolicy } from '../policy/index.ts';
import { findDefect, findNamespace } from '../syntax/defects.ts';
import { detectForm } from '../syntax/forms.ts';
import { parserFor } from './parsers.ts';
import { makeReport, onlyProblem, sizeProblem, type ValidationReport } from './report.ts';
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
  if (runtime === 'python')
    throw invalid('validate() reads JavaScript; Python is read by Python itself: use sandbox.validate()');
  if (runtime !== 'javascript') throw invalid(`runtime must be "javascript", got ${JSON.stringify(runtime)}`);
  if (typeof code !== 'string') throw invalid(`code must be a string, got ${typeof code}`);
  if (language !== 'javascript' && language !== 'typescript') {
    throw invalid(`language must be "javascript" or "typescript", got ${JSON.stringify(language)}`);
  }
  const resolved = parsePolicy(policy);
  const tooLong = sizeProblem(code, resolved);
  if (tooLong !== null) return tooLong;
  const parsed = detectForm(code, parserFor(language));
  if (parsed.error !== undefined) {
    const { message, line, column } = parsed.error;
    return onlyProblem('syntax', message, line, column);
  }
  const defect = findNamespace(parsed.program) ?? findDefect(parsed.program, code);
  if (defect !== null) return onlyProblem('syntax', defect.message, defect.line, defect.column);
  try {
    return makeReport(parsed.form, checkProgram(parsed, resolved));
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const nested = onlyProblem('syntax', 'the program is nested too deeply to be checked');
    return { ...nested, form: parsed.form };
  }
}
