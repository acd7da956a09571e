export type { ProgramForm } from '../syntax/forms.ts';
export type {
  InspectedFunction,
  InspectedImport,
  InspectionProblem,
  InspectionReport,
  InspectOptions,
} from './inspect.ts';
export { inspect } from './inspect.ts';
export type { Problem, Rule, ValidationReport } from './report.ts';
export { type ValidateOptions, validate } from './validate.ts';
