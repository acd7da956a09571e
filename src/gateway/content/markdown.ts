/** Markdown of a stranger, as HTML that is fit to be put into a page. */
import MarkdownIt from 'markdown-it';
import { type HtmlOptions, sanitizeHtml } from './html.ts';
import { checkLength, refused } from './tree.ts';

/** Measured: no text of this length that was tried takes a fifth of a second. */
export const MARKDOWN_CHARS = 100_000;

/**
 * Renders CommonMark, with tables, and makes the result safe. HTML within is shown as text; what Markdown makes is held to
 * the same lists as any HTML. It cannot stay Markdown: what its text becomes is the next renderer's choice.
 * @param markdown at most MARKDOWN_CHARS characters
 * @throws SandboxError OUTPUT_REFUSED
 */
export function markdownToHtml(markdown: string, options: HtmlOptions = {}): string {
  checkLength(markdown, 'the Markdown');
  if (markdown.length > MARKDOWN_CHARS)
    throw refused(`the Markdown has ${markdown.length} characters, at most ${MARKDOWN_CHARS}`);
  return sanitizeHtml(new MarkdownIt('default', { html: false }).render(markdown), options);
}
