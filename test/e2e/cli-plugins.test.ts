/** Packages and installed plugins from the command line: signed by two keys, tampered, rolled back, wider. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { citadel } from './cli.ts';

const folder = mkdtempSync(join(tmpdir(), 'citadel-cli-plugins-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const run = (...args: string[]): ReturnType<typeof citadel> => citadel(args, { cwd: folder });

function source(directory: string, manifest: object, code: string): void {
  mkdirSync(join(folder, directory), { recursive: true });
  writeFileSync(
    join(folder, directory, 'citadel.json'),
    JSON.stringify({ runtime: 'javascript', entry: 'main.js', ...manifest }),
  );
  writeFileSync(join(folder, directory, 'main.js'), code);
}
async function ok(...args: string[]): Promise<string> {
  const { code, out, err } = await run(...args);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  return out;
}
const TRUST = [
  '--store',
  'store',
  '--key',
  'alice.key.pub',
  '--key',
  'bob.key.pub',
  '--audit',
  'audit.jsonl',
];

beforeAll(async () => {
  const env = [{ name: 'REGION', reason: 'to know where' }];
  source('geo1', { name: 'geo', version: '1.0.0' }, 'export default ({ n }) => n * 2;');
  source('geo2', { name: 'geo', version: '2.0.0', permissions: { env } }, 'export default () => env.REGION;');
  source('rain', { name: 'rain', version: '1.0.0' }, "export default 'wet';");
  for (const name of ['alice', 'bob']) await ok('keygen', '--out', `${name}.key`);
  for (const [directory, key] of [
    ['geo1', 'alice'],
    ['geo2', 'alice'],
    ['rain', 'bob'],
  ] as const) {
    await ok('pack', directory, '--out', `${directory}.zip`);
    await ok('sign', `${directory}.zip`, '--key', `${key}.key`);
  }
  writeFileSync(join(folder, 'policy.json'), '{"env":{"REGION":"eu"}}');
});

test('a key is private, and is never overwritten', async () => {
  if (process.platform !== 'win32') expect(statSync(join(folder, 'alice.key')).mode & 0o777).toBe(0o600);
  expect(JSON.parse(readFileSync(join(folder, 'alice.key.pub'), 'utf8'))).not.toHaveProperty('d');
  expect(await run('keygen', '--out', 'alice.key')).toMatchObject({
    code: 2,
    err: expect.stringContaining('never overwritten'),
  });
});

test('packing twice gives the same bytes, and links are not packed', async () => {
  await ok('pack', 'geo1', '--out', 'again.zip');
  await ok('pack', 'geo1', '--out', 'once-more.zip');
  expect(readFileSync(join(folder, 'again.zip'))).toEqual(readFileSync(join(folder, 'once-more.zip')));
  source('linked', { name: 'linked', version: '1.0.0' }, '1');
  symlinkSync('/etc/passwd', join(folder, 'linked/passwd'));
  expect(await run('pack', 'linked', '--out', 'linked.zip')).toMatchObject({
    code: 2,
    err: expect.stringContaining('is a link'),
  });
});

test('verify says who signed, or why it is refused', async () => {
  expect(await ok('verify', 'geo1.zip', '--key', 'alice.key.pub')).toMatch(
    /^geo 1\.0\.0 [0-9a-f]{64} signed by \S+\n$/,
  );
  expect(await run('verify', 'geo1.zip', '--key', 'bob.key.pub')).toMatchObject({
    code: 3,
    out: '',
    err: expect.stringContaining('not trusted'),
  });
  const bytes = readFileSync(join(folder, 'geo1.zip'));
  bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] as number) ^ 1;
  writeFileSync(join(folder, 'tampered.zip'), bytes);
  expect((await run('verify', 'tampered.zip', '--key', 'alice.key.pub')).code).toBeGreaterThan(1);
});

test('explain says line by line what would be given', async () => {
  expect(await ok('explain', 'geo2.zip', '--policy', 'policy.json')).toContain(
    'granted env REGION — policy.env; the author says: "to know where"',
  );
  expect(await ok('explain', 'geo2.zip')).toContain('refused env REGION — policy.env has no REGION');
  expect(await ok('explain', 'geo2.zip', '--policy', 'policy.json', '--power', 'network')).toContain(
    'refused env REGION — the caller has no scope power:env',
  );
});

test('two plugins of two keys are installed, and run; what is tampered, rolled back or wider is not', async () => {
  await ok('install', 'geo1.zip', ...TRUST);
  await ok('install', 'rain.zip', ...TRUST);
  expect(
    (await ok('list', '--store', 'store')).split('\n').map(line => line.split(' ').slice(0, 2).join(' ')),
  ).toEqual(['geo 1.0.0', 'rain 1.0.0', '']);
  expect(await ok('exec', 'geo', ...TRUST, '--input', '{"n":21}')).toBe('42\n');
  expect(JSON.parse(await ok('exec', 'rain', ...TRUST, '--json'))).toMatchObject({
    success: true,
    data: 'wet',
  });
  expect((await run('install', 'tampered.zip', ...TRUST)).code).toBeGreaterThan(1);
  expect(await run('install', 'again.zip', ...TRUST)).toMatchObject({
    code: 3,
    err: expect.stringContaining('not signed'),
  });
  const wider = await run('upgrade', 'geo2.zip', ...TRUST);
  expect(wider).toMatchObject({ code: 3, err: expect.stringContaining('new env REGION') });
  await ok('upgrade', 'geo2.zip', ...TRUST, '--accept');
  expect(await ok('exec', 'geo', ...TRUST, '--policy', 'policy.json')).toBe('eu\n');
  expect(await run('upgrade', 'geo1.zip', ...TRUST)).toMatchObject({
    code: 3,
    err: expect.stringContaining('older than 2.0.0'),
  });
  await ok('uninstall', 'geo', ...TRUST);
  expect(await run('install', 'geo1.zip', ...TRUST)).toMatchObject({
    code: 3,
    err: expect.stringContaining('older than 2.0.0'),
  });
  expect(await run('exec', 'geo', ...TRUST)).toMatchObject({
    code: 2,
    err: expect.stringContaining('no plugin geo'),
  });
});

test('the log of all that is whole, until somebody changes it', async () => {
  const whole = await ok('audit', 'audit.jsonl');
  const [, head = ''] = /head ([0-9a-f]{64})/.exec(whole) ?? [];
  expect(await ok('audit', 'audit.jsonl', '--head', head)).toBe(whole);
  const text = readFileSync(join(folder, 'audit.jsonl'), 'utf8');
  writeFileSync(join(folder, 'changed.jsonl'), text.replace('"plugin":"rain"', '"plugin":"snow"'));
  expect(await run('audit', 'changed.jsonl')).toMatchObject({
    code: 3,
    out: expect.stringContaining('broken at record'),
  });
  writeFileSync(join(folder, 'cut.jsonl'), text.split('\n').slice(0, -2).join('\n') + '\n');
  expect(await run('audit', 'cut.jsonl', '--head', head)).toMatchObject({
    code: 3,
    out: expect.stringContaining('missing at its end'),
  });
});

test.each([
  [['pack', 'geo1'], '--out is missing'],
  [['sign', 'geo1.zip'], '--key is missing'],
  [['install', 'geo1.zip'], '--store is missing'],
  [['install', '--store', 'store'], 'install needs a file'],
  [['explain', 'geo1.zip', '--power', 'all'], '--power must be one of'],
  [['pack', 'nowhere', '--out', 'x.zip'], 'name a directory'],
  [['verify', 'alice.key', '--key', 'alice.key.pub'], 'no ZIP archive'],
  [['verify', 'geo1.zip', '--key', 'alice.key'], 'private key'],
  [['audit', 'missing.jsonl'], 'could not be read'],
])('%j is told what to do', async (args, words) => {
  expect(await run(...args)).toMatchObject({ code: 2, out: '', err: expect.stringContaining(words) });
});
