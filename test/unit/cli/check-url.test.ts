import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { checkUrlCommand } from '../../../src/cli/check-url.ts';

const folder = mkdtempSync(join(tmpdir(), 'check-url-'));
afterAll(() => rmSync(folder, { recursive: true }));

function policy(value: unknown): string {
  const file = join(folder, 'policy.json');
  writeFileSync(file, typeof value === 'string' ? value : JSON.stringify(value));
  return file;
}

async function checkUrl(...argv: string[]): Promise<{ code: number; out: string; lines: string[] }> {
  let out = '';
  const code = await checkUrlCommand(argv, { out: text => (out += text), note() {}, err() {} });
  return { code, out, lines: out.split('\n').slice(0, -1) };
}

async function json(...argv: string[]): Promise<unknown[]> {
  return (await checkUrl('--json', ...argv)).lines.map(line => JSON.parse(line));
}

/** The program as users start it, for what comes through stdin. */
async function piped(
  input: string | Uint8Array,
  ...argv: string[]
): Promise<{ code: number | null; out: string; err: string }> {
  const main = fileURLToPath(new URL('../../../src/cli/main.ts', import.meta.url));
  const child = spawn(process.execPath, ['--conditions=citadel-source', main, 'check-url', ...argv]);
  let out = '';
  let err = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
  child.stdin.end(input);
  const code = await new Promise<number | null>(resolve => child.on('close', resolve));
  return { code, out, err };
}

describe('check-url', () => {
  test('allows nothing without a policy, and exits with 3', async () => {
    const { code, out } = await checkUrl('https://api.example.com/x');
    expect(code).toBe(3);
    expect(out).toBe(
      'denied https://api.example.com/x: host-unlisted: api.example.com is not allowed by the policy; add "api.example.com" to network.allow\n',
    );
  });

  test('exits with 0 when all are allowed', async () => {
    const { code, out } = await checkUrl(
      '--allow-net=a.test,*.b.test',
      'HTTPS://A.test/#x',
      'http://x.b.test',
    );
    expect(code).toBe(0);
    expect(out).toBe('allowed https://a.test/, by a.test\nallowed http://x.b.test/, by *.b.test\n');
  });

  test('prints one object a line, with the address a URL names', async () => {
    expect(
      await json(
        '--allow-net',
        'a.test',
        'https://a.test/x',
        'http://0x7f.1/',
        'https://[::ffff:8.8.8.8]',
        'x',
      ),
    ).toEqual([
      { url: 'https://a.test/x', allowed: true, reason: 'allowed', rule: 'a.test', host: 'a.test' },
      {
        url: 'http://127.0.0.1/',
        allowed: false,
        reason: 'address-special',
        rule: null,
        host: '127.0.0.1',
        address: '127.0.0.1',
        message: '127.0.0.1 is not a public address (loopback, RFC 1122)',
        hint: 'add "127.0.0.1" to network.allowIp',
      },
      expect.objectContaining({ allowed: false, host: '::ffff:808:808', address: '8.8.8.8' }),
      {
        url: 'x',
        allowed: false,
        reason: 'url-invalid',
        rule: null,
        host: null,
        message: 'this is not an absolute URL',
        hint: 'write it as https://host/path',
      },
    ]);
  });

  test('adds what the options say to the policy file, denials included', async () => {
    const file = policy({
      network: { allow: ['a.test'], deny: ['c.test'], denyIp: ['10.0.0.9'] },
      limits: { timeoutMs: 5 },
      secrets: { TOKEN: { hosts: ['a.test'] } },
    });
    const options = [
      '--allow-net=*.test,c.test,b.test',
      '--deny-net=d.b.test',
      '--allow-ip=10.0.0.0/8',
      '--deny-ip=10.0.0.7',
    ];
    expect(
      (
        await checkUrl(
          ...['--policy', file, ...options.with(0, '--allow-net=c.test,*.b.test')],
          ...['http://a.test', 'http://c.test', 'http://x.b.test', 'http://d.b.test'],
          ...['http://10.0.0.1', 'http://10.0.0.9', 'http://10.0.0.7'],
        )
      ).lines.map(line => line.split(/[ ,:]/)[0]),
    ).toEqual(['allowed', 'denied', 'allowed', 'denied', 'allowed', 'denied', 'denied']);
  });

  test('judges the method', async () => {
    const file = policy({ network: { allow: [{ host: 'a.test', methods: ['GET'] }] } });
    expect((await checkUrl('--policy', file, 'http://a.test')).code).toBe(0);
    expect((await checkUrl('--policy', file, '--method', 'POST', 'http://a.test')).code).toBe(3);
  });

  test('asks for the addresses of allowed names with --resolve, and judges them', async () => {
    expect(
      await json('--resolve', '--allow-net=localhost', 'http://localhost/', 'http://other.test'),
    ).toMatchObject([
      { allowed: false, reason: 'address-special', host: 'localhost', address: '127.0.0.1' },
      { allowed: false, reason: 'host-unlisted' },
    ]);
    expect(
      await json('--resolve', '--allow-net=localhost', '--allow-ip=127.0.0.1,::1', 'http://localhost/'),
    ).toMatchObject([{ allowed: true, rule: 'localhost', address: '127.0.0.1' }]);
  });

  test('shows no control characters of a URL', async () => {
    const hostile = 'https://a.test/\u001b[31m\u202e\r\n';
    for (const out of [(await checkUrl(hostile)).out, (await checkUrl('--json', hostile)).out]) {
      expect(out).toMatch(/^[\x20-\x7e\ufffd’]+\n$/);
    }
  });
});

