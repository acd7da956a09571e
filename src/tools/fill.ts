/**
 * Liquid that gives pieces in place of a text: what the author wrote, and what is filled in. Who puts them together knows the place of
 * each value and writes it so that nothing around it changes.
 */
import { CaptureTag, Drop, type Liquid, Output, type Template } from 'liquidjs';
import type { Value } from '../core/value.ts';
import { failure } from './failure.ts';
import { engineWith, render, STEPS_PER_CHAR, templateProblem } from './template.ts';
import { type Plan, planOf } from './template-plan.ts';
import type { Prepared, Tool } from './types.ts';

export type Piece =
  /** The author's, or what he marked `| raw`. */
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'value'; readonly value: unknown; readonly isRaw: boolean; readonly name: string };

/** A type, not an interface, so that it counts as plain JSON. */
export type FillConfig = {
  readonly text: string;
  /** Characters of the author's text, and of everything that was written on the way to it. */
  readonly chars: number;
};

/** `mark`: digits nobody can know beforehand. No filter for texts changes them, and no value can hold them. */
export interface FillInput {
  readonly view: Value;
  readonly mark: string;
}

/** Values of the rendering under way: it is synchronous, so there is one at a time. */
interface Sink {
  readonly mark: string;
  readonly values: Extract<Piece, { kind: 'value' }>[];
}
let sink: Sink | null = null;

class Raw extends Drop {
  readonly value: unknown;
  constructor(value: unknown) {
    super();
    this.value = value;
  }
  override valueOf(): unknown {
    return this.value;
  }
}

/** What `{% capture %}` holds: a piece of template, and for filters the text it stands for. */
class Captured extends Drop {
  readonly #marked: string;
  readonly #sink: Sink;
  constructor(marked: string, of: Sink) {
    super();
    this.#marked = marked;
    this.#sink = of;
  }
  /** Not a property: templates could name it. */
  static marked(captured: Captured): string {
    return captured.#marked;
  }
  override valueOf(): string {
    return piecesOf(this.#marked, this.#sink)
      .map(piece =>
        piece.kind === 'text'
          ? piece.text
          : typeof piece.value === 'string'
            ? piece.value
            : simple(piece.value),
      )
      .join('');
  }
  override toString(): string {
    return this.valueOf();
  }
  toJSON(): string {
    return this.valueOf();
  }
  get length(): number {
    return this.valueOf().length;
  }
  override liquidMethodMissing(key: string | number): unknown {
    return key === 'size' ? this.valueOf().length : undefined;
  }
}

function simple(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint')
    return String(value);
  if (value instanceof Date && !Number.isNaN(value.getTime())) return value.toISOString();
  throw failure('NODE_FAILED', 'a captured text has a list or an object in it: fill it in where it goes');
}

function note(value: unknown, name: string): string {
  if (value instanceof Captured) return Captured.marked(value);
  if (sink === null) return '';
  const isRaw = value instanceof Raw;
  const held = isRaw ? value.value : value;
  if (held instanceof Captured) return Captured.marked(held);
  const index = sink.values.push({ kind: 'value', value: held, isRaw, name }) - 1;
  return `\ue000${sink.mark}.${index}\ue001`;
}

function piecesOf(text: string, { mark, values }: Sink): Piece[] {
  const pieces: Piece[] = [];
  let at = 0;
  for (;;) {
    const start = text.indexOf(`\ue000${mark}.`, at);
    if (start < 0) break;
    const end = text.indexOf('\ue001', start);
    const value = end < 0 ? undefined : values[Number(text.slice(start + mark.length + 2, end))];
    if (value === undefined)
      throw failure('NODE_FAILED', 'a filter cut through what was filled in: use it on the value');
    if (start > at) pieces.push({ kind: 'text', text: text.slice(at, start) });
    pieces.push(value);
    at = end + 1;
  }
  const rest = text.slice(at);
  if (rest.includes(mark))
    throw failure('NODE_FAILED', 'a filter cut through what was filled in: use it on the value');
  if (rest !== '') pieces.push({ kind: 'text', text: rest });
  return pieces;
}

const liquid: Liquid = engineWith(value => note(value, 'a value'));
// Not Liquid's own, which goes past `outputEscape`: what is raw may be bytes.
liquid.registerFilter('raw', (value: unknown) => new Raw(value));
liquid.registerTag(
  'capture',
  class extends CaptureTag {
    override *render(context: Parameters<CaptureTag['render']>[0]): Generator<unknown, void, string> {
      const marked = yield this.liquid.renderer.renderTemplates(this.templates, context);
      const scope = context.bottom() as Record<string, unknown>;
      scope[this.variable] = sink === null ? marked : new Captured(marked, sink);
    }
  },
);

/** Tells each value by the words the author wrote for it; those inside tags stay nameless. */
function named(templates: readonly Template[]): readonly Template[] {
  for (const template of templates) {
    if (!(template instanceof Output)) continue;
    const name = template.token.getText().slice(0, 80);
    const last = template.value.filters.at(-1) as unknown as
      | { handler: (value: unknown) => string }
      | undefined;
    if (last !== undefined) last.handler = value => note(value, name);
  }
  return templates;
}

const isRawOutput = (template: Output): boolean => template.value.filters.at(-2)?.name === 'raw';

const parse = (text: string): Template[] => named(liquid.parse(text)) as Template[];

class Filling implements Prepared {
  readonly #parsed: Template[];
  readonly #plan: Plan | null;
  readonly #chars: number;

