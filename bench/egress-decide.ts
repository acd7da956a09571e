/** What one decision costs: `node bench/egress-decide.ts`. Microseconds, the median of rounds, with the slowest round. */
import { checkHeaders, decideAddress, decideUrl, parseNetworkPolicy } from '../src/policy/egress/index.ts';
import { median } from './measure.ts';

const small = parseNetworkPolicy({ allow: ['api.example.com', '*.files.example.com'] }, 'network');
/** As large as a policy can be. */
const large = parseNetworkPolicy(
  {
    allow: Array.from({ length: 1000 }, (_, i) =>
      i % 2 === 0 ? `a${i}.example.com` : `*.a${i}.example.com`,
    ),
    deny: Array.from({ length: 1000 }, (_, i) => ({ host: `*.d${i}.example.com`, paths: ['/x/y'] })),
    allowIp: Array.from({ length: 1000 }, (_, i) => `10.${i >> 8}.${i & 255}.0/24`),
    denyIp: Array.from({ length: 1000 }, (_, i) => `2a00:${i.toString(16)}::/32`),
  },
  'network',
);
/** Many rules for one name: nothing but trying them tells which one fits. */
const crowded = parseNetworkPolicy(
  {
    allow: Array.from({ length: 1000 }, (_, i) => ({
      host: 'api.example.com',
      paths: [`/v${i}/users`],
    })),
  },
  'network',
);

const URL_ = 'https://api.example.com/v1/users/17?fields=name,email&page=2';
const LONG = `https://api.example.com/${'%61/'.repeat(2000)}`;
const cleared = decideUrl(small, URL_);
if (!cleared.allowed) throw new Error('the bench measures denials');
const inside = decideUrl(large, 'http://10.3.231.9/');
if (!inside.allowed) throw new Error('the bench measures denials');

const CASES: Readonly<Record<string, () => unknown>> = {
  'URL, allowed by name': () => decideUrl(small, URL_),
  'URL, allowed by wildcard': () => decideUrl(small, 'https://a.b.c.files.example.com/x'),
  'URL, not listed': () => decideUrl(small, 'https://evil.example.org/x'),
  'URL, an address in disguise': () => decideUrl(small, 'http://0x7f.1/'),
  'URL, 4,000 rules, the last one': () => decideUrl(large, 'https://x.a999.example.com/x'),
  'URL, 4,000 rules, an address': () => decideUrl(large, 'http://10.3.231.9/'),
  'URL, 1,000 rules for one name': () => decideUrl(crowded, 'https://api.example.com/v999/users/17'),
  'URL, 8,000 characters': () => decideUrl(small, LONG),
  'address, IPv4': () => decideAddress(small, '93.184.216.34', cleared),
  'address, IPv6': () => decideAddress(small, '2606:2800:220:1:248:1893:25c8:1946', cleared),
  'address, IPv6, 4,000 rules': () => decideAddress(large, '2a03:2800:220:1:248:1893:25c8:1946', cleared),
  'ten headers': () =>
    checkHeaders(
      Array.from({ length: 10 }, (_, i) => [`x-name-${i}`, 'some value of a usual length'] as const),
      32_768,
    ),
};

const ROUNDS = 21;
const TIMES = 2000;
for (const [name, decide] of Object.entries(CASES)) {
  for (let i = 0; i < TIMES; i++) decide();
  const rounds: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const start = performance.now();
    for (let i = 0; i < TIMES; i++) decide();
    rounds.push(((performance.now() - start) * 1000) / TIMES);
  }
  console.log(
    `${name.padEnd(34)} ${median(rounds).toFixed(2).padStart(8)} µs   slowest ${Math.max(...rounds).toFixed(2)}`,
  );
}
