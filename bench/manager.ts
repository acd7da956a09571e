/**
 * What a manager costs: 1,000 installed plugins, `execute` of a warm one against `run` of a bare sandbox, in turns in one
 * process: `npm run bench:manager`. Both run the same script with the same input, one call after the other and 64 at a time;
 * the manager checks who
 * calls and the input, cuts the grant, and keeps its figures; the last contender has everything that can be switched on.
 */
import { createSandbox } from '../src/index.ts';
import { AuditLog, createApiKey, createPluginManager, memorySink, packPackage } from '../src/plugins.ts';
import { median, printTable } from './measure.ts';

const PLUGINS = 1000;
const ROUNDS = 101;
const CODE = 'export default ({ value }) => value * 2;';
const SCHEMA = { type: 'object', properties: { value: { type: 'number' } }, required: ['value'] };
// One cell each: more of them than cores would measure how they share those.
const limits = { concurrency: 1, queueLength: 100_000 };

const archive = (name: string, hasSchema: boolean): Uint8Array =>
  packPackage({
    'citadel.json': JSON.stringify({
      name,
      version: '1.0.0',
      runtime: 'javascript',
      entry: 'main.js',
      ...(hasSchema ? { input: SCHEMA } : {}),
    }),
    'main.js': CODE,
  });

const key = createApiKey({ name: 'bench', scopes: ['plugin:*:execute', 'plugin:*:install'] });
const common = { policy: { limits }, signature: { required: false }, perPlugin: { inFlight: 1000 } };
const bare = createSandbox({ policy: { limits } });
const plain = createPluginManager(common);
const full = createPluginManager({
  ...common,
  apiKeys: [key.record],
  audit: await AuditLog.open(memorySink(1000)),
});

const before = process.memoryUsage();
const start = performance.now();
for (let i = 0; i < PLUGINS; i++) {
  await plain.install(archive(`plugin-${i}`, false));
  await full.install(archive(`plugin-${i}`, true), { apiKey: key.key });
}
console.log(`installed 2 × ${PLUGINS} in ${((performance.now() - start) / 1000).toFixed(1)} s`);

interface Contender {
  readonly name: string;
  readonly call: (value: number) => Promise<{ success: boolean; data?: unknown }>;
}
const contenders: readonly Contender[] = [
  { name: 'bare sandbox', call: value => bare.run({ runtime: 'javascript', code: CODE, input: { value } }) },
  { name: 'manager', call: value => plain.execute('plugin-500', { value }) },
  {
    name: 'manager, schema, API key and audit log',
    call: value => full.execute('plugin-500', { value }, { apiKey: key.key }),
  },
];

async function time({ call }: Contender, calls: number, width: number): Promise<number> {
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < calls) {
      const value = next++;
      const result = await call(value);
      if (!result.success || result.data !== value * 2) throw new Error('wrong answer');
    }
  };
  const from = performance.now();
  await Promise.all(Array.from({ length: width }, lane));
  return ((performance.now() - from) / calls) * 1000;
}

for (const width of [1, 64]) {
  // Short turns, so that a busy machine hits all alike; what is compared are turns that follow each other.
  const calls = width === 1 ? 100 : 400;
  const times = contenders.map((): number[] => []);
  for (const contender of contenders) await time(contender, 1000, width);
  for (let round = 0; round < ROUNDS; round++) {
    // Nobody always goes first.
    for (let turn = 0; turn < contenders.length; turn++) {
      const i = (round + turn) % contenders.length;
      times[i]?.push(await time(contenders[i] as Contender, calls, width));
    }
  }
  const over = (i: number): number =>
    median((times[i] ?? []).map((us, round) => us / (times[0]?.[round] ?? Number.NaN))) - 1;
  printTable(
    `${width} in flight, medians of ${ROUNDS} rounds of ${calls} calls, ${PLUGINS} plugins installed`,
    ['contender', 'µs a call', 'fastest round', 'over bare'],
    contenders.map(({ name }, i) => [
      name,
      median(times[i] ?? []).toFixed(1),
      Math.min(...(times[i] ?? [])).toFixed(1),
      `${(over(i) * 100).toFixed(1)}%`,
    ]),
  );
}

// Every plugin once: the cells stay within their budget, whoever was used longest ago gives way.
for (let i = 0; i < PLUGINS; i++) await plain.execute(`plugin-${i}`, { value: i });
const { cells, plugins } = plain.metrics();
const rss = (process.memoryUsage().rss - before.rss) / 1024 / 1024;
console.log(
  `after a call of each: ${cells.bound} cells of ${cells.budget}, ${plugins.loaded} plugins loaded, ${rss.toFixed(0)} MB more than before`,
);
await Promise.all([bare.close(), plain.close(), full.close()]);
