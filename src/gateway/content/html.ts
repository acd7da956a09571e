/**
 * HTML of a stranger, made fit to be put into a page. It is parsed as a browser parses it, only what is on the lists below
 * is kept, and the result is written anew. No element is kept whose text is read by other rules (style, textarea, svg, math,
 * noscript …): that is what makes a second parser see something else than the first.
 */
import { Budget } from '../../core/budget.ts';
import { HtmlWriter } from './html-write.ts';
import { checkLength, parseHtml, refused } from './tree.ts';

/** Of reading and writing until nothing changes; two are the rule. */
const ROUNDS = 5;
/** What is written may be longer than what was read: links get a rel, and escapes take five characters for one. */
const WRITTEN_CHARS = 2_500_000;
/** Of all rounds together. */
const READ_CHARS = 3_500_000;

export interface HtmlOptions {
  /**
   * True keeps images of http and https addresses. Default false: a page that shows an image asks its server for it, which
   * is a way out that no network rule sees.
   */
  readonly images?: boolean;
}

/**
 * Makes HTML safe to be shown: no scripts, no handlers, no styles, no forms, no addresses but http, https and mailto.
 * Text is kept.
 * @param html at most CONTENT_CHARS characters, 100 levels, 50,000 elements and 50,000 attributes; written out at most 2,500,000
 * characters
 * @throws SandboxError OUTPUT_REFUSED
 */
export function sanitizeHtml(html: string, { images = false }: HtmlOptions = {}): string {
  checkLength(html, 'the HTML');
  const chars = new Budget(READ_CHARS, () =>
    refused('the HTML is nested so that every reading of it differs'),
  );
  let text = written(html, images, chars);
  // HTML that was nested wrongly is put right anew each time it is read. What is returned reads as it is written.
  for (let round = 0; round < ROUNDS; round++) {
    const again = written(text, images, chars);
    if (again === text) return text;
    text = again;
  }
  throw refused('the HTML is nested so that every reading of it differs');
}

function written(html: string, images: boolean, chars: Budget): string {
  chars.spend(html.length);
  const text = new HtmlWriter(images).write(parseHtml(html).childNodes);
  if (text.length <= WRITTEN_CHARS) return text;
  throw refused(
    `the HTML comes to ${text.length} characters when it is written out, at most ${WRITTEN_CHARS}`,
  );
}
