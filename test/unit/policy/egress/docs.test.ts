import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import {
  DEFAULT_METHODS,
  decideUrl,
  NETWORK_LIMIT_NAMES,
  NETWORK_LIMITS,
  parseNetworkPolicy,
  parseSecrets,
  SECRET_CHARS,
  URL_CHARS,
} from '../../../../src/policy/egress/index.ts';
import { MOST_ENTRIES } from '../../../../src/policy/egress/read.ts';

const page = readFileSync(new URL('../../../../docs/network.md', import.meta.url), 'utf8');
const text = page.replaceAll(/\s+/g, ' ');
const commas = (value: number): string => value.toLocaleString('en-US');

test('docs/network.md lists every limit as NETWORK_LIMITS has it, in its order', () => {
  const [, section = ''] = page.split('## Limits');
  const rows = section
    .split('\n')
    .filter(line => line.startsWith('| `'))
    .map(line => line.split('|').map(cell => cell.trim()));
  expect(rows.map(([, key, , ...numbers]) => [key, ...numbers.slice(0, 3)])).toEqual(
    NETWORK_LIMIT_NAMES.map(name => {
      const { default: initial, min, ceiling } = NETWORK_LIMITS[name];
      return [`\`${name}\``, commas(initial), commas(min), commas(ceiling)];
    }),
  );
});

test('docs/network.md has the caps and the defaults', () => {
  expect(text).toContain(`at most ${commas(MOST_ENTRIES)} entries`);
  expect(text).toContain(`more than ${commas(URL_CHARS)} characters`);
  expect(text).toContain(`${SECRET_CHARS.min} to ${commas(SECRET_CHARS.max)} characters`);
  expect(text).toContain(`| ${DEFAULT_METHODS.join(', ')} |`);
});

test('the policy docs/network.md shows is one, and decides as the page says', () => {
  const [, example = ''] = /```json\n(.*?)```/s.exec(page) ?? [];
  const { network, secrets } = JSON.parse(example);
  const rules = parseNetworkPolicy(network, 'policy.network');
  expect(Object.keys(parseSecrets(secrets, 'policy.secrets'))).toEqual(['TOKEN']);
  const [, ...shown] = /```\n\$ citadel check-url (.*?)```/s.exec(page)?.[1]?.trimEnd().split('\n') ?? [];
  expect(shown).toHaveLength(2);
  for (const line of shown) {
    const [, verdict, url = ''] = /^(\w+) (\S+?)[:,] /.exec(line) ?? [];
    const decision = decideUrl(rules, url);
    expect(decision.allowed ? 'allowed' : 'denied').toBe(verdict);
    expect(line).toContain(
      decision.allowed ? `by ${decision.rule}` : `${decision.reason}: ${decision.message}; ${decision.hint}`,
    );
  }
});
