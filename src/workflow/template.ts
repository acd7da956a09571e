/** Texts with places to fill in: Liquid, without files, without prototypes, and within bounds. */
import { Liquid, type Template as Parsed } from 'liquidjs';
import type { Value } from '../core/value.ts';
import { failure } from './failure.ts';

export type Escape = 'none' | 'url' | 'json' | 'html';

const CHARS = 100_000;
const RENDER_MS = 1_000;
const MEMORY_UNITS = 10_000_000;

const textOf = (value: unknown): string =>
  value === null || value === undefined
    ? ''
    : typeof value === 'object'
      ? (JSON.stringify(value) ?? '')
      : String(value);

const ESCAPES: Readonly<Record<Escape, (value: unknown) => string>> = {
  none: textOf,
  url: value => encodeURIComponent(textOf(value).toWellFormed()),
  json: value => JSON.stringify(value ?? null) ?? 'null',
  html: value => textOf(value).replace(/[&<>"']/g, char => `&#${char.charCodeAt(0)};`),
};

function engine(kind: Escape): Liquid {
  const outputEscape = ESCAPES[kind];
  const liquid = new Liquid({
    ownPropertyOnly: true,
    strictFilters: true,
    cache: false,
    dynamicPartials: false,
    // No file is ever read: partials come from this empty shelf.
    templates: {},
    parseLimit: CHARS,
    renderLimit: RENDER_MS,
    memoryLimit: MEMORY_UNITS,
    outputEscape,
  });
  return liquid;
}

const engines: Map<Escape, Liquid> = new Map();

function engineFor(kind: Escape): Liquid {
  let found = engines.get(kind);
  if (found === undefined) {
    found = engine(kind);
    engines.set(kind, found);
  }
  return found;
}

/** What is wrong with a template, or null. */
export function templateProblem(text: string): string | null {
  try {
    engineFor('none').parse(text);
    return null;
  } catch (error) {
    return error instanceof Error ? (error.message.split('\n')[0] ?? 'is no template') : 'is no template';
  }
}

export interface Template {
  /** @throws SandboxError NODE_FAILED */
  render(view: Readonly<Record<string, unknown>>): string;
}

/** Each value that is filled in is escaped, unless it ends with `| raw`. */
export function template(text: string, kind: Escape): Template {
  if (!text.includes('{')) return { render: () => text };
  const liquid = engineFor(kind);
  const parsed: Parsed[] = liquid.parse(text);
  return {
    render(view) {
      try {
        return liquid.renderSync(parsed, view as object) as string;
      } catch (error) {
        throw failure(
          'NODE_FAILED',
          `the template failed: ${error instanceof Error ? error.message : ''}`,
          error,
        );
      }
    },
  };
}

export const viewOf = (
  item: Value,
  index: number,
  vars: Readonly<Record<string, Value>>,
): Record<string, unknown> => ({ item, index, vars });
