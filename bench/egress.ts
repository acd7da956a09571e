/**
 * What the network controller costs on loopback: one small request, and a download of 10 MiB, next to plain fetch; and
 * the same asked by a plugin.
 * `node --conditions=citadel-source bench/egress.ts`
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, get } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { createEgress } from '../src/egress/index.ts';
import { createSandbox, type RunOptions } from '../src/index.ts';
import { createProxyNet } from '../src/platform/net-proxy.ts';
import { createNodeNet } from '../src/platform/node/net.ts';
import { decideUrl, parseNetworkPolicy } from '../src/policy/egress/index.ts';
import { type Contender, compare, printTable, whole } from './measure.ts';

const MiB = 1024 * 1024;
const large = Buffer.alloc(10 * MiB, 'citadel');
const server = createServer((request, response) => {
  response.end(request.url === '/large' ? large : 'small');
});
await new Promise<void>(resolve => {
  server.listen(0, '127.0.0.1', resolve);
});
const { port } = server.address() as AddressInfo;

const network = {
  allow: [{ host: 'localhost', ports: [port] }],
  allowIp: ['127.0.0.1', '::1'],
  limits: { requests: 100_000, downloadBytes: 16 * 1024 * MiB, uploadBytes: 1024 * MiB },
};
const rules = parseNetworkPolicy(network, 'network');
const egress = createEgress({ rules, net: createNodeNet() });

async function viaEgress(path: string, via = egress): Promise<number> {
  const session = via.open();
  const answer = await session.fetch({ url: `http://localhost:${port}${path}` });
  if (answer.kind !== 'response') throw new Error(JSON.stringify(answer));
  let bytes = 0;
  for await (const piece of answer.response.body) bytes += piece.length;
  session.close();
  return bytes;
}

/** The service in a process of its own, as it is meant to be. */
const folder = mkdtempSync(join(tmpdir(), 'citadel-bench-'));
const policy = join(folder, 'policy.json');
writeFileSync(policy, JSON.stringify({ network }));
const child = spawn(
  process.execPath,
  [
    ...['--conditions=citadel-source', fileURLToPath(new URL('../src/cli/main.ts', import.meta.url))],
    ...['egress-proxy', '--policy', policy, '--listen', '127.0.0.1:0', '--json'],
  ],
  { stdio: ['ignore', 'pipe', 'inherit'] },
);
const lines = createInterface({ input: child.stdout });
const [first] = (await once(lines, 'line')) as [string];
const { listening, token } = JSON.parse(first) as { listening: string; token: string };
const proxied = createEgress({ rules, net: createProxyNet({ url: listening, token }) });

function viaHttp(path: string): Promise<number> {
  return new Promise((resolve, reject) => {
    get({ host: 'localhost', port, path, agent: false }, response => {
      let bytes = 0;
      response.on('data', (piece: Buffer) => {
        bytes += piece.length;
      });
      response.on('end', () => resolve(bytes));
    }).on('error', reject);
  });
}

async function viaFetch(path: string, headers: Record<string, string> = {}): Promise<number> {
  const response = await fetch(`http://localhost:${port}${path}`, { headers });
  let bytes = 0;
  for await (const piece of response.body ?? []) bytes += piece.length;
  return bytes;
}

const times = (work: () => Promise<number>, wanted: number): Contender['run'] => {
  return async count => {
    for (let i = 0; i < count; i++) {
      const bytes = await work();
      if (bytes !== wanted) throw new Error(`${bytes} bytes instead of ${wanted}`);
    }
  };
};

/** The first contender is what the others are measured by. */
async function measure(title: string, contenders: readonly Contender[]): Promise<void> {
  const figures = await compare(contenders, 9);
  const first = figures[0]?.perSecond ?? Number.NaN;
  printTable(
    title,
    ['', 'each, µs', 'times the first'],
    figures.map(({ name, perSecond }) => [name, whole(1e6 / perSecond), (first / perSecond).toFixed(2)]),
  );
}

await measure('download of 10 MiB', [
  { name: 'plain fetch', run: times(() => viaFetch('/large'), 10 * MiB) },
  { name: 'plain node:http', run: times(() => viaHttp('/large'), 10 * MiB) },
  { name: 'egress', run: times(() => viaEgress('/large'), 10 * MiB) },
  { name: 'egress, through the proxy service', run: times(() => viaEgress('/large', proxied), 10 * MiB) },
]);
await measure('small request', [
  { name: 'plain fetch, connections kept', run: times(() => viaFetch('/small'), 5) },
  { name: 'plain fetch, one each', run: times(() => viaFetch('/small', { connection: 'close' }), 5) },
  { name: 'plain node:http, one each', run: times(() => viaHttp('/small'), 5) },
  { name: 'egress', run: times(() => viaEgress('/small'), 5) },
  { name: 'egress, through the proxy service', run: times(() => viaEgress('/small', proxied), 5) },
]);
/** The same out of a guest: what a plugin pays, its run included. */
const sandbox = createSandbox({ policy: { network, limits: { timeoutMs: 60_000, memoryBytes: 256 * MiB } } });
async function viaGuest(options: RunOptions, path: string): Promise<number> {
  const result = await sandbox.run({ ...options, input: `http://localhost:${port}${path}` });
  if (!result.success) throw result.error;
  return result.data as number;
}
const GUESTS: readonly (readonly [string, RunOptions])[] = [
  [
    'JavaScript, fetch, piece by piece',
    {
      runtime: 'javascript',
      code: 'let n = 0; for await (const piece of (await fetch(input)).body) n += piece.length; n',
    },
  ],
  [
    'Python, await citadel.fetch',
    {
      runtime: 'python',
      code: 'import citadel\nn = 0\nasync for piece in await citadel.fetch(input):\n    n += len(piece)\nn',
    },
  ],
  [
    'Python, urllib',
    { runtime: 'python', code: 'import urllib.request\nlen(urllib.request.urlopen(input).read())' },
  ],
];
const guests = (path: string, bytes: number): Contender[] =>
  GUESTS.map(([name, options]) => ({ name, run: times(() => viaGuest(options, path), bytes) }));
await measure('download of 10 MiB by a guest', [
  { name: 'plain fetch', run: times(() => viaFetch('/large'), 10 * MiB) },
  ...guests('/large', 10 * MiB),
]);
await measure('small request by a guest', [
  { name: 'plain fetch, one each', run: times(() => viaFetch('/small', { connection: 'close' }), 5) },
  ...guests('/small', 5),
]);
await sandbox.close();

await measure('decision', [
  {
    name: 'decideUrl',
    async run(count) {
      for (let i = 0; i < count; i++) decideUrl(rules, `http://localhost:${port}/path/${i}?q=1`);
    },
  },
]);
child.kill();
rmSync(folder, { recursive: true });
server.close();
server.closeAllConnections();
