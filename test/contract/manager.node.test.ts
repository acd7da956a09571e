/** What a manager has in Node.js beside what it has everywhere: a disk, OpenTelemetry, and servers to reach. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { metrics } from '@opentelemetry/api';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import { afterAll, expect, test } from 'vitest';
import {
  AuditLog,
  createPluginManager,
  memorySink,
  type PluginManager,
  type PluginManagerOptions,
  packPackage,
  verifyAudit,
} from '../../src/plugins.ts';
import { directoryMount, directoryStore, fileSink } from '../../src/plugins-node.ts';

const folder = mkdtempSync(join(tmpdir(), 'citadel-manager-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const manager = (options: PluginManagerOptions): PluginManager =>
  createPluginManager({ signature: { required: false }, ...options });
const archive = (
  manifest: object,
  entry: string,
  code: string | Uint8Array,
  files: Record<string, string> = {},
): Uint8Array =>
  packPackage({
    'citadel.json': JSON.stringify({
      name: 'geo',
      version: '1.0.0',
      runtime: 'javascript',
      entry,
      ...manifest,
    }),
    [entry]: code,
    ...files,
  });

test('a directory keeps plugins, and notices when they were touched', async () => {
  const place = join(folder, 'store');
  await using plugins = manager({ store: await directoryStore(place) });
  await plugins.install(archive({}, 'main.js', 'export default 1;'));
  await plugins.close();
  const meta = JSON.parse(readFileSync(join(place, 'geo.json'), 'utf8')) as { archive: string };
  const file = join(place, 'packages', `${meta.archive}.zip`);
  await using again = manager({ store: await directoryStore(place) });
  expect(await again.execute('geo')).toMatchObject({ data: 1 });
  const bytes = readFileSync(file);
  bytes[50] = (bytes[50] as number) ^ 1;
  writeFileSync(file, bytes);
  await using touched = manager({ store: await directoryStore(place) });
  await expect(touched.execute('geo')).rejects.toMatchObject({ code: 'STORE_FAILED' });
  writeFileSync(join(place, '.tmp-left'), 'x');
  writeFileSync(join(place, 'packages', `${'0'.repeat(64)}.zip`), 'orphan');
  await directoryStore(place);
  expect(() => readFileSync(join(place, '.tmp-left'))).toThrow();
  expect(() => readFileSync(join(place, 'packages', `${'0'.repeat(64)}.zip`))).toThrow();
});

test('a Python plugin sees its package and its mounts, and writes only where it may', async () => {
  const [input, output] = [join(folder, 'in'), join(folder, 'out')];
  mkdirSync(join(input, 'deep'), { recursive: true });
  mkdirSync(output);
  writeFileSync(join(input, 'deep/a.txt'), 'from the host');
  writeFileSync(join(folder, 'secret.txt'), 'secret');
  symlinkSync(join(folder, 'secret.txt'), join(input, 'link.txt'));
  const code = `
import os
def main(input):
    text = open('/data/deep/a.txt').read()
    open('/out/result.txt', 'w').write(text.upper())
    try:
        open('/data/new.txt', 'w')
        wrote = True
    except OSError:
        wrote = False
    return [text, open('/plugin/words.txt').read(), sorted(os.listdir('/data')), wrote]
`;
  const files = [
    { path: '/data', access: 'read', reason: 'r' },
    { path: '/out', access: 'write', reason: 'r' },
  ];
  await using plugins = manager({
    policy: { files: { read: ['/data'], write: ['/out'] } },
    mounts: { '/data': directoryMount(input), '/out': directoryMount(output, { write: true }) },
  });
  await plugins.install(
    archive({ runtime: 'python', permissions: { files } }, 'main.py', code, { 'words.txt': 'own' }),
  );
  const result = await plugins.execute('geo');
  if (!result.success) throw result.error;
  expect(result.data).toEqual(['from the host', 'own', ['deep'], false]);
  expect(readFileSync(join(output, 'result.txt'), 'utf8')).toBe('FROM THE HOST');
  await plugins.install(
    archive(
      { name: 'ungranted', runtime: 'python' },
      'main.py',
      'import os\ndef main(input):\n    return os.path.exists("/data")',
    ),
  );
  expect(await plugins.execute('ungranted')).toMatchObject({ data: false });
});

test('a plugin reaches the server it was granted, with a secret it never sees, and no other', async () => {
  const seen: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    seen.push(request.headers.authorization);
    response.end('hello');
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const sink = memorySink();
  const audit = await AuditLog.open(sink);
  try {
    const host = `127.0.0.1:${port}`;
    await using plugins = manager({
      audit,
      policy: {
        network: { allowIp: [host] },
        secrets: { TOKEN: { hosts: ['localhost'], plaintext: true } },
      },
      secrets: { TOKEN: 'hunter2hunter2' },
    });
    const code =
      'export default async url => { try { return await (await fetch(url)).text(); } catch (e) { return e.name; } };';
    const wish = { permissions: { addresses: [{ address: host, reason: 'r' }] } };
    await plugins.install(archive(wish, 'main.js', code));
    await plugins.install(archive({ name: 'bare' }, 'main.js', code));
    expect(await plugins.execute('geo', `http://${host}/`)).toMatchObject({ data: 'hello' });
    const caller = { id: 'c', scopes: ['plugin:geo:execute', 'power:env'] };
    expect(await plugins.execute('geo', `http://${host}/`, { caller })).not.toMatchObject({ data: 'hello' });
    expect(await plugins.execute('bare', `http://${host}/`)).not.toMatchObject({ data: 'hello' });
    expect(seen).toHaveLength(1);
    await audit.flush();
    const egress = sink.records.filter(({ kind }) => kind === 'egress').map(({ facts }) => facts['decision']);
    expect(egress).toEqual(['allowed', 'denied', 'denied']);
  } finally {
    server.close();
  }
});

test('OpenTelemetry gets the figures where a program has it', async () => {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
  metrics.setGlobalMeterProvider(new MeterProvider({ readers: [reader] }));
  await using plugins = manager({});
  await plugins.install(archive({}, 'main.js', 'export default x => x;'));
  await plugins.execute('geo', 1);
  await plugins.execute('geo', 2);
  await expect(plugins.execute('missing')).rejects.toThrow();
  await reader.forceFlush();
  const points = exporter
    .getMetrics()
    .flatMap(({ scopeMetrics }) => scopeMetrics.flatMap(scope => scope.metrics));
  const named = (name: string): unknown =>
    points.find(({ descriptor }) => descriptor.name === name)?.dataPoints[0]?.value;
  expect(named('citadel.runs')).toBe(2);
  expect(named('citadel.refusals')).toBe(1);
  expect(named('citadel.run.duration')).toMatchObject({ count: 2 });
  metrics.disable();
});

test('a log in a file goes on where it ended, also after a line was cut short', async () => {
  const path = join(folder, 'audit.jsonl');
  for (let round = 0; round < 3; round++) {
    const audit = await AuditLog.open(await fileSink(path));
    audit.add('run', { round });
    audit.add('run', { round });
    await audit.close();
    if (round < 2) writeFileSync(path, '{"seq":', { flag: 'a' });
  }
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
  expect(await verifyAudit(lines)).toMatchObject({ ok: true, records: 6 });
});

test('what cannot be recorded does not happen', async () => {
  const audit = await AuditLog.open({
    write() {
      throw new Error('disk full');
    },
  });
  await using plugins = manager({ audit });
  await expect(plugins.install(archive({}, 'main.js', '1'))).rejects.toMatchObject({ code: 'STORE_FAILED' });
  expect(await audit.flush().catch(error => (error as { code: string }).code)).toBe('STORE_FAILED');
  await expect(plugins.execute('geo')).rejects.toMatchObject({ code: 'STORE_FAILED' });
});
