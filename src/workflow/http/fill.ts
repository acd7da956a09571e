/**
 * Liquid that gives pieces in place of a text: what the author wrote, and what is filled in. Who puts them together knows the place of
 * each value and writes it so that nothing around it changes.
 */
import { CaptureTag, Drop, Liquid, Output, type Template } from 'liquidjs';
import { failure } from '../failure.ts';

export type Piece =
  /** The author's, or what he marked `| raw`. */
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'value'; readonly value: unknown; readonly isRaw: boolean; readonly name: string };

export interface Fill {
  /** @throws SandboxError NODE_FAILED */
  pieces(view: Readonly<Record<string, unknown>>): readonly Piece[];
  /** The pieces with `sample` for each value, in order; null where tags decide which there are. */
  sample(sample: string): readonly Piece[] | null;
}

const CHARS = 100_000;
const RENDER_MS = 1_000;
const MEMORY_UNITS = 10_000_000;

/** Values of the rendering under way: it is synchronous, so there is one at a time. */
interface Sink {
  /** Digits nobody can know beforehand: no filter for texts changes them, and no value can hold them. */
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

const liquid: Liquid = new Liquid({
  ownPropertyOnly: true,
  strictFilters: true,
  cache: false,
  dynamicPartials: false,
  // No file is ever read: partials come from this empty shelf.
  templates: {},
  parseLimit: CHARS,
  renderLimit: RENDER_MS,
  memoryLimit: MEMORY_UNITS,
  // The same text everywhere, whatever the machine's own zone.
  timezoneOffset: 0,
  outputEscape: value => note(value, 'a value'),
});
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

/** @throws what Liquid says of a text that is no template */
export function fill(source: string): Fill {
  if (!source.includes('{')) {
    const pieces: readonly Piece[] = source === '' ? [] : [{ kind: 'text', text: source }];
    return { pieces: () => pieces, sample: () => pieces };
  }
  const templates = named(liquid.parse(source));
  return {
    sample(sample) {
      const pieces: Piece[] = [];
      for (const template of templates) {
        if (template instanceof Output)
          pieces.push({
            kind: 'value',
            value: sample,
            isRaw: isRawOutput(template),
            name: template.token.getText(),
          });
        else if ('str' in template) pieces.push({ kind: 'text', text: String(template.str) });
        else return null;
      }
      return pieces;
    },
    pieces(view) {
      const digits = crypto.getRandomValues(new Uint32Array(4)).join('');
      const own: Sink = { mark: digits, values: [] };
      sink = own;
      try {
        return piecesOf(liquid.renderSync(templates as Template[], { ...view }) as string, own);
      } catch (error) {
        const told = error instanceof Error ? (error.message.split('\n')[0] ?? '') : '';
        throw failure('NODE_FAILED', `the template failed: ${told}`, error);
      } finally {
        sink = null;
      }
    },
  };
}

/** What is wrong with a template, or null. */
export function fillProblem(source: string): string | null {
  try {
    fill(source);
    return null;
  } catch (error) {
    return error instanceof Error ? (error.message.split('\n')[0] ?? '') : 'it is none';
  }
}
