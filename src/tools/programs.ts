/** Reading programs before anything runs. */
import type { Value } from '../core/value.ts';
import type { PluginSecurityPolicy } from '../policy/index.ts';
import { detectForm } from '../syntax/forms.ts';
import { inspect as inspectModule, validate as validateProgram } from '../validate/index.ts';
import type { Prepared, Tool } from './types.ts';

/** A type, not an interface, so that it counts as plain JSON. */
export type ProgramConfig = { readonly policy?: PluginSecurityPolicy };

/** Of one character, as measured on a program of nothing but semicolons. */
export const STEPS_PER_CHAR = 14;

const cost = (size: number): number => 100 + STEPS_PER_CHAR * size;

/** `{ policy }` and `{ code, language }`: a ValidationReport. */
export const validate: Tool<ProgramConfig> = {
  weight: () => 1,
  prepare: ({ policy }): Prepared => ({
    cost: input => cost((input as { code: string }).code.length),
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

/** `{ policy }` and a module's bytes: the problems of its InspectionReport. */
export const inspect: Tool<ProgramConfig> = {
  weight: () => 1,
  prepare: ({ policy }): Prepared => ({
    cost: input => cost((input as Uint8Array).length),
    run: input =>
      inspectModule({ code: input as Uint8Array, ...(policy === undefined ? {} : { policy }) })
        .problems as unknown as Value,
  }),
};

/** Texts that have to be programs: of each what is wrong with it, or null. */
export const syntax: Tool = {
  weight: () => 1,
  prepare: (): Prepared => ({
    cost: input => cost((input as readonly string[]).reduce((sum, text) => sum + text.length, 0)),
    run: input =>
      (input as readonly string[]).map(text => detectForm(text).error ?? null) as unknown as Value,
  }),
};
