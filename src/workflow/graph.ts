/** The order in which nodes can run. */
import { isRecord } from './fields.ts';
import type { Workflow } from './types.ts';

/**
 * Ids, each after all that lead to it, otherwise as they are listed; or one circle, its first id again at the end. Looks
 * at nothing but ids, so that it can be asked of a workflow that is wrong in other ways.
 */
export function findOrder(
  workflow: Workflow,
): { readonly order: readonly string[] } | { readonly cycle: readonly string[] } {
  const ids = workflow.nodes.flatMap(node =>
    isRecord(node) && typeof node.id === 'string' ? [node.id] : [],
  );
  const waits = new Map<string, Set<string>>(ids.map(id => [id, new Set()]));
  const leads = new Map<string, Set<string>>(ids.map(id => [id, new Set()]));
  for (const edge of workflow.edges) {
    if (!isRecord(edge) || !waits.has(edge.from as string) || !waits.has(edge.to as string)) continue;
    waits.get(edge.to as string)?.add(edge.from as string);
    leads.get(edge.from as string)?.add(edge.to as string);
  }
  const order = [...waits].flatMap(([id, before]) => (before.size === 0 ? [id] : []));
  for (let at = 0; at < order.length; at++)
    for (const next of leads.get(order[at] as string) ?? []) {
      const before = waits.get(next);
      before?.delete(order[at] as string);
      if (before?.size === 0) order.push(next);
    }
  if (order.length === waits.size) return { order };
  // Whatever is left waits for something that is left: walking back has to meet itself.
  const walked: string[] = [];
  let id = [...waits].find(([one, before]) => before.size > 0 && !order.includes(one))?.[0] as string;
  while (!walked.includes(id)) {
    walked.push(id);
    id = [...(waits.get(id) as Set<string>)][0] as string;
  }
  return { cycle: [id, ...walked.slice(walked.indexOf(id) + 1).reverse(), id] };
}
