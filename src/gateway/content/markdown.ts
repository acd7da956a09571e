/** Markdown of a stranger, as HTML that is fit to be put into a page. */
import MarkdownIt from 'markdown-it';
import { type HtmlOptions, sanitizeHtml } from './html.ts';
import { checkLength, refused } from './tree.ts';

export const MARKDOWN_CHARS = 100_000;

/**
 * What rendering takes is markup more than length: 100,000 characters of `![` took seven times what text of that length did. So markup is
 * weighed before anything is parsed, by what one character of it took at worst (measured on a hundred repeated fragments).
 */
const WEIGHTS: ReadonlyMap<number, number> = new Map(
  Object.entries({
    '[': 12,
    '\n': 6,
    '|': 3,
    '*': 2,
    _: 2,
    '`': 2,
    '~': 2,
    '<': 2,
    '&': 2,
    '>': 2,
    ':': 1,
    '-': 1,
  }).map(([char, weight]) => [char.charCodeAt(0), weight]),
);
const WEIGHT = 60_000;

function checkMarkup(markdown: string): void {
  let weight = 0;
  for (let i = 0; i < markdown.length; i++) weight += WEIGHTS.get(markdown.charCodeAt(i)) ?? 0;
  if (weight > WEIGHT)
    throw refused(
      `the Markdown has too much markup for one text: it weighs ${weight}, at most ${WEIGHT} (docs/gateway.md says how)`,
    );
}

/**
 * Renders CommonMark, with tables, and makes the result safe. HTML within is shown as text; what Markdown makes is held to
 * the same lists as any HTML. It cannot stay Markdown: what its text becomes is the next renderer's choice.
 * @param markdown at most MARKDOWN_CHARS characters, and markup that weighs at most 60,000: 12 for each `[`, 6 for each line, 3 for
 * each `|`, 2 for each of `* _ ~ < > &` and the backtick, 1 for each `:` and `-`
 * @throws SandboxError OUTPUT_REFUSED
 */
export function markdownToHtml(markdown: string, options: HtmlOptions = {}): string {
  checkLength(markdown, 'the Markdown');
  if (markdown.length > MARKDOWN_CHARS)
    throw refused(`the Markdown has ${markdown.length} characters, at most ${MARKDOWN_CHARS}`);
  checkMarkup(markdown);
  return sanitizeHtml(new MarkdownIt('default', { html: false }).render(markdown), options);
}
