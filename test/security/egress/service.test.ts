/** `citadel egress-proxy` as it is started and stopped. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once as onceEvent } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, onTestFinished, test } from 'vitest';
import { createEgress } from '../../../src/egress/index.ts';
import { createProxyNet } from '../../../src/platform/net-proxy.ts';
import { parseNetworkPolicy } from '../../../src/policy/egress/index.ts';
import { startDns } from './servers/dns.ts';
import { ALLOWED_ADDRESS, once, origin } from './world.ts';

const SCRIPT = fileURLToPath(new URL('../../../src/cli/main.ts', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'citadel-proxy-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

interface Service {
  readonly child: ChildProcess;
  readonly lines: AsyncIterator<string>;
}

function start(args: readonly string[], env: Record<string, string> = {}): Service {
  const child = spawn(process.execPath, ['--conditions=citadel-source', SCRIPT, 'egress-proxy', ...args], {
    env: { ...process.env, ...env },
  });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  return { child, lines: createInterface({ input: child.stdout })[Symbol.asyncIterator]() };
}

async function fail(args: readonly string[], env: Record<string, string> = {}): Promise<string> {
  const { child } = start(args, env);
  let err = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    err += text;
  });
  const [code] = (await onceEvent(child, 'close')) as [number];
  return `${code} ${err}`;
}

test('the service listens, serves whoever has its token, records, and stops when asked', async () => {
  const server = await origin((_, response) => response.end('through'));
  const dns = await startDns(() => ({ a: [ALLOWED_ADDRESS] }));
  onTestFinished(() => dns[Symbol.asyncDispose]());
  const host = { host: 'allowed.test', ports: [server.port] };
  const policy = file(
    'policy.json',
    JSON.stringify({ network: { allow: [host], allowIp: [ALLOWED_ADDRESS] } }),
  );
  const { child, lines } = start([
    ...['--policy', policy, '--listen', '127.0.0.1:0', '--dns', dns.address, '--json'],
  ]);
  const { listening, token } = JSON.parse((await lines.next()).value) as Record<string, string>;
  expect(token?.length).toBeGreaterThanOrEqual(32);
  const page = createEgress({
    rules: parseNetworkPolicy({ allow: [host] }, 'network'),
    net: createProxyNet({ url: listening ?? '', token: token ?? '' }),
  });
  expect((await once(page, `http://allowed.test:${server.port}/?key=1`)).text).toBe('through');
  expect(JSON.parse((await lines.next()).value)).toMatchObject({
    decision: 'allowed',
    status: 200,
    url: `http://allowed.test:${server.port}/?key=…`,
  });
  child.kill('SIGTERM');
  expect(await onceEvent(child, 'close')).toEqual([0, null]);
});

test('a token from a file or the environment is not printed', async () => {
  const policy = file('empty.json', '{"network":{}}');
  const token = 'x'.repeat(40);
  for (const service of [
    start([
      '--policy',
      policy,
      '--listen',
      '127.0.0.1:0',
      '--json',
      '--token-file',
      file('token', `${token}\n`),
    ]),
    start(['--policy', policy, '--listen', '127.0.0.1:0', '--json'], { CITADEL_EGRESS_TOKEN: token }),
  ]) {
    const first = JSON.parse((await service.lines.next()).value) as Record<string, string>;
    expect(Object.keys(first)).toEqual(['listening']);
    const response = await fetch(`${first['listening']}/v1/fetch`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${token}` },
    });
    expect(response.status).toBe(415);
  }
});

test('mistakes are told with what to write', async () => {
  const policy = file('good.json', '{"network":{}}');
  expect(await fail([])).toMatch(/^2 .*--policy FILE/);
  expect(await fail(['--policy', file('bad.json', '{"allow":[]}')])).toMatch(/^2 .*"network"/);
  expect(await fail(['--policy', file('star.json', '{"network":{"allow":["*"]}}')])).toMatch(
    /^2 .*allow\[0\]/,
  );
  expect(await fail(['--policy', policy, '--listen', '8787'])).toMatch(/^2 .*HOST:PORT/);
  expect(await fail(['--policy', policy, '--listen', '127.0.0.1:99999'])).toMatch(/^2 .*HOST:PORT/);
  expect(await fail(['--policy', policy, '--token', 'short'])).toMatch(/^2 .*32/);
  expect(await fail(['--policy', policy, '--origin', '*'])).toMatch(/^2 .*origin/);
  expect(await fail(['--policy', policy, '--dns', 'system', '--dns', '9.9.9.9'])).toMatch(/^2 .*--dns/);
  expect(await fail(['--policy', policy, '--ca', join(folder, 'none.pem')])).toMatch(/^2 .*ENOENT/);
  const taken = await origin(() => {});
  expect(await fail(['--policy', policy, '--listen', `127.0.0.1:${taken.port}`])).toMatch(/^2 .*EADDRINUSE/);
});
