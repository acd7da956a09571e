/**
 * How much work a JSONPath can be. A path of names and indexes takes as long as it is; every other selector looks at all there is,
 * once for each time it was reached: a descendant segment reaches a value once for each value around it.
 */
import { type JSONPathQuery, jsonpath } from 'json-p3';
import { sizeOf } from '../core/measure.ts';
import type { Value } from '../core/value.ts';

/** In a path and the paths in its filters together. */
const MAX_SEGMENTS = 100;
const MAX_SELECTORS = 200;
const MAX_DESCENDANTS = 3;
/** Of one node that is looked at: a place, and the list of what leads to it. */
const STEPS = 5;

export interface Shape {
  /** Where it does not depend on the input. */
  readonly fixed: number | null;
  cost(input: Value, most: number): number;
}

const { expressions, selectors } = jsonpath;
type Segment = JSONPathQuery['segments'][number];

const isDescendant = (segment: Segment): boolean => segment.toString().startsWith('..');

/** The paths in a filter, and how many comparisons it makes. */
function partsOf(expression: unknown, paths: JSONPathQuery[]): number {
  if (expression instanceof expressions.LogicalExpression) return partsOf(expression.expression, paths);
  if (expression instanceof expressions.PrefixExpression) return partsOf(expression.right, paths);
  if (expression instanceof expressions.InfixExpression)
    return 1 + partsOf(expression.left, paths) + partsOf(expression.right, paths);
  if (expression instanceof expressions.FunctionExtension)
    return expression.args.reduce((sum, arg) => sum + partsOf(arg, paths), 1);
  if (expression instanceof expressions.FilterQuery) paths.push(expression.path);
  return 0;
}

interface Counts {
  segments: number;
  selectors: number;
  descendants: number;
}

function count({ segments }: JSONPathQuery, counts: Counts): void {
  counts.segments += segments.length;
  for (const segment of segments) {
    counts.selectors += segment.selectors.length;
    if (isDescendant(segment)) counts.descendants++;
    for (const selector of segment.selectors) {
      if (!(selector instanceof selectors.FilterSelector)) continue;
      const paths: JSONPathQuery[] = [];
      partsOf(selector.expression, paths);
      for (const path of paths) count(path, counts);
    }
  }
}

/** What is too much of a path, or null. */
export function shapeProblem(query: JSONPathQuery): string | null {
  const counts: Counts = { segments: 0, selectors: 0, descendants: 0 };
  count(query, counts);
  if (counts.segments > MAX_SEGMENTS) return `it has ${counts.segments} segments, at most ${MAX_SEGMENTS}`;
  if (counts.selectors > MAX_SELECTORS)
    return `it has ${counts.selectors} selectors, at most ${MAX_SELECTORS}`;
  if (counts.descendants > MAX_DESCENDANTS)
    return `it descends with .. ${counts.descendants} times, at most ${MAX_DESCENDANTS}`;
  return null;
}

/** Containers inside containers, of a value that is known to be small. */
function depthOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  let deepest = 0;
  for (const held of Object.values(value)) deepest = Math.max(deepest, depthOf(held));
  return 1 + deepest;
}

/** Steps of a path over `size` things, `depth` deep. */
function steps(query: JSONPathQuery, size: number, depth: number): number {
  let reached = 1;
  let cost = 0;
  /** Nodes after each segment are at most `reached` times all there are. */
  let isSingle = true;
  for (const segment of query.segments) {
    const visits = isDescendant(segment);
    if (visits) {
      reached *= isSingle ? 1 : Math.max(1, depth);
      cost += reached * size;
      // What is reached by descending is reached once for each value around it.
      if (segment.selectors.length > 0) isSingle = false;
    }
    let factor = 0;
    let perNode = 0;
    for (const selector of segment.selectors) {
      factor += 1;
      if (selector instanceof selectors.NameSelector || selector instanceof selectors.IndexSelector) continue;
      isSingle = false;
      if (!(selector instanceof selectors.FilterSelector)) continue;
      const paths: JSONPathQuery[] = [];
      perNode += 1 + partsOf(selector.expression, paths) * size;
      for (const path of paths) perNode += steps(path, size, depth);
    }
    reached *= Math.max(1, factor);
    const nodes = isSingle ? reached : reached * size;
    cost += nodes * (1 + perNode);
  }
  return cost * STEPS * (1 + depth);
}

const WHOLE: Shape = { fixed: 1, cost: () => 1 };

export function planOf(query: JSONPathQuery | null): Shape {
  if (query === null) return WHOLE;
  if (query.singularQuery()) {
    const fixed = STEPS * query.segments.length;
    return { fixed, cost: () => fixed };
  }
  return {
    fixed: null,
    cost(input, most) {
      const size = sizeOf(input, most);
      return size > most ? size : steps(query, size, depthOf(input));
    },
  };
}
