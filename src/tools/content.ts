/** Text of strangers, made fit for people: the gateway's own functions, and what they cost. */

import type { Value } from '../core/value.ts';
import { markdownToHtml, sanitizeCsv, sanitizeHtml } from '../gateway/content/index.ts';
import type { Prepared, Tool } from './types.ts';

/** A type, not an interface, so that it counts as plain JSON. */
export type ContentConfig = { readonly images?: boolean };

/** Elements that were not closed are opened again in each that follows: the work grows with the square. */
const squared = (text: Value): number =>
  typeof text === 'string' ? 20 + text.length + (text.length * text.length) / 25 : 1;

const of = (run: (text: string, config: ContentConfig) => string): Tool<ContentConfig> => ({
  weight: () => 1,
  prepare: (config): Prepared => ({ cost: squared, run: text => run(text as string, config) }),
});

/** `{ images }` and a text. @throws SandboxError OUTPUT_REFUSED */
export const html: Tool<ContentConfig> = of((text, { images = false }) => sanitizeHtml(text, { images }));
export const markdown: Tool<ContentConfig> = of((text, { images = false }) =>
  markdownToHtml(text, { images }),
);
export const csv: Tool<ContentConfig> = of(text => sanitizeCsv(text));
