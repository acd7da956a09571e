/**
 * Makes examples/data, or the same files in another folder: `node examples/generate.ts [FOLDER]`. The generator is
 * seeded: they are the same on every machine.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** mulberry32: small, and good enough to make up orders. */
function generator(seed: number): (below: number) => number {
  let state = seed;
  return below => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

const random = generator(20260115);
const pick = <T>(list: readonly T[]): T => list[random(list.length)] as T;

const REGIONS = ['north', 'south', 'east', 'west'];
const FIRST = [
  'Ada',
  'Bruno',
  'Chen',
  'Dora',
  'Emil',
  'Fatima',
  'Goran',
  'Hana',
  'Ivo',
  'Jun',
  'Kofi',
  'Lena',
];
const LAST = ['Álvarez', 'Berg', 'Çelik', 'Dubois', 'Eze', 'Fischer', 'Gupta', 'Horvat', 'Ito', 'Jansen'];
const FIRMS = ['Acme, Inc.', 'Blue "Sky" Ltd', 'Cedar & Sons', 'Delta', 'Ember, Fox & Co'];
const ITEMS = ['desk', 'lamp', 'chair 6" legs', 'shelf, oak', 'stool'];
const STATUSES = ['paid', 'paid', 'paid', 'shipped', 'shipped', 'refunded'];

const cell = (text: string): string => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
const day = (): string =>
  `2025-${String(1 + random(12)).padStart(2, '0')}-${String(1 + random(28)).padStart(2, '0')}`;

const orders = Array.from({ length: 500 }, (_, index) =>
  [
    `A${1000 + index}`,
    day(),
    pick(REGIONS),
    pick(FIRMS),
    pick(ITEMS),
    String(1 + random(20)),
    String(500 + random(20_000)),
    pick(STATUSES),
  ]
    .map(cell)
    .join(','),
);
const header = 'id,date,region,customer,item,quantity,unit_cents,status';

const contacts = Array.from({ length: 120 }, () => {
  const [first, last] = [pick(FIRST), pick(LAST)];
  const name = pick([
    `${first} ${last}`,
    `  ${first}   ${last.toUpperCase()} `,
    `${first.toLowerCase()} ${last}`,
  ]);
  const address = `${first}.${random(40)}@${pick(['example.com', 'example.org'])}`;
  const email = pick([address, address, ` ${address.toUpperCase()} `, address.replace('@', ' at ')]);
  const phone = pick([undefined, `+49 (0)30 ${1_000_000 + random(9_000_000)}`, '12', '']);
  return phone === undefined ? { name, email } : { name, email, phone };
});

/** One contact a line, spaced as the formatter of this project has it. */
const record = (row: Readonly<Record<string, string>>): string =>
  `{ ${Object.entries(row)
    .map(([key, value]) => `${JSON.stringify(key)}: ${JSON.stringify(value)}`)
    .join(', ')} }`;

const folder = process.argv[2] ?? fileURLToPath(new URL('data', import.meta.url));
writeFileSync(join(folder, 'orders.csv'), `${[header, ...orders].join('\n')}\n`);
writeFileSync(
  join(folder, 'contacts.json'),
  `[\n${contacts.map(row => `  ${record(row)}`).join(',\n')}\n]\n`,
);