  constructor({ text, chars }: FillConfig) {
    this.#parsed = parse(text);
    this.#plan = planOf(this.#parsed, 'apart');
    this.#chars = chars;
  }

  cost(input: Value, most: number): number {
    return this.#plan?.cost((input as unknown as FillInput).view, most) ?? Number.POSITIVE_INFINITY;
  }

  part(input: Value): Value {
    const { view, mark } = input as unknown as FillInput;
    return { view: this.#plan?.part(view) ?? view, mark };
  }

  run(input: Value): Value {
    const { view, mark } = input as unknown as FillInput;
    const own: Sink = { mark, values: [] };
    sink = own;
    try {
      return piecesOf(render(liquid, this.#parsed, view, this.#chars), own) as unknown as Value;
    } finally {
      sink = null;
    }
  }
}

/** `{ text, chars }` and `{ view, mark }`: the pieces of a text. */
export const fill: Tool<FillConfig> = {
  weight: ({ text }) => text.length * STEPS_PER_CHAR,
  prepare: config => new Filling(config),
};

export type SamplesConfig = { readonly sample: string };

/** What is wrong with a template; or its pieces with `sample` for each value, null where tags decide which there are. */
export type Sample = { readonly problem: string } | { readonly pieces: readonly Piece[] | null };

function sampleOf(text: string, sample: string): Sample {
  const problem = templateProblem(text);
  if (problem !== null) return { problem };
  const pieces: Piece[] = [];
  for (const template of parse(text)) {
    if (template instanceof Output)
      pieces.push({
        kind: 'value',
        value: sample,
        isRaw: isRawOutput(template),
        name: template.token.getText(),
      });
    else if ('str' in template) pieces.push({ kind: 'text', text: String(template.str) });
    else return { pieces: null };
  }
  return { pieces };
}

/** Each is parsed twice, and its pieces are tried out. */
const SAMPLE_STEPS = 3 * STEPS_PER_CHAR;

export const samplesSteps = (texts: readonly string[]): number =>
  texts.reduce((sum, text) => sum + 100 + SAMPLE_STEPS * text.length, 0);

/** Texts: of each a `Sample`. */
export const samples: Tool<SamplesConfig> = {
  weight: () => 1,
  prepare: ({ sample }): Prepared => ({
    cost: input => samplesSteps(input as readonly string[]),
    run: input => (input as readonly string[]).map(text => sampleOf(text, sample)) as unknown as Value,
  }),
};
