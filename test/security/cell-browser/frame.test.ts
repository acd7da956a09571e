/** The frame around the worker: what its policy is made of, what it survives, and which host pages it works in. */
import { createHash } from 'node:crypto';
import type { Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { framePolicy } from '../../../src/platform/browser/document.ts';
import type { Attack, Stage as PageStage } from './page.ts';
import { DATAGRAM } from './server.ts';
import { type Stage, startStage } from './stage.ts';

declare const stage: PageStage;

let set: Stage;
beforeAll(async () => {
  set = await startStage();
}, 120_000);
afterAll(async () => {
  await set[Symbol.asyncDispose]();
});

const html = (body: string) => ({
  type: 'text/html',
  body,
  headers: { 'Cross-Origin-Embedder-Policy': 'require-corp' },
});

/** One run of the obedient program in a page, and how it ended. */
const echo = (page: Page, document = '/sandbox.html'): Promise<Attack> =>
  page.evaluate(document => stage.attack({ program: '/obedient.js', document }, 'echo'), document);

async function echoIn(path: string, document?: string): Promise<Attack> {
  const page = await set.open(path);
  const answer = await echo(page, document);
  await page.context().close();
  return answer;
}

/** A frame document with a script of the test's own, under the real policy. */
function documentOf(script: string): string {
  const hash = `sha256-${createHash('sha256').update(script).digest('base64')}`;
  return `<!doctype html><meta http-equiv="Content-Security-Policy" content="${framePolicy(hash)}"><script>${script}</script>`;
}

describe('the policy of the frame', () => {
  it.each([
    ["'wasm-unsafe-eval'", "'wasm-unsafe-eval'", 'did not start'],
    ['worker-src', '; worker-src blob:', 'did not start'],
    ['the hash', /'sha256-[^']*'/, 'did not start'],
  ])(
    'has no part too many: %s',
    async (name, part, reason) => {
      const body = set.files.get('/sandbox.html')?.body ?? '';
      const lesser = body.replace(part, '');
      expect(lesser).not.toBe(body);
      set.files.set('/lesser.html', html(lesser));
      const answer = await echoIn('/', '/lesser.html');
      expect(answer.outcome, name).toBe('exit');
      expect(answer.text).toContain(reason);
    },
    30_000,
  );

  it("lets traffic out without default-src 'none'", async () => {
    const body = set.files.get('/sandbox.html')?.body ?? '';
    set.files.set('/lesser.html', html(body.replace("default-src 'none'; ", '')));
    const page = await set.open();
    const { same, cross, wire, datagrams } = set.servers;
    set.servers.takeHits();
    await page.evaluate(
      code =>
        stage.attack(
          { program: '/probes.js', shell: '/shell-unscrubbed.js', document: '/lesser.html' },
          code,
        ),
      JSON.stringify({ same, cross, wire, datagrams }),
    );
    expect(set.servers.takeHits()).toContain('WK-WEB-003 fetch elsewhere');
    await page.context().close();
  }, 30_000);
});

/** Runs a hostile frame script without sandbox and policy, until the server has seen all of `expected`. */
async function getsOut(script: string, expected: readonly string[]): Promise<void> {
  set.files.set('/free-frame.html', html(`<!doctype html><script>${script}</script>`));
  const page = await set.open();
  await page.evaluate(async () => {
    const frame = document.createElement('iframe');
    frame.src = '/free-frame.html';
    await new Promise(resolve => {
      frame.onload = resolve;
      document.body.append(frame);
    });
    const { port1, port2 } = new MessageChannel();
    frame.contentWindow?.postMessage(null, '*', [port1, port2]);
  });
  const seen = new Set<string>();
  const look = (): string[] => {
    for (const hit of set.servers.takeHits()) seen.add(hit);
    return [...seen];
  };
  await expect.poll(look, { timeout: 20_000 }).toEqual(expect.arrayContaining([...expected]));
  await page.context().close();
}

describe('a frame whose own script is hostile', () => {
  it('WK-WEB-022 cannot navigate the page, open windows, submit, download or load anything', async () => {
    const { cross } = set.servers;
    const to = (id: string): string => JSON.stringify(`${cross}/hit/${encodeURIComponent(id)}`);
    // Each attempt on its own: most of them throw.
    const attempts = [
      `top.location = ${to('top')}`,
      `top.location.replace(${to('replace')})`,
      'top.document.cookie = "stolen=1"',
      `open(${to('open')})`,
      `const f = document.createElement("form"); f.action = ${to('form')}; f.target = "_top"; document.body.append(f); f.submit()`,
      `const f = document.createElement("form"); f.action = ${to('self-form')}; document.body.append(f); f.submit()`,
      'const a = document.createElement("a"); a.href = URL.createObjectURL(new Blob(["x"])); a.download = "x"; document.body.append(a); a.click()',
      `const a = document.createElement("a"); a.href = ${to('link')}; a.target = "_blank"; document.body.append(a); a.click()`,
      `const a = document.createElement("a"); a.href = location.href + "#x"; a.ping = ${to('ping')}; document.body.append(a); a.click()`,
      ...['preload', 'prefetch', 'stylesheet', 'manifest', 'icon', 'modulepreload', 'preconnect'].map(
        rel =>
          `const l = document.createElement("link"); l.rel = "${rel}"; l.as = "script"; l.href = ${to(rel)}; document.head.append(l)`,
      ),
      `new Image().src = ${to('image')}`,
      `navigator.sendBeacon(${to('beacon')}, "x")`,
      `fetch(${to('fetch')}, { mode: "no-cors" })`,
      `const s = document.createElement("script"); s.src = ${to('script')}; document.head.append(s)`,
      `document.body.style.background = "url(" + ${to('css')} + ")"`,
      `const v = document.createElement("video"); v.src = ${to('video')}; document.body.append(v)`,
      `const o = document.createElement("object"); o.data = ${to('object')}; document.body.append(o)`,
      `const i = document.createElement("iframe"); i.srcdoc = "<img src='" + ${to('inline-frame')} + "'>"; document.body.append(i)`,
      `location = "javascript:fetch('" + ${to('script-url')} + "', { mode: 'no-cors' })"`,
      `new Worker(URL.createObjectURL(new Blob(["fetch('" + ${to('worker')} + "', { mode: 'no-cors' })"])))`,
      'localStorage.setItem("canary", "dead")',
      'parent.postMessage({ type: "gone", reason: "forged" }, "*")',
    ];
    // Chromium connects before it looks at the policy for a frame, and then sends nothing: looked at on its own.
    const nested = `const i = document.createElement("iframe"); i.src = ${to('iframe')}; document.body.append(i)`;
    const scriptOf = (
      lines: string[],
    ): string => `addEventListener("message", e => { e.ports[0].postMessage({ type: "up" }); setTimeout(() => {
      document.documentElement.append(document.body ?? document.createElement("body"));
      ${lines.map(text => `try { (() => { ${text} })() } catch {}`).join('\n')}
      setTimeout(() => e.ports[1].postMessage("attacked"), 1000);
    }) });`;
    set.files.set('/hostile-frame.html', html(documentOf(scriptOf(attempts))));
    // The control: in a frame that may do everything, the same lines get out.
    const leaves = /top|open\(|_blank|self-form/;
    await getsOut(scriptOf([nested, ...attempts.filter(text => !leaves.test(text))]), [
      'ping',
      'preload',
      'stylesheet',
      'fetch',
      'beacon',
      'script',
      'iframe',
      'image',
      'css',
      'inline-frame',
      'script-url',
      'worker',
    ]);
    await getsOut(scriptOf(attempts.filter(text => /open\(|_blank/.test(text))), ['open', 'link']);
    await getsOut(scriptOf(attempts.filter(text => text.includes('self-form'))), ['self-form']);
    await getsOut(scriptOf(attempts.filter(text => text.includes('top.location ='))), ['top']);
    const page = await set.open();
    const url = page.url();
    let downloads = 0;
    page.on('download', () => downloads++);
    set.servers.takeHits();
    set.servers.takeConnections();
    await page.evaluate(() => stage.setCanaries());
    const answer = await echo(page, '/hostile-frame.html');
    expect(answer).toEqual({ outcome: 'answer', text: 'attacked' });
    expect(set.servers.takeHits()).toEqual([]);
    // Not even a handshake that carries nothing.
    expect(set.servers.takeConnections()).toBe(0);
    set.files.set('/hostile-frame.html', html(documentOf(scriptOf([nested]))));
    expect((await echo(page, '/hostile-frame.html')).text).toBe('attacked');
    expect(set.servers.takeHits()).toEqual([]);
    expect(page.url()).toBe(url);
    expect(downloads).toBe(0);
    expect(page.context().pages()).toHaveLength(1);
    expect(await page.evaluate(() => stage.deadCanaries())).toEqual([]);
    await page.context().close();
  }, 60_000);

  it('gets out by WebRTC, which no policy of a page covers: a worker has none, and the warden uses none', async () => {
    const stun = set.servers.datagrams.replace('https://', 'stun:').replace(/\/$/, '');
    set.files.set(
      '/calling-frame.html',
      html(
        documentOf(`addEventListener("message", e => { e.ports[0].postMessage({ type: "up" });
          const peer = new RTCPeerConnection({ iceServers: [{ urls: ${JSON.stringify(stun)} }] });
          peer.createDataChannel("x");
          peer.createOffer().then(offer => peer.setLocalDescription(offer));
          setTimeout(() => e.ports[1].postMessage("attacked"), 1000);
        });`),
      ),
    );
    set.servers.takeHits();
    expect((await echoIn('/', '/calling-frame.html')).text).toBe('attacked');
    // When this fails a browser has closed the gap, and docs/cell-browser.md may say so.
    expect(set.servers.takeHits()).toEqual([DATAGRAM]);
  }, 30_000);

  const leaver = (target: string): string =>
    documentOf(
      `addEventListener("message", e => { e.ports[0].postMessage({ type: "up" }); location = ${JSON.stringify(target)} });`,
    );

  it('WK-WEB-023 is noticed when it navigates itself, and its cell ends', async () => {
    set.files.set('/leaver.html', html(leaver(`${set.servers.cross}/hit/self`)));
    const answer = await echoIn('/', '/leaver.html');
    expect(answer).toEqual({ outcome: 'exit', text: 'the sandbox frame was navigated' });
    // The address of such a navigation leaves: only the page's own frame-src stops that, as the next test shows.
    expect(set.servers.takeHits()).toEqual(['self']);
  }, 30_000);

  it("WK-WEB-023 cannot leave at all where the page says frame-src 'none'", async () => {
    set.files.set('/no-frames', set.page({ 'Content-Security-Policy': "frame-src 'none'" }));
    expect((await echoIn('/no-frames')).outcome).toBe('answer');
    set.servers.takeHits();
    await echoIn('/no-frames', '/leaver.html');
    expect(set.servers.takeHits()).toEqual([]);
  }, 30_000);
});

describe('a page that throws the frame away', () => {
  it('is told that the cell is gone', async () => {
    const page = await set.open();
    const answer = await page.evaluate(async () => {
      const running = stage.attack({ program: '/obedient.js' }, 'wait 600000');
      // Until the run is under way there may be no frame yet.
      await new Promise(resolve => setTimeout(resolve, 1000));
      document.body.replaceChildren();
      document.querySelector('iframe')?.remove();
      return running;
    });
    expect(answer).toEqual({ outcome: 'exit', text: 'the sandbox frame was removed from the page' });
    await page.context().close();
  }, 30_000);
});

describe('forged window messages', () => {
  it('move neither the frame nor the page', async () => {
    const page = await set.open();
    const owned = await page.evaluate(async () => {
      // A neighbour that tries to be first: it posts a program of its own to every window it can name, all the time.
      const neighbour = document.createElement('iframe');
      neighbour.setAttribute('sandbox', 'allow-scripts');
      neighbour.srcdoc = `<script>
        setInterval(() => {
          for (let i = 0; i < parent.frames.length; i++) {
            const a = new MessageChannel(), b = new MessageChannel();
            a.port1.onmessage = () => parent.postMessage("OWNED", "*");
            parent.frames[i].postMessage({ script: "postMessage(null)", wasm: new Uint8Array([0,97,115,109,1,0,0,0]),
              assets: [] }, "*", [a.port2, b.port2]);
          }
          parent.postMessage({ type: "gone", reason: "forged" }, "*");
        }, 0);
        parent.postMessage("READY", "*");
      </script>`;
      let owned = 0;
      await new Promise<void>(resolve => {
        addEventListener('message', ({ data }) => {
          if (data === 'READY') resolve();
          if (data === 'OWNED') owned++;
        });
        document.body.append(neighbour);
      });
      const answers: string[] = [];
      for (let i = 0; i < 5; i++)
        answers.push((await stage.attack({ program: '/obedient.js' }, 'wait 50')).outcome);
      neighbour.remove();
      return { owned, answers };
    });
    expect(owned).toEqual({ owned: 0, answers: Array(5).fill('answer') });
    await page.context().close();
  }, 30_000);
});

describe('host pages with a strict policy', () => {
  /** What every strict page of these tests allows itself. */
  const own = "script-src 'self' 'nonce-own'";
  const rest = "default-src 'none'; connect-src 'self'; frame-src 'none'";
  const strict = (policy: string, more: Record<string, string> = {}) => ({
    ...set.page({ 'Content-Security-Policy': policy, ...more }),
    body: set.page().body.replace('<script type="importmap"', '<script nonce="own" type="importmap"'),
  });

  it('work once they allow what the frame needs', async () => {
    set.files.set(
      '/strict',
      strict(`${rest}; ${own} '${set.wardenHash}' 'wasm-unsafe-eval'; worker-src blob:`),
    );
    expect((await echoIn('/strict')).text).not.toContain('Content-Security-Policy');
    expect((await echoIn('/strict')).outcome).toBe('answer');
  }, 30_000);

  it('are told what to do when they do not', async () => {
    set.files.set('/stricter', strict(`${rest}; ${own}`));
    const answer = await echoIn('/stricter');
    expect(answer.outcome).toBe('exit');
    expect(answer.text).toMatch(/^Allow the sandbox frame in the Content-Security-Policy/);
  }, 30_000);

  it.each([
    ['they allow the one policy', "require-trusted-types-for 'script'; trusted-types citadel-sandbox"],
    ['they list policies but require none', 'trusted-types another'],
  ])(
    'work with Trusted Types when %s',
    async (_name, policy) => {
      set.files.set('/typed', set.page({ 'Content-Security-Policy': policy }));
      expect((await echoIn('/typed')).outcome).toBe('answer');
    },
    30_000,
  );

  it('are told which Trusted Types policy is missing', async () => {
    const policy = "require-trusted-types-for 'script'; trusted-types another";
    set.files.set('/typed', set.page({ 'Content-Security-Policy': policy }));
    const answer = await echoIn('/typed');
    expect(answer.outcome).toBe('exit');
    expect(answer.text).toMatch(/^Allow the Trusted Types policy citadel-sandbox/);
  }, 30_000);

  it.each([
    ['plain', {}],
    [
      'cross-origin isolated',
      { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' },
    ],
  ])(
    'need only frame-src with a served document: %s',
    async (name, headers) => {
      const policy = `default-src 'none'; connect-src 'self'; frame-src 'self'; ${own}; require-trusted-types-for 'script'; trusted-types 'none'`;
      set.files.set('/served', strict(policy, headers));
      const page = await set.open('/served');
      await page.evaluate(() => stage.configureBrowser({ sandboxUrl: '/sandbox.html' }));
      expect((await echo(page)).outcome).toBe('answer');
      const stopped = await page.evaluate(async () => {
        const sandbox = stage.makeSandbox(
          { program: '/obedient.js' },
          { policy: { limits: { timeoutMs: 300 } } },
        );
        const result = await sandbox.run({ runtime: 'javascript', code: 'polite 600000' });
        await sandbox.close();
        return result.report.terminated;
      });
      // Shared memory, and with it the polite stop, reaches the served frame too.
      expect(stopped, name).toBe(Object.keys(headers).length === 0);
      await page.context().close();
    },
    30_000,
  );
});

describe('a sandbox host in a worker of the page', () => {
  const host = (page: Page, connect: boolean): Promise<string[]> =>
    page.evaluate(async connect => {
      const worker = new Worker('/worker-host.js');
      const { port1, port2 } = new MessageChannel();
      stage.serveCells(port1, stage.loader({ program: '/obedient.js' }));
      worker.postMessage({ connect, codes: ['echo', 'echo', 'spin 600000', 'crash', 'echo'] }, [port2]);
      const answers = await new Promise<string[]>((resolve, reject) => {
        worker.onmessage = ({ data }) => resolve(data as string[]);
        worker.onerror = event => reject(new Error(event.message));
      });
      await new Promise(resolve => setTimeout(resolve, 200));
      answers.push(`frames ${document.querySelectorAll('iframe').length}`);
      worker.terminate();
      return answers;
    }, connect);

  it('gets its cells from the page', async () => {
    const page = await set.open();
    const answers = await host(page, true);
    expect(answers.map(text => text.split(' ', 2).join(' '))).toEqual([
      'ok 1',
      'ok 2',
      expect.stringMatching(/TIMEOUT/),
      expect.stringMatching(/^CELL_CRASHED/),
      'ok 1',
      'frames 0',
    ]);
    await page.context().close();
  }, 30_000);

  it('is told what to call when it has no page', async () => {
    const page = await set.open();
    expect((await host(page, false))[0]).toContain('Call serveCells(port) in the page');
    await page.context().close();
  }, 60_000);
});

describe('the engine of the package', () => {
  it.each(['/', '/isolated'])(
    'runs a plugin in host page %s',
    async path => {
      const page = await set.open(path);
      const result = await page.evaluate(async () => {
        const sandbox = stage.makeSandbox(null);
        const logs: string[] = [];
        const result = await sandbox.run({
          runtime: 'javascript',
          code: 'console.log("hello"); return { sum: input.reduce((a, b) => a + b), fetch: typeof fetch }',
          input: [1, 2, 3],
          onLog: entry => logs.push(entry.text),
        });
        await sandbox.close();
        return result.success
          ? { data: JSON.stringify(result.data), logs }
          : { data: result.error.message, logs };
      });
      expect(result).toEqual({ data: expect.stringContaining('"sum":6'), logs: ['hello'] });
      await page.context().close();
    },
    60_000,
  );

  it('delivers what a busy program says before it is done', async () => {
    const body = `var citadelProgram = { createProgram: ({ live }) => ({ asset: (n, b) => new Uint8Array(b), boot: () => '',
      control: () => null, inbox: b => new Uint8Array(b), begin() {},
      step() { if (!live(new Uint8Array([7, 7, 7]))) throw 0; for (;;); }, cancel() {}, pending: () => 0,
      take: () => new Uint8Array(0) }) };`;
    set.files.set('/talker.js', { type: 'text/javascript', body });
    const page = await set.open();
    const answer = await page.evaluate(() => stage.attack({ program: '/talker.js' }, ''));
    expect(answer).toEqual({ outcome: 'answer', text: '\x07\x07\x07' });
    await page.context().close();
  }, 30_000);
});
