/** Text of strangers, made fit for people: the gateway's own functions, and what they cost. */

import type { Value } from '../core/value.ts';
import { markdownToHtml, sanitizeCsv, sanitizeHtml } from '../gateway/content/index.ts';
import type { Prepared, Tool } from './types.ts';

/** A type, not an interface, so that it counts as plain JSON. */
export type ContentConfig = { readonly images?: boolean };

/** Of one character at worst, measured on a hundred repeated fragments. */
const STEPS = 20;

const charsOf = (text: Value): number =>
  Array.isArray(text)
    ? text.reduce<number>((sum, one) => sum + charsOf(one as Value), 1)
    : typeof text === 'string'
      ? 1 + text.length
      : 1;

const of = (run: (text: string, config: ContentConfig) => string): Tool<ContentConfig> => ({
  weight: () => 1,
  prepare: (config): Prepared => ({
    cost: text => STEPS * charsOf(text),
    run: text =>
      Array.isArray(text) ? text.map(one => run(one as string, config)) : run(text as string, config),
  }),
});

/** `{ images }` and a text, or a list of texts. @throws SandboxError OUTPUT_REFUSED */
export const html: Tool<ContentConfig> = of((text, { images = false }) => sanitizeHtml(text, { images }));
export const markdown: Tool<ContentConfig> = of((text, { images = false }) =>
  markdownToHtml(text, { images }),
);
export const csv: Tool<ContentConfig> = of(text => sanitizeCsv(text));
