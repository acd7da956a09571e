/** Texts with places to fill in: Liquid, without files, without prototypes, and within bounds. */
import { type Emitter, Liquid, type Template as Parsed } from 'liquidjs';
import { sizeOf } from '../core/measure.ts';
import type { Value } from '../core/value.ts';
import { failure } from './failure.ts';
import { type Plan, planOf } from './template-plan.ts';
import type { Prepared, Tool } from './types.ts';

export type Escape = 'none' | 'url' | 'json' | 'html';

/** A type, not an interface, so that it counts as plain JSON. */
export type TemplateConfig = {
  readonly text: string;
  readonly escape: Escape;
  /** Characters of the result, and of everything that was written on the way to it. */
  readonly chars: number;
};

/** Of a template itself. */
const CHARS = 100_000;
const MEMORY_UNITS = 10_000_000;
/** Reading one character, as measured on the worst of texts: tags one after the other. */
export const STEPS_PER_CHAR = 8;

/** What the rendering that goes on may still write. Renderings never overlap: they are synchronous. */
let left = 0;
let limit = 0;

function spend(chars: number): void {
  left -= chars;
  if (left < 0)
    throw failure('NODE_FAILED', `the template writes more than limits.templateChars = ${limit} characters`);
}

/** JSON unfolds what is shared: it is counted before it is written. */
function json(value: unknown): string {
  if (sizeOf(value, left) > left) spend(left + 1);
  return JSON.stringify(value) ?? '';
}

const textOf = (value: unknown): string =>
  value === null || value === undefined ? '' : typeof value === 'object' ? json(value) : String(value);

const ESCAPES: Readonly<Record<Escape, (value: unknown) => string>> = {
  none: textOf,
  url: value => encodeURIComponent(textOf(value).toWellFormed()),
  json: value => json(value ?? null) || 'null',
  html: value => textOf(value).replace(/[&<>"']/g, char => `&#${char.charCodeAt(0)};`),
};

/** Everything a template writes goes through one of these, what it captures and includes too. */
class CountingEmitter implements Emitter {
  buffer = '';

  write(written: unknown): void {
    const text = textOf(written);
    spend(text.length);
    this.buffer += text;
  }
}

/** @param outputEscape what becomes of each value that is filled in */
export function engineWith(outputEscape: (value: unknown) => string): Liquid {
  const liquid = new Liquid({
    ownPropertyOnly: true,
    strictFilters: true,
    cache: false,
    dynamicPartials: false,
    // No file is ever read: partials come from this empty shelf.
    templates: {},
    parseLimit: CHARS,
    memoryLimit: MEMORY_UNITS,
    outputEscape,
  });
  const { renderer } = liquid;
  const render = renderer.renderTemplates.bind(renderer);
  renderer.renderTemplates = (templates, context, emitter = new CountingEmitter()) =>
    render(templates, context, emitter);
  return liquid;
}

const engines: Map<Escape, Liquid> = new Map();

function engineFor(kind: Escape): Liquid {
  let found = engines.get(kind);
  if (found === undefined) {
    found = engineWith(ESCAPES[kind]);
    engines.set(kind, found);
  }
  return found;
}

class Template implements Prepared {
  readonly #config: TemplateConfig;
  readonly #parsed: Parsed[];
  readonly #plan: Plan | null;

  constructor(config: TemplateConfig) {
    this.#config = config;
    this.#parsed = engineFor(config.escape).parse(config.text);
    this.#plan = planOf(this.#parsed, config.escape);
  }

  cost(view: Value, most: number): number {
    return this.#plan?.cost(view, most) ?? Number.POSITIVE_INFINITY;
  }

  part(view: Value): Value {
    return this.#plan?.part(view) ?? view;
  }

  run(view: Value): string {
    return render(engineFor(this.#config.escape), this.#parsed, view, this.#config.chars);
  }
}

/** At most so many characters. @throws SandboxError NODE_FAILED */
export function render(liquid: Liquid, parsed: Parsed[], view: Value, chars: number): string {
  limit = chars;
  left = limit;
  try {
    return liquid.renderSync(parsed, view as object) as string;
  } catch (error) {
    throw failure(
      'NODE_FAILED',
      `the template failed: ${error instanceof Error ? (error.message.split('\n')[0] ?? '') : ''}`,
      error,
    );
  }
}

/** `{ text, escape, chars }` and a view: `{ item, index, vars }`. Each value that is filled in is escaped, unless it ends with `| raw`. */
export const template: Tool<TemplateConfig> = {
  weight: ({ text }) => text.length * STEPS_PER_CHAR,
  prepare: config => new Template(config),
};

/** What is wrong with a template, or null. */
export function templateProblem(text: string): string | null {
  try {
    engineFor('none').parse(text);
    return null;
  } catch (error) {
    return error instanceof Error ? (error.message.split('\n')[0] ?? 'is no template') : 'is no template';
  }
}
