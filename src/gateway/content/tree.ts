/** HTML to a tree, as browsers do it (parse5), with an end to what it may come to. */
import { type DefaultTreeAdapterTypes, defaultTreeAdapter, parseFragment, type TreeAdapter } from 'parse5';
import { SandboxError } from '../../core/errors.ts';

/** Of text to be made safe, in UTF-16 units. */
export const CONTENT_CHARS = 1_000_000;
const DEPTH = 100;
/** The three that the parser makes around a fragment count. */
const NODES = 50_000;
const ATTRIBUTES = 50_000;

export const refused = (message: string): SandboxError => new SandboxError('OUTPUT_REFUSED', message);

export function checkLength(text: string, what: string): void {
  if (typeof text !== 'string') throw refused(`${what} must be a string, got ${typeof text}`);
  if (text.length > CONTENT_CHARS)
    throw refused(`${what} has ${text.length} characters, at most ${CONTENT_CHARS}`);
}

/** Counts what the parser makes: unclosed formatting is cloned over and over, and depth costs time at every tag. */
function countingAdapter(): TreeAdapter<DefaultTreeAdapterTypes.DefaultTreeAdapterMap> {
  let nodes = 0;
  let attributes = 0;
  let depth = 0;
  return {
    ...defaultTreeAdapter,
    createElement(...args) {
      if (++nodes > NODES) throw refused(`the HTML has more than ${NODES} elements`);
      attributes += args[2].length;
      if (attributes > ATTRIBUTES) throw refused(`the HTML has more than ${ATTRIBUTES} attributes`);
      return defaultTreeAdapter.createElement(...args);
    },
    onItemPush() {
      if (++depth > DEPTH) throw refused(`the HTML is nested deeper than ${DEPTH} elements`);
    },
    onItemPop() {
      depth--;
    },
  };
}

/** @throws SandboxError OUTPUT_REFUSED for what is too deep or too much */
export function parseHtml(html: string): DefaultTreeAdapterTypes.DocumentFragment {
  return parseFragment(html, { treeAdapter: countingAdapter() });
}
