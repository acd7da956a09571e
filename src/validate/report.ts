/** What static validation answers with. */
import type { ProgramForm } from '../syntax/forms.ts';

/**
 * - `syntax`: the text is no program of any form
 * - `code-size`: longer than limits.codeBytes; nothing else was checked
 * - `forbidden-import`: a module policy.modules.javascript does not list
 * - `blocked-function`: a built-in policy.blockedFunctions removes
 * - `network-denied`: a request no policy allows
 * - `module-without-default`: a module whose run would have no value
 */
export type Rule =
  | 'syntax'
  | 'code-size'
  | 'forbidden-import'
  | 'blocked-function'
  | 'network-denied'
  | 'module-without-default';

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
  /** Null when the program could not be parsed. */
  readonly form: ProgramForm | null;
  /** In the order of the text, at most 100. */
  readonly problems: readonly Problem[];
  /** There were more problems than that. */
  readonly truncated: boolean;
}
