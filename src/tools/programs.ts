/** Reading programs before anything runs. */
import type { Value } from '../core/value.ts';
import type { PluginSecurityPolicy } from '../policy/index.ts';
import { detectForm } from '../syntax/forms.ts';
import { inspect as inspectModule, validate as validateProgram } from '../validate/index.ts';
import { fromBase64 } from './base64.ts';
import type { Prepared, Tool } from './types.ts';

/** A type, not an interface, so that it counts as plain JSON. */
export type ProgramConfig = { readonly policy?: PluginSecurityPolicy };

/** Of one character, as measured on a program of nothing but semicolons. */
const STEPS_PER_CHAR = 14;

/** Steps of reading so many characters at most. */
export const programSteps = (chars: number): number => 100 + STEPS_PER_CHAR * chars;

/** `{ policy }` and `{ code, language }`: a ValidationReport. */
export const validate: Tool<ProgramConfig> = {
  weight: () => 1,
  prepare: ({ policy }): Prepared => ({
    cost: input => programSteps((input as { code: string }).code.length),
    run(input) {
      const { code, language } = input as { code: string; language: 'javascript' | 'typescript' };
      return validateProgram({
        runtime: 'javascript',
        code,
        language,
        ...(policy === undefined ? {} : { policy }),
      }) as unknown as Value;
    },
  }),
};

/** `{ policy }` and a module in base64: the problems of its InspectionReport, or null for what is no base64. */
export const inspect: Tool<ProgramConfig> = {
  weight: () => 1,
  prepare: ({ policy }): Prepared => ({
    cost: input => programSteps((input as string).length),
    run(input) {
      let code: Uint8Array;
      try {
        code = fromBase64(input as string);
      } catch {
        return null;
      }
      return inspectModule({ code, ...(policy === undefined ? {} : { policy }) })
        .problems as unknown as Value;
    },
  }),
};

/** Texts that have to be programs: of each what is wrong with it, or null. */
export const syntax: Tool = {
  weight: () => 1,
  prepare: (): Prepared => ({
    cost: input => programSteps((input as readonly string[]).reduce((sum, text) => sum + text.length, 0)),
    run: input =>
      (input as readonly string[]).map(text => detectForm(text).error ?? null) as unknown as Value,
  }),
};
