/** What a plugin returned, held to what its manifest says, and made safe where it is text for people. */
import { SandboxError } from '../core/errors.ts';
import type { Value } from '../core/value.ts';
import type { ContentKind } from '../policy/manifest/index.ts';
import type { Check } from './schema.ts';

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

/**
 * @param check of the manifest's output schema
 * @param sanitize for output that is declared as text; every string in it is made safe, keys have to be plain names
 * @throws SandboxError OUTPUT_REFUSED
 */
export function checkOutput(value: Value, check: Check, sanitize: Sanitize | null): Value {
  const problem = check(value);
  if (problem !== null) throw refuse(`the result does not fit the manifest’s output schema: ${problem}`);
  return sanitize === null ? value : clean(value, sanitize, 'result', 0);
}

function clean(value: Value, sanitize: Sanitize, path: string, depth: number): Value {
  if (typeof value === 'string') {
    const safe = sanitize(value);
    if (safe === null) throw refuse(`${path} cannot be made safe`);
    return safe;
  }
  if (value === null || value === undefined || typeof value === 'number' || typeof value === 'boolean')
    return value;
  if (depth >= DEPTH) throw refuse(`${path} is nested deeper than ${DEPTH} levels`);
  if (Array.isArray(value))
    return value.map((item: Value, i) => clean(item, sanitize, `${path}[${i}]`, depth + 1));
  const prototype = Object.getPrototypeOf(value) as unknown;
  if (prototype !== Object.prototype && prototype !== null) throw refuse(`${path} is neither text nor JSON`);
  const copy: Record<string, Value> = {};
  for (const [key, item] of Object.entries(value as Readonly<Record<string, Value>>)) {
    if (!/^[\w .-]{1,100}$/.test(key) || key === '__proto__')
      throw refuse(`a key of ${path} is no plain name`);
    copy[key] = clean(item, sanitize, `${path}.${key}`, depth + 1);
  }
  return copy;
}
