export type { ProgramForm } from '../syntax/forms.ts';
export type { Problem, Rule, ValidationReport } from './report.ts';
export { type ValidateOptions, validate } from './validate.ts';