describe('check-url reads stdin', () => {
  test('line by line, and answers line by line', async () => {
    const input = 'https://a.test/\r\nhttps://b.test/\n\nhttps://a.test/\u2028x\nhttps://a.test';
    const { code, out } = await piped(input, '--json', '--allow-net', 'a.test');
    expect(code).toBe(3);
    expect(
      out
        .split('\n')
        .slice(0, -1)
        .map(line => JSON.parse(line).reason),
    ).toEqual(['allowed', 'host-unlisted', 'url-invalid', 'allowed', 'allowed']);
  });

  test('of any bytes', async () => {
    const { code, out } = await piped(Uint8Array.from([0, 255, 254, 10, 104, 0]), '--json');
    expect(code).toBe(3);
    expect(
      out
        .split('\n')
        .slice(0, -1)
        .map(line => JSON.parse(line).reason),
    ).toEqual(['url-control', 'url-control']);
  });

  test('of a million characters in one line', async () => {
    const { code, out } = await piped(`https://a.test/${'a'.repeat(1_000_000)}\n`, '--allow-net', 'a.test');
    expect(code).toBe(3);
    expect(out).toContain('url-too-long');
    expect(out.length).toBeLessThan(3000);
  });

  test('that is empty, and has nothing to say', async () => {
    expect(await piped('')).toEqual({ code: 0, out: '', err: '' });
  });
});

describe('check-url refuses a mistake with exit code 2, and says what to do', () => {
  test.each([
    [['--allow-net', '*'], /policy\.network\.allow\[0\] would mean every host/],
    [['--allow-ip', '10.0.0.1/8'], /write "10\.0\.0\.0\/8" for the block/],
    [['--deny-ip', 'a.test'], /names go into network\.allow and network\.deny/],
    [['--allow-nets', 'a.test'], /did you mean --allow-net\?/],
    [['--policy', 'none.json'], /none\.json does not exist/],
  ])('%j', async (argv, message) => {
    const { code, out, err } = await piped('https://a.test/', ...argv);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toMatch(message);
    expect(err.trimEnd()).not.toContain('\n');
  });

  test.each([
    ['[]', 'must hold one JSON object'],
    [{ netwrok: {} }, 'policy.netwrok is unknown; did you mean policy.network?'],
    [{ network: { allow: ['http://'] } }, 'policy.network.allow[0] must be a host, not a URL'],
    [{ secrets: { A: {} } }, 'policy.secrets.A.hosts must name at least one host'],
    [{ limits: { timeoutMs: 0 } }, 'policy.limits.timeoutMs must be an integer'],
  ])('a policy of %j', async (value, message) => {
    await expect(checkUrl('--policy', policy(value), 'https://a.test/')).rejects.toThrow(message);
  });
});

test('check-url --help lists every option', async () => {
  const { code, out } = await checkUrl('--help');
  expect(code).toBe(0);
  for (const option of [
    'policy',
    'allow-net',
    'deny-net',
    'allow-ip',
    'deny-ip',
    'method',
    'resolve',
    'json',
  ]) {
    expect(out).toContain(`--${option} `);
  }
});
