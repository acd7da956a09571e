/** What a plugin returned, held to what its manifest says, and made safe where it is text for people. */
import { Budget } from '../core/budget.ts';
import { setEntry } from '../core/entries.ts';
import { SandboxError } from '../core/errors.ts';
import { LIMITS } from '../core/limits.ts';
import type { Value } from '../core/value.ts';
import type { ContentKind } from '../policy/manifest/index.ts';
import type { Check } from './schema/check.ts';

/** Makes text of one kind safe; throws, or gives `null`, when it cannot. */
export type Sanitize = (text: string) => string | null;

/** Loaded when the first plugin declares such text: the libraries are as large as the rest of the gateway. */
export async function sanitizerFor(kind: ContentKind): Promise<Sanitize> {
  const content = await import('./content/index.ts');
  switch (kind) {
    case 'html':
      return text => content.sanitizeHtml(text);
    case 'markdown':
      return text => content.markdownToHtml(text);
    case 'url':
      return content.sanitizeUrl;
    case 'csv':
      return content.sanitizeCsv;
  }
}

const refuse = (message: string): SandboxError => new SandboxError('OUTPUT_REFUSED', message);
/** Beyond this no declared text is looked for. */
const DEPTH = 20;
const PLAIN_NAME = /^[\w .-]{1,100}$/;

/**
 * @param check of the manifest's output schema
 * @param sanitize for output that is declared as text; every string in it is made safe, keys have to be plain names. What is
 * there several times is made safe once, and is shared in the copy as it was
 * @param limitBytes to which the value was held: what may be looked at grows with it. Default that of `outputBytes`
 * @throws SandboxError OUTPUT_REFUSED
 */
export function checkOutput(
  value: Value,
  check: Check,
  sanitize: Sanitize | null,
  limitBytes: number = LIMITS.outputBytes.default,
): Value {
  const problem = check(value, limitBytes);
  if (problem !== null) throw refuse(`the result does not fit the manifest’s output schema: ${problem}`);
  return sanitize === null ? value : new Cleaner(sanitize, limitBytes).clean(value, 0);
}

/**
 * The texts of a result, each once, in the order in which `checkOutput` asks for them: for whoever makes them safe elsewhere.
 * @throws SandboxError OUTPUT_REFUSED as `checkOutput` does
 */
export function textsOf(value: Value, limitBytes: number = LIMITS.outputBytes.default): ReadonlySet<string> {
  const texts = new Set<string>();
  const take = (text: string): string => {
    texts.add(text);
    return text;
  };
  new Cleaner(take, limitBytes).clean(value, 0);
  return texts;
}

interface Copy {
  readonly value: Value;
  /** Containers within each other, this one included. */
  readonly height: number;
}

class Cleaner {
  readonly #sanitize: Sanitize;
  readonly #chars: Budget;
  readonly #texts: Map<string, string> = new Map();
  readonly #copies: Map<object, Copy> = new Map();
  /** Keys and indices to where it is. */
  readonly #path: (string | number)[] = [];
  /** Of what was made last. */
  #height = 0;

  constructor(sanitize: Sanitize, limitBytes: number) {
    this.#sanitize = sanitize;
    this.#chars = new Budget(limitBytes, () =>
      refuse(`the result holds more than ${limitBytes} characters of text; return less`),
    );
  }

  #refuse(depth: number, what: string): SandboxError {
    const steps = this.#path
      .slice(0, depth)
      .map(step => (typeof step === 'number' ? `[${step}]` : `.${step}`));
    return refuse(`result${steps.join('')} ${what}`);
  }

  clean(value: Value, depth: number): Value {
    this.#height = 0;
    if (typeof value === 'string') return this.#text(value, depth);
    if (value === null || value === undefined || typeof value === 'number' || typeof value === 'boolean')
      return value;
    if (typeof value !== 'object') throw this.#refuse(depth, 'is neither text nor JSON');
    const known = this.#copies.get(value);
    if (depth + (known?.height ?? 1) > DEPTH)
      throw this.#refuse(depth, `is nested deeper than ${DEPTH} levels`);
    if (known === undefined) return this.#container(value, depth);
    this.#height = known.height;
    return known.value;
  }

  #text(text: string, depth: number): string {
    const known = this.#texts.get(text);
    if (known !== undefined) return known;
    this.#chars.spend(text.length);
    const safe = this.#sanitize(text);
    if (safe === null) throw this.#refuse(depth, 'cannot be made safe');
    this.#texts.set(text, safe);
    return safe;
  }

  #container(value: object, depth: number): Value {
    let height = 0;
    const part = (key: string | number, item: Value): Value => {
      this.#path[depth] = key;
      const made = this.clean(item, depth + 1);
      if (this.#height > height) height = this.#height;
      return made;
    };
    const copy: Value = Array.isArray(value)
      ? value.map((item: Value, i) => part(i, item))
      : this.#object(value, depth, part);
    this.#height = height + 1;
    this.#copies.set(value, { value: copy, height: this.#height });
    return copy;
  }

  #object(value: object, depth: number, part: (key: string, item: Value) => Value): Value {
    const prototype = Object.getPrototypeOf(value) as unknown;
    if (prototype !== Object.prototype && prototype !== null)
      throw this.#refuse(depth, 'is neither text nor JSON');
    const copy: Record<string, Value> = {};
    for (const key of Object.keys(value)) {
      if (!PLAIN_NAME.test(key) || key === '__proto__')
        throw this.#refuse(depth, 'has a key that is no plain name');
      setEntry(copy, key, part(key, (value as Readonly<Record<string, Value>>)[key]));
    }
    return copy;
  }
}
