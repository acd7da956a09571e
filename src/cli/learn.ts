/**
 * `citadel run --learn`: what would a plugin need of the network? It is run again and again, each time with what it was
 * denied before, until it asks for nothing new. There is no policy that allows everything, not even here.
 */
import type { EgressRecord, ExecutionResult } from '../core/result.ts';
import { minimalNetwork, type NetworkPolicy } from '../policy/egress/index.ts';
import type { PluginSecurityPolicy } from '../policy/index.ts';
import type { Output } from './output.ts';

/** A plugin that asks for another host each time is not to be followed for ever. */
const MOST_ROUNDS = 20;

export async function learn(
  policy: PluginSecurityPolicy,
  run: (policy: PluginSecurityPolicy) => Promise<ExecutionResult>,
  output: Output,
): Promise<ExecutionResult> {
  const records: EgressRecord[] = [];
  let granted = policy;
  for (let round = 1; ; round++) {
    const result = await run(granted);
    records.push(...result.report.egress);
    const found = minimalNetwork(records);
    const next = withNetwork(policy, found);
    const isNew = JSON.stringify(next) !== JSON.stringify(granted);
    if (isNew && round < MOST_ROUNDS) {
      output.note(`round ${round}: asked for ${asked(result)}; running again with that`);
      granted = next;
      continue;
    }
    for (const { decision, url, hint, reason } of result.report.egress) {
      if (decision === 'denied') output.note(`not granted: ${url} (${reason}); ${hint}`);
    }
    if (isNew) output.note(`stopped after ${MOST_ROUNDS} rounds: it still asks for more`);
    const { allow, allowIp } = minimalNetwork(
      result.report.egress.filter(({ decision }) => decision === 'allowed'),
    );
    const network = {
      ...(allow === undefined ? {} : { allow }),
      ...(allowIp === undefined ? {} : { allowIp }),
    };
    output.out(`${JSON.stringify({ network }, null, 2)}\n`);
    return result;
  }
}

function asked({ report }: ExecutionResult): string {
  const denied = report.egress.filter(({ decision }) => decision === 'denied');
  return [...new Set(denied.map(({ method, url }) => `${method} ${url}`))].join(', ');
}

function withNetwork(policy: PluginSecurityPolicy, found: NetworkPolicy): PluginSecurityPolicy {
  const { network = {} } = policy;
  return {
    ...policy,
    network: {
      ...network,
      allow: [...(network.allow ?? []), ...(found.allow ?? [])],
      allowIp: [...(network.allowIp ?? []), ...(found.allowIp ?? [])],
    },
  };
}
