/** What a caller probably meant by a key that does not exist. */
import { LIMIT_NAMES } from '../core/limits.ts';

/** Names other sandboxes use, or that one expects, in lower case without separators. */
const SYNONYMS: ReadonlyMap<string, string> = new Map([
  ['timeout', 'limits.timeoutMs'],
  ['timelimit', 'limits.timeoutMs'],
  ['deadline', 'limits.timeoutMs'],
  ['maxexecutiontime', 'limits.maxExecutionTimeMs'],
  ['executiontimeout', 'limits.maxExecutionTimeMs'],
  ['memory', 'limits.memoryBytes'],
  ['memorylimit', 'limits.memoryBytes'],
  ['memorylimitbytes', 'limits.memoryBytes'],
  ['memorymb', 'limits.memoryBytes'],
  ['maxmemory', 'limits.memoryBytes'],
  ['maxmemorymb', 'limits.memoryBytes'],
  ['heap', 'limits.memoryBytes'],
  ['stack', 'limits.stackBytes'],
  ['maxstacksize', 'limits.stackBytes'],
  ['cpu', 'limits.fuel'],
  ['cpuquota', 'limits.fuel'],
  ['gas', 'limits.fuel'],
  ['output', 'limits.outputBytes'],
  ['maxoutput', 'limits.outputBytes'],
  ['maxoutputlength', 'limits.outputBytes'],
  ['input', 'limits.inputBytes'],
  ['code', 'limits.codeBytes'],
  ['workers', 'limits.concurrency'],
  ['poolsize', 'limits.concurrency'],
  ['queue', 'limits.queueLength'],
  ['allownetwork', 'network.allow'],
  ['networkaccess', 'network.allow'],
  ['alloweddomains', 'network.allow'],
  ['allowedhosts', 'network.allow'],
  ['egress', 'network.allow'],
  ['fetch', 'network.allow'],
  ['hosts', 'network.allow'],
  ['domains', 'network.allow'],
  ['blockeddomains', 'network.deny'],
  ['blockedhosts', 'network.deny'],
  ['allowedips', 'network.allowIp'],
  ['allowedcidrs', 'network.allowIp'],
  ['blockedips', 'network.denyIp'],
  ['blockedcidrs', 'network.denyIp'],
  ['maxredirects', 'network.limits.redirects'],
  ['credentials', 'secrets'],
  ['tokens', 'secrets'],
  ['allowedmodules', 'modules.javascript'],
  ['allowedlibraries', 'modules.javascript'],
  ['libraries', 'modules.javascript'],
  ['imports', 'modules.javascript'],
  ['js', 'modules.javascript'],
  ['envvars', 'env'],
  ['environment', 'env'],
  ['environmentvariables', 'env'],
  ['hostfunctions', 'functions'],
  ['allowedfunctions', 'functions'],
  ['tools', 'functions'],
  ['calls', 'functions'],
  ['blocked', 'blockedFunctions'],
  ['blockedoperations', 'blockedFunctions'],
  ['blockedglobals', 'blockedFunctions'],
  ['blockedbuiltins', 'blockedFunctions'],
  ['denylist', 'blockedFunctions'],
]);

/**
 * The full path of the likely target, or null. `known` are the keys that exist where `key` was found, below
 * `prefix` (for example 'limits.').
 */
export function suggest(key: string, known: readonly string[], prefix: string): string | null {
  if (key.length > 64) return null;
  const near = nearest(key, known);
  if (near !== null) return prefix + near;
  const limit = nearest(key, LIMIT_NAMES);
  if (limit !== null) return `limits.${limit}`;
  return SYNONYMS.get(key.toLowerCase().replace(/[-_\s]/g, '')) ?? null;
}

/** The name within two edits that is the closest, letters' case aside. */
function nearest(key: string, names: readonly string[]): string | null {
  let best: string | null = null;
  let bestDistance = 3;
  for (const name of names) {
    const distance = editDistance(key.toLowerCase(), name.toLowerCase());
    // Two edits turn three letters into almost any other word.
    if (distance < bestDistance && distance * 2 < name.length) {
      best = name;
      bestDistance = distance;
    }
  }
  return best;
}

/** Levenshtein's distance, by one row at a time. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] as number) + 1, (next[j - 1] as number) + 1));
    }
    row = next;
  }
  return row[b.length] as number;
}
