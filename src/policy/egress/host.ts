/** Names: canonical, and matched by whole labels. */

/** What DNS can carry, and what servers answer to. WHATWG lets `*`, `!` and more through. */
const NAME = /^(?=.{1,253}$)[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*$/;
/** No name ends like this: some resolver reads it as an address. */
const NUMERIC_END = /(?:^|\.)(?:\d+|0x[0-9a-f]*)$/;
/** Punycode of nothing, or of nothing but ASCII. Not every platform refuses it. */
const EMPTY_IDNA = /(?:^|\.)xn--(?:[a-z0-9_-]*-)?(?:\.|$)/;
const DOTTED = /^\d+\.\d+\.\d+\.\d+$/;

export type Host =
  | { readonly kind: 'name'; readonly name: string }
  /** Without brackets. */
  | { readonly kind: 'address'; readonly text: string };

/** @param hostname of a URL that the platform parsed; `null` when nothing should be asked for it */
export function canonicalHost(hostname: string): Host | null {
  if (hostname.startsWith('[')) return { kind: 'address', text: hostname.slice(1, -1) };
  if (DOTTED.test(hostname)) return { kind: 'address', text: hostname };
  const name = hostname.endsWith('.') ? hostname.slice(0, -1) : hostname;
  const isName = NAME.test(name) && !NUMERIC_END.test(name) && !EMPTY_IDNA.test(name);
  return isName ? { kind: 'name', name } : null;
}

/**
 * A name as somebody wrote it, in the form URLs have it: lower case, IDNA, without a trailing dot.
 * @returns `null` when it is more than a host, or none
 */
export function hostFromText(text: string): Host | null {
  // Whatever ends or escapes a host in a URL; the characters IDNA maps to them are caught in the outcome.
  if (text === '' || /[\s\p{Cc}/\\?#@%:[\]]/u.test(text)) return null;
  const url = URL.parse(`http://${text}/`);
  return url === null || url.port !== '' || url.pathname !== '/' ? null : canonicalHost(url.hostname);
}

/** Values by name or by `*.` and a name. */
export class HostTable<T> {
  readonly #exact: Map<string, T[]> = new Map();
  readonly #below: Map<string, T[]> = new Map();

  /** @param isBelow the names below it, at any depth, and not it */
  add(name: string, isBelow: boolean, value: T): void {
    const table = isBelow ? this.#below : this.#exact;
    const values = table.get(name);
    if (values === undefined) table.set(name, [value]);
    else values.push(value);
  }

  /** The name's own values first, then those of its parents, the nearest first. */
  find(name: string): readonly T[] {
    const own = this.#exact.get(name) ?? NONE;
    if (this.#below.size === 0) return own;
    let found: readonly T[] = own;
    for (let dot = name.indexOf('.'); dot >= 0; dot = name.indexOf('.', dot + 1)) {
      const below = this.#below.get(name.slice(dot + 1));
      if (below !== undefined) found = found.length === 0 ? below : [...found, ...below];
    }
    return found;
  }
}

const NONE: readonly never[] = Object.freeze([]);
