/**
 * What a template does, where that can be told by looking: text, and values at fixed places with filters that read them once. For
 * such a template the work is known before it is done. Loops, conditions and everything else have no plan.
 */
import { Output, type Template, TokenKind } from 'liquidjs';
import { fromEntries } from '../core/entries.ts';
import { sizeOf } from '../core/measure.ts';
import type { Value } from '../core/value.ts';
import type { Escape } from './template.ts';

/** Filters that read a text once, and how many characters they write for one. */
const GROWTH: ReadonlyMap<string, number> = new Map([
  ['upcase', 3],
  ['downcase', 3],
  ['capitalize', 3],
  ['strip', 1],
  ['lstrip', 1],
  ['rstrip', 1],
  ['strip_newlines', 1],
  ['escape', 6],
  ['url_encode', 9],
  ['default', 1],
  ['raw', 1],
  ['size', 1],
  ['round', 1],
  ['floor', 1],
  ['ceil', 1],
  ['abs', 1],
  ['plus', 1],
  ['minus', 1],
  ['times', 1],
]);
/** `apart`: a value that no filter touches is handed on, whatever its size. */
export type Escaping = Escape | 'apart';
const ESCAPED: Readonly<Record<Escaping, number>> = { none: 1, url: 9, json: 6, html: 5, apart: 0 };
/** Of a place, whatever is there. */
const STEPS = 100;
/** Names that ask for something of a value that is no entry of it. */
const DERIVED: ReadonlySet<string> = new Set(['size', 'first', 'last']);

interface Token {
  readonly kind: TokenKind;
  readonly content?: unknown;
  readonly variable?: unknown;
  readonly props?: readonly Token[];
}

interface Place {
  readonly keys: readonly string[];
  readonly growth: number;
}

export interface Plan {
  cost(view: Value, most: number): number;
  part(view: Value): Value;
}

const CONSTANTS: ReadonlySet<TokenKind> = new Set([TokenKind.Number, TokenKind.Literal, TokenKind.Quoted]);

/** `item.a["b"]` as keys; null for what is computed. */
function keysOf(token: Token): readonly string[] | null {
  if (token.kind !== TokenKind.PropertyAccess || token.variable !== undefined) return null;
  const keys: string[] = [];
  for (const { kind, content } of token.props ?? []) {
    if (kind !== TokenKind.Word && !CONSTANTS.has(kind)) return null;
    keys.push(String(content));
  }
  return keys;
}

function placeOf(output: Output, escaping: Escaping): Place | null {
  const { filters, initial } = output.value;
  const [only, ...rest] = initial.postfix as unknown as readonly Token[];
  if (only === undefined || rest.length > 0) return null;
  // The last one is the escape, unless the author asked for none.
  let growth = ESCAPED[escaping];
  for (const filter of filters.slice(0, -1)) {
    const factor = GROWTH.get(filter.name);
    const args = filter.args as unknown as readonly Token[];
    if (factor === undefined || !args.every(arg => !Array.isArray(arg) && CONSTANTS.has(arg.kind)))
      return null;
    if (filter.name !== 'raw') growth = Math.max(1, growth) * factor;
  }
  if (filters.at(-1)?.raw !== false) return null;
  if (CONSTANTS.has(only.kind)) return { keys: [], growth: growth * (1 + String(only.content).length) };
  const keys = keysOf(only);
  return keys === null ? null : { keys, growth };
}

function isPlain(value: unknown): value is Readonly<Record<string, Value>> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype = Object.getPrototypeOf(value) as unknown;
  return prototype === Object.prototype || prototype === null;
}

/** As far as names lead through plain objects: keys that were followed, and what is there. */
function follow(view: Value, keys: readonly string[]): { readonly depth: number; readonly value: Value } {
  let value = view;
  for (const [depth, key] of keys.entries()) {
    if (!isPlain(value) || DERIVED.has(key)) return { depth, value };
    if (!Object.hasOwn(value, key)) return { depth: depth + 1, value: undefined };
    value = value[key];
  }
  return { depth: keys.length, value };
}

/** Of a tree that is being built: a class of its own, since values may be Maps. */
class Branch {
  readonly held: Map<string, unknown> = new Map();
}

/** A tree of nothing but what is at these places. Names come from the author's text, at most as many as it has room for. */
function partOf(view: Value, places: readonly Place[]): Value {
  const root = new Branch();
  for (const { keys } of places) {
    const { depth, value } = follow(view, keys);
    let at = root;
    for (const [i, key] of keys.slice(0, depth).entries()) {
      const held = at.held.get(key);
      if (i === depth - 1) at.held.set(key, value);
      else if (held instanceof Branch) at = held;
      else if (at.held.has(key)) break;
      else {
        const next = new Branch();
        at.held.set(key, next);
        at = next;
      }
    }
  }
  return toObject(root) as Value;
}

function toObject({ held }: Branch): object {
  return fromEntries(
    [...held].map(([key, value]) => [key, value instanceof Branch ? toObject(value) : value] as const),
  );
}

/** Null where the work cannot be told. */
export function planOf(templates: readonly Template[], escaping: Escaping): Plan | null {
  const places: Place[] = [];
  let chars = 0;
  for (const one of templates) {
    if (one instanceof Output) {
      const place = placeOf(one, escaping);
      if (place === null) return null;
      places.push(place);
    } else if (one.token.kind === TokenKind.HTML) chars += one.token.getText().length;
    else return null;
  }
  return {
    cost(view, most) {
      let cost = chars + STEPS * places.length;
      for (const { keys, growth } of places) {
        if (cost > most) break;
        if (growth > 0) cost += growth * sizeOf(follow(view, keys).value, most / growth);
      }
      return cost;
    },
    part: view => partOf(view, places),
  };
}
