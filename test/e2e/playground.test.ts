/** The playground in a real browser: from source and isolated, built and not isolated. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Browser, Locator, Page } from 'playwright';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { EXAMPLES } from '../../examples/index.ts';
import { launch, type Site, serveBuild, serveSource, type Visit, visit } from './playground-site.ts';

/** What the page shows of a successful example. */
const SHOWN: Readonly<Record<string, string>> = {
  'summarise-orders': 'Map (4)',
  'clean-contacts': 'contacts: Array (',
  score: 'score: 36',
  'await-body': 'ticket: 36',
  'uses-module': 'total: "84.97 EUR"',
  exfiltrate: 'reached: Array (0)',
  'sales-report': 'total: "56039.41"',
  jailbreak: 'reached: Array (0)',
  'csv-stats': 'Files it left (1)/out/report.txt',
  'word-count': 'words: 12',
  finance: '1073.6432',
  'count-vowels': 'count: 3',
};

const LANGUAGES: Readonly<Record<string, string>> = {
  js: 'javascript',
  ts: 'typescript',
  py: 'python',
  wasm: 'wasm',
};

let browser: Browser;
beforeAll(async () => {
  browser = await launch();
});
afterAll(() => browser.close());

describe.each([
  { name: 'from source, isolated', serve: serveSource, isolated: true },
  { name: 'built, not isolated', serve: serveBuild, isolated: false },
])('the playground $name', ({ serve, isolated }) => {
  let site: Site;
  let visited: Visit;
  let page: Page;

  beforeAll(async () => {
    site = await serve();
    visited = await visit(browser, site.url);
    page = visited.page;
  }, 120_000);
  afterAll(async () => {
    await visited[Symbol.asyncDispose]();
    await site.close();
  });
  // One page for all: whatever a test did to it, the next one works.
  beforeEach(async () => {
    await page.getByRole('main').waitFor();
    // After a test that failed in the middle of a run.
    if ((await status().getAttribute('data-state')) === 'running') await page.reload();
    await page.getByLabel('Example').selectOption('summarise-orders');
    expect(await status().textContent()).toBe('Ready');
  });
  afterEach(() => expect(visited.faults.splice(0)).toEqual([]));

  const editor = (label: string): Locator => page.getByRole('textbox', { name: label });
  const code = (): Locator => editor('Code of the plugin');
  const status = (): Locator => page.locator('#status');
  const result = (): Locator => page.locator('#result');

  /** Replaces what an editor holds, by keyboard as a person would. */
  async function write(into: Locator, text: string): Promise<void> {
    await into.press('Control+a');
    await page.keyboard.insertText(text);
  }

  async function settled(): Promise<string> {
    await page.locator('#status:is([data-state="success"], [data-state="failure"])').waitFor();
    return (await status().textContent()) ?? '';
  }

  /** Runs what is in the page now; answers the status. */
  async function run(): Promise<string> {
    await page.getByRole('button', { name: /^Run/ }).click();
    return settled();
  }

  async function runCode(text: string): Promise<string> {
    await write(code(), text);
    return run();
  }

  it.each(EXAMPLES)('runs the example $name', async ({ name, file, expect: expected }) => {
    await page.getByLabel('Example').selectOption(name);
    // A module is fetched when it is chosen.
    if (file.endsWith('.wasm')) await page.locator('#module-line', { hasText: `${file}: ` }).waitFor();
    expect(await page.getByLabel('Language').inputValue()).toBe(LANGUAGES[file.replace(/.*\./, '')]);
    const said = await run();
    const { outcome, denied } = expected;
    if (outcome === 'success') {
      expect(said).toMatch(/^Succeeded in \d+ ms$/);
      expect(await result().textContent()).toContain(SHOWN[name]);
    } else {
      expect(said).toMatch(new RegExp(`^Ended with ${outcome} after \\d+ ms$`));
      expect(await result().textContent()).toContain(outcome);
    }
    expect(await page.locator('.denials code').allTextContents()).toEqual(denied);
    expect(await page.getByRole('row', { name: /^Wall time/ }).textContent()).toMatch(/Wall time[\d.,]+ ms/);
  });

  it('streams the console, keeps drawing and stops while a plugin loops for ever', async () => {
    await page.getByLabel('Timeout (ms)').fill('600000');
    await page.getByLabel('Format of the input').selectOption('text');
    await write(code(), "console.info('under way');\nfor (;;);");
    await page.getByRole('button', { name: /^Run/ }).click();
    await page.locator('.record.info', { hasText: 'under way' }).waitFor();
    // 60 frames of the page, while the guest never gives its thread back.
    await page.evaluate(
      () =>
        new Promise<void>(resolve => {
          let frames = 0;
          const draw = (): void => void (++frames === 60 ? resolve() : requestAnimationFrame(draw));
          requestAnimationFrame(draw);
        }),
    );
    expect(await status().textContent()).toBe('Running…');
    await page.getByRole('button', { name: 'Stop' }).click();
    expect(await settled()).toMatch(/^Stopped after/);
    expect(await result().textContent()).toContain('CANCELLED');
    // What the capability line promises: stopped in place, or at the price of the cell.
    expect(await page.locator('#report').textContent()).toContain(`Terminated: ${isolated ? 'no' : 'yes'}.`);
    expect(await page.locator('#capability-line').textContent()).toMatch(
      isolated ? /^Cross-origin isolated/ : /^Not cross-origin isolated/,
    );
    expect(await runCode('6 * 7')).toMatch(/^Succeeded/);
    expect(await result().textContent()).toBe('42');
  });

  it('runs on Ctrl+Enter, from inside the editor, without typing into it', async () => {
    await write(code(), 'input');
    await page.getByLabel('Format of the input').selectOption('json');
    await write(editor('Input of the plugin'), '[1, {"__proto__": 2}]');
    await code().press('Control+Enter');
    expect(await settled()).toMatch(/^Succeeded/);
    expect(await result().textContent()).toBe('Array (2)0: 11: Object (1)__proto__: 2');
    expect(await code().textContent()).toBe('input');
  });

  it('shows values JSON loses, and guest text as text', async () => {
    const said = await runCode(`({
      big: 10n ** 20n, when: new Date(0), never: new Date(NaN), bytes: new Uint8Array([1, 255]), nan: NaN, zero: -0,
      nothing: undefined, map: new Map([[{ key: 1 }, new Set(['<b>bold</b>'])]]), markup: '<img src="x" onerror="alert(1)">',
      '\\u202e<i>': '\\u202ereversed',
    })`);
    expect(said).toMatch(/^Succeeded/);
    const text = (await result().textContent()) ?? '';
    for (const part of [
      'big: 100000000000000000000n',
      'when: Date 1970-01-01T00:00:00.000Z',
      'never: Invalid Date',
      'bytes: Uint8Array(2) 01 ff',
      'nan: NaN',
      'zero: -0',
      'nothing: undefined',
      'map: Map (1)Object (1) → Set (1)',
      '"<b>bold</b>"',
      'markup: "<img src=\\"x\\" onerror=\\"alert(1)\\">"',
    ]) {
      expect(text).toContain(part);
    }
    expect(text).not.toContain('\u202e');
    expect(await result().locator('img, b, i').count()).toBe(0);
  });

  it('draws a huge result a page at a time', async () => {
    expect(await runCode('Array.from({ length: 100_000 }, (_, i) => i % 10)')).toMatch(/^Succeeded/);
    const rows = result().locator('li');
    expect(await rows.count()).toBe(101);
    await result().getByRole('button', { name: 'Show 100 of 99,900 more' }).click();
    expect(await rows.count()).toBe(201);
  });

  it('shows what a plugin threw, in its own words and lines', async () => {
    const said = await runCode('function fail() {\n  throw new RangeError("<u>no</u>");\n}\nfail();');
    expect(said).toMatch(/^Ended with GUEST_ERROR/);
    const thrown = page.getByRole('figure', { name: 'The plugin threw' });
    expect(await thrown.textContent()).toContain('RangeError: <u>no</u>');
    expect(await thrown.locator('.stack').textContent()).toMatch(/at fail \(.*:2:/);
    expect(await thrown.locator('u').count()).toBe(0);
  });

  it('shows the levels of the console, and the end of a flood', async () => {
    await page.getByLabel('Timeout (ms)').fill('30000');
    const said = await runCode(
      "for (const level of ['debug', 'log', 'info', 'warn', 'error']) console[level]('as ' + level);",
    );
    expect(said).toMatch(/^Succeeded/);
    for (const level of ['debug', 'log', 'info', 'warn', 'error']) {
      expect(await page.locator(`.record.${level} .record-text`).textContent()).toBe(`as ${level}`);
    }
    expect(await runCode('for (let i = 1; i <= 3000; i++) console.log(i);')).toMatch(/^Succeeded/);
    expect(await page.locator('#logs-note').textContent()).toBe('3,000 records, the last 1,000 shown');
    expect(await page.locator('.record-text').last().textContent()).toBe('3000');
    expect(await page.locator('.record').count()).toBe(1000);
  });

  it('marks problems while a person types, with line and column', async () => {
    const problems = page.getByRole('list', { name: 'Problems in the code' });
    await write(code(), "const ok = 1;\nexport { ok as default };\nimport fs from 'node:fs';");
    await problems.getByText('node:fs').waitFor();
    await page.locator('#code .cm-lintRange-error', { hasText: "'node:fs'" }).waitFor();
    await problems.getByRole('button', { name: '3:16' }).click();
    await page.keyboard.type('X');
    expect(await code().textContent()).toContain("fs from X'node:fs'");
    // The policy counts at once, too.
    await write(code(), "import { addCents } from 'money';\nexport default addCents([1, 2]);");
    await problems.getByText('money').waitFor();
    await write(editor('Policy, as JSON'), '{ "modules": { "javascript": ["money"] } }');
    await problems.waitFor({ state: 'hidden' });
    expect(await run()).toMatch(/^Succeeded/);
    expect(await result().textContent()).toBe('3');
  });

  it('marks what Python itself says of a program, and runs it when it is right', async () => {
    const problems = page.getByRole('list', { name: 'Problems in the code' });
    await page.getByLabel('Language').selectOption('python');
    await write(code(), 'import numpy\nx = = 1');
    await problems.getByText('invalid syntax').waitFor();
    await problems.getByRole('button', { name: '2:5' }).click();
    await page.keyboard.press('Delete');
    await page.keyboard.press('Delete');
    await problems.getByText("'numpy' is compiled").waitFor();
    await page.locator('#code .cm-lintRange-error', { hasText: 'import numpy' }).waitFor();
    await write(code(), 'import statistics\ndef main(input):\nreturn statistics.mean([1, 2, 6])');
    await problems.getByText('expected an indented block').waitFor();
    await write(
      code(),
      'import statistics, sys\nprint("to stderr", file=sys.stderr)\nstatistics.mean([1, 2, 6])',
    );
    await problems.waitFor({ state: 'hidden' });
    // The policy counts at once, too; a broken one leaves the syntax.
    await write(editor('Policy, as JSON'), '{ "modules": { "python": ["sys"] } }');
    await problems.getByText("policy.modules.python does not list 'statistics'").waitFor();
    await write(editor('Policy, as JSON'), '{ "modules": { "pyton": [] } }');
    await page.locator('#policy-error').getByText('did you mean policy.modules.python').waitFor();
    await problems.waitFor({ state: 'hidden' });
    await write(editor('Policy, as JSON'), '{}');
    expect(await run()).toMatch(/^Succeeded/);
    expect(await result().textContent()).toBe('3');
    expect(await page.locator('.record.error .record-text').textContent()).toBe('to stderr');
    expect(await runCode('def f():\n    return {}["é"]\nf()')).toMatch(/^Ended with GUEST_ERROR/);
    expect(await page.getByRole('figure', { name: 'The plugin threw' }).textContent()).toContain('KeyError');
  });

  it('says where a program stops being one, and goes there', async () => {
    expect(await runCode('const a = 1;\nconst = 2;')).toMatch(/^Ended with GUEST_SYNTAX/);
    await result().getByRole('button', { name: 'Go to line 2, column 7' }).click();
    await page.keyboard.type('b ');
    expect(await code().locator('.cm-line').nth(1).textContent()).toBe('const b = 2;');
  });

  it('refuses bad input where it stands', async () => {
    await page.getByLabel('Format of the input').selectOption('json');
    await write(editor('Input of the plugin'), '{ "a": 1,\n  "b": tru }');
    expect(await page.locator('#input-error').textContent()).toBe(
      'Correct the input, it is not JSON: "t" stands at line 2, column 8, where something else is expected',
    );
    expect(await run()).toBe('Not run: correct the input first');
    await write(editor('Input of the plugin'), '{ "a": 1 }');
    await page.locator('#input-error').waitFor({ state: 'hidden' });
  });

  it('refuses input and policies nested beyond any use', async () => {
    const deep = '['.repeat(20_000) + ']'.repeat(20_000);
    await page.getByLabel('Format of the input').selectOption('json');
    await write(editor('Input of the plugin'), deep);
    expect(await run()).toBe('Not run: INPUT_UNSUPPORTED');
    expect(await result().textContent()).toContain('is nested deeper than 500');
    await write(editor('Policy, as JSON'), deep);
    await page.locator('#policy-error').getByText('is nested too deeply').waitFor();
    expect(await run()).toBe('Not run: POLICY_INVALID');
  });

  it('refuses a bad policy where it stands', async () => {
    const policy = editor('Policy, as JSON');
    const error = page.locator('#policy-error');
    await write(policy, '{ "limits": ');
    await error.getByText('the text ends at line 1, column 13').waitFor();
    expect(await page.getByLabel('Fuel').isDisabled()).toBe(true);
    expect(await run()).toBe('Not run: correct the policy first');
    await write(policy, '{ "limit": {} }');
    await error.getByText('did you mean policy.limits?').waitFor();
    expect(await run()).toBe('Not run: POLICY_INVALID');
    await write(policy, '{}');
    await error.waitFor({ state: 'hidden' });
    await page.getByLabel('Memory (MiB)').fill('9999');
    await error.getByText('policy.limits.memoryBytes must be an integer from').waitFor();
    expect(await run()).toBe('Not run: LIMIT_OUT_OF_RANGE');
  });

  it('holds the plugin to the limits of its fields', async () => {
    await page.getByLabel('Fuel').fill('1000');
    expect(await editor('Policy, as JSON').textContent()).toContain('"fuel": 1000');
    expect(await runCode('for (;;);')).toMatch(/^Ended with FUEL_EXHAUSTED/);
    await page.getByLabel('Fuel').fill('');
    await page.getByLabel('Timeout (ms)').fill('50');
    expect(await editor('Policy, as JSON').textContent()).not.toContain('fuel');
    expect(await runCode('for (;;);')).toMatch(/^Ended with TIMEOUT/);
  });

  it('fits a narrow screen', async () => {
    await page.setViewportSize({ width: 360, height: 740 });
    await page.getByLabel('Example').selectOption('exfiltrate');
    const said = await run();
    expect([said, await result().textContent()]).toEqual([
      expect.stringMatching(/^Succeeded/),
      expect.any(String),
    ]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(360);
  });

  const module = (name: string): string =>
    fileURLToPath(new URL(`../../examples/native/${name}/${name}.wasm`, import.meta.url));

  it('opens a module, says what it is, and calls what is chosen', async () => {
    await page.getByLabel('File of a plugin').setInputFiles(module('finance'));
    await page.locator('#module-line', { hasText: 'finance.wasm: functions over numbers' }).waitFor();
    const entry = page.locator('#entry');
    expect(await entry.locator('option').allTextContents()).toContain('gcd(i64, i64) → i64');
    await entry.selectOption('gcd');
    await page.getByLabel('Format of the input').selectOption('json');
    await write(editor('Input of the plugin'), '[48, 36]');
    expect(await run()).toMatch(/^Succeeded/);
    expect(await result().textContent()).toBe('12n');
    await write(editor('Input of the plugin'), '[48]');
    expect(await run()).toMatch(/^Ended with INPUT_UNSUPPORTED/);
  });

  it('opens what is dropped on it, and says what it cannot open', async () => {
    const drop = (name: string, bytes: number[]): Promise<void> =>
      page.evaluate(
        ([name, bytes]) => {
          const data = new DataTransfer();
          data.items.add(new File([new Uint8Array(bytes)], name));
          for (const type of ['dragover', 'drop'])
            document.body.dispatchEvent(
              new DragEvent(type, { dataTransfer: data, bubbles: true, cancelable: true }),
            );
        },
        [name, bytes] as const,
      );
    await drop('notes.txt', [65]);
    await page
      .locator('#status', { hasText: 'Open a .js, .ts, .py or .wasm file: notes.txt is none' })
      .waitFor();
    await drop('hostile.wasm', [...readFileSync(module('hostile'))]);
    await page.locator('#module-line', { hasText: 'hostile.wasm: functions over numbers' }).waitFor();
    await editor('Input of the plugin').press('Control+a');
    await page.keyboard.press('Delete');
    await page.locator('#entry').selectOption('spin');
    await page.getByLabel('Timeout (ms)').fill('100');
    expect(await run()).toMatch(/^Ended with TIMEOUT/);
    await drop('broken.wasm', [0, 97, 115, 109, 9, 9]);
    await page.locator('#module-problems').getByText('not a WebAssembly module').waitFor();
    expect(await run()).toMatch(/^Ended with WASM_INVALID/);
    await drop('answer.py', [...new TextEncoder().encode('6 * 8')]);
    await page.locator('#status', { hasText: 'Opened answer.py' }).waitFor();
    expect(await page.getByLabel('Language').inputValue()).toBe('python');
    expect(await run()).toMatch(/^Succeeded/);
    expect(await result().textContent()).toBe('48');
    await drop('answer.js', [...new TextEncoder().encode('6 * 7')]);
    await page.locator('#status', { hasText: 'Opened answer.js' }).waitFor();
    expect(await run()).toMatch(/^Succeeded/);
    expect(await result().textContent()).toBe('42');
  });

  it('holds a module against the policy while it is written', async () => {
    await page.getByLabel('File of a plugin').setInputFiles(module('count-vowels'));
    await page.locator('#module-line', { hasText: 'an Extism plugin' }).waitFor();
    await write(editor('Policy, as JSON'), '{ "limits": { "moduleBytes": 100 } }');
    await page.locator('#module-problems').getByText('CODE_TOO_LARGE').waitFor();
    expect(await run()).toBe('Not run: CODE_TOO_LARGE');
    await write(editor('Policy, as JSON'), '{}');
    await page.locator('#module-problems').waitFor({ state: 'hidden' });
    await page.getByLabel('Format of the input').selectOption('text');
    await write(editor('Input of the plugin'), 'aeiou');
    expect(await run()).toMatch(/^Succeeded/);
    expect(await result().textContent()).toContain('count: 5');
    expect(await page.locator('.record.info').textContent()).toContain('counted 5 characters');
  });

  it('asks for a module before it runs one', async () => {
    await page.reload();
    await page.getByRole('main').waitFor();
    await page.getByLabel('Language').selectOption('wasm');
    expect(await run()).toBe('Not run: open a module first');
  });

  it('says in the page that its worker did not start', async () => {
    await using broken = await visit(browser, 'about:blank');
    await broken.page.route(/worker_file|host-/, route => route.abort());
    await broken.page.goto(site.url);
    const alert = broken.page.locator('#fatal');
    await alert.waitFor();
    expect(await alert.textContent()).toBe(
      'The playground failed. Reload the page: the worker with the sandbox host failed',
    );
  });

  it('lets no text become markup or a script, even when asked from inside', async () => {
    await using hostile = await visit(browser, site.url);
    const refused = await hostile.page.evaluate(async () => {
      // A turn later: what the tool evaluates itself is exempt from the policy.
      await new Promise(resolve => setTimeout(resolve));
      const attempts = [
        () => (document.createElement('div').innerHTML = '<b></b>'),
        () => new Worker('blob:x'),
        () => new Function('return 1')(),
      ];
      return attempts.map(attempt => {
        try {
          attempt();
          return 'done';
        } catch (error) {
          return (error as Error).name;
        }
      });
    });
    expect(refused).toEqual(['TypeError', 'TypeError', 'EvalError']);
    // The same walls are what the browser complains of when they are hit: the other tests see none.
    expect(hostile.faults.length).toBeGreaterThan(0);
  });
});
