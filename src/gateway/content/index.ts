/** Text of a stranger, made fit for whoever shows it. */
export { sanitizeCsv } from './csv.ts';
export { type HtmlOptions, sanitizeHtml } from './html.ts';
export { MARKDOWN_CHARS, markdownToHtml } from './markdown.ts';
export { CONTENT_CHARS } from './tree.ts';
export { sanitizeUrl } from './url.ts';
