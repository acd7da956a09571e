/** Healthy and misbehaving programs in cells of a real page, through the sandbox host. */
import type { Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Stage as PageStage } from './page.ts';
import { type Stage, startStage } from './stage.ts';

declare const stage: PageStage;

let set: Stage;
beforeAll(async () => {
  set = await startStage();
}, 120_000);
afterAll(async () => {
  await set[Symbol.asyncDispose]();
});

interface Answer {
  readonly code: string;
  readonly data: unknown;
  readonly terminated: boolean;
  readonly cpuMs: number | null;
}

/** Runs the codes one after the other in one sandbox whose program does what the code says. */
function runs(page: Page, codes: readonly string[], timeoutMs = 5_000): Promise<Answer[]> {
  return page.evaluate(
    async ({ codes, timeoutMs }) => {
      // No `await using` here: its compiled form needs a helper the page does not have.
      const sandbox = stage.makeSandbox(
        { program: '/obedient.js' },
        { policy: { limits: { concurrency: 1, timeoutMs } } },
      );
      const answers: Answer[] = [];
      for (const code of codes) {
        const result = await sandbox.run({ runtime: 'javascript', code });
        const { terminated, usage } = result.report;
        answers.push(
          result.success
            ? { code: 'ok', data: result.data, terminated, cpuMs: usage.cpuMs }
            : { code: result.error.code, data: null, terminated, cpuMs: usage.cpuMs },
        );
      }
      await sandbox.close();
      return answers;
    },
    { codes, timeoutMs },
  );
}

describe.each([
  { path: '/', isolated: false },
  { path: '/isolated', isolated: true },
])('a cell in host page $path', ({ path, isolated }) => {
  let page: Page;
  beforeAll(async () => {
    page = await set.open(path);
  });
  afterAll(() => page.context().close());

  it('says what it can enforce', async () => {
    expect(await page.evaluate(() => stage.platform.capabilities())).toEqual({
      platform: 'browser',
      gracefulStop: isolated,
      stackSizing: false,
      cellWall: 'opaque-origin',
      dnsPinned: false,
      synchronousNetwork: isolated,
    });
  });

  it('answers run after run from one worker', async () => {
    const answers = await runs(page, ['echo', 'wait 30', 'echo', 'spin 30', 'echo']);
    expect(answers.map(({ code, data }) => [code, data])).toEqual([1, 2, 3, 4, 5].map(n => ['ok', n]));
  });

  it('WK-WEB-016 ends a deaf run at its deadline and goes on with a new cell', async () => {
    const answers = await runs(page, ['echo', 'spin 600000', 'echo'], 300);
    expect(answers.map(({ code, data, terminated }) => [code, data, terminated])).toEqual([
      ['ok', 1, false],
      ['TIMEOUT', null, true],
      ['ok', 1, false],
    ]);
  });

  it(`${isolated ? 'stops' : 'cannot stop'} a busy guest that looks at the stop word`, async () => {
    const answers = await runs(page, ['echo', 'polite 600000', 'echo'], 300);
    // The third run tells whether the cell survived: it counts its runs.
    expect(answers.map(({ data, terminated }) => [data, terminated])).toEqual(
      isolated
        ? [
            [1, false],
            [null, false],
            [3, false],
          ]
        : [
            [1, false],
            [null, true],
            [1, false],
          ],
    );
  });

  it('reports a program that fails outside a run, and recovers', async () => {
    const answers = await runs(page, ['crash', 'echo']);
    expect(answers.map(({ code }) => code)).toEqual(['CELL_CRASHED', 'ok']);
  });

  it('leaves no frame behind', async () => {
    await runs(page, ['echo', 'crash']);
    expect(await page.evaluate(() => document.querySelectorAll('iframe').length)).toBe(0);
  });

  it('WK-WEB-016 keeps the page responsive while a guest spins', async () => {
    const turns = await page.evaluate(async () => {
      const sandbox = stage.makeSandbox({ program: '/obedient.js' });
      let turns = 0;
      const timer = setInterval(() => turns++, 10);
      await sandbox.run({ runtime: 'javascript', code: 'spin 1000' });
      clearInterval(timer);
      await sandbox.close();
      return turns;
    });
    // A blocked page would have had none.
    expect(turns).toBeGreaterThan(10);
  });

  it('is silent after terminate(), also when it was busy and has more to say', async () => {
    const late = await page.evaluate(async () => {
      let calls = 0;
      let done = false;
      await new Promise<void>(resolve => {
        const cell = stage.spawnCell(
          'quickjs',
          {
            message() {
              if (done) calls++;
              // READY: two runs, of which the second is under way when the first has answered.
              const input = new Uint8Array(0);
              const run = (id: number, code: string) =>
                ({ type: 'run', id, code, job: '{}', input }) as const;
              cell.post([run(1, 'spin 100'), run(2, 'spin 200')]);
              setTimeout(() => {
                done = true;
                cell.terminate();
                cell.terminate();
                cell.post([{ type: 'ping', id: 1 }]);
                cell.stop(1, 1);
                resolve();
              }, 50);
            },
            exit() {
              calls++;
            },
          },
          stage.loader({ program: '/obedient.js' }),
        );
      });
      await new Promise(resolve => setTimeout(resolve, 1000));
      return calls;
    });
    expect(late).toBe(0);
  });

  it('ends as an exit when its program does not even parse', async () => {
    set.files.set('/broken.js', { type: 'text/javascript', body: 'var citadelProgram = {' });
    const answer = await page.evaluate(() => stage.attack({ program: '/broken.js' }, ''));
    expect(answer).toEqual({ outcome: 'exit', text: 'the worker of the cell did not start' });
  });

  it.each([
    ['heap', 'const keep = []; for (;;) keep.push(new Array(1e6).fill(keep.length))'],
    ['buffers', 'const keep = []; for (;;) keep.push(new Uint8Array(2 ** 28).fill(1))'],
    ['wasm memory', 'const keep = []; for (;;) keep.push(new WebAssembly.Memory({ initial: 65536 }))'],
  ])(
    'survives WK-WEB-015, a guest that eats memory: %s',
    async (_name, code) => {
      const body = `var citadelProgram = { createProgram: () => ({ asset: (n, b) => new Uint8Array(b), boot: () => '',
      control: () => null, inbox: b => new Uint8Array(b), begin() {}, step() { ${code} }, cancel() {}, pending: () => 0,
      take: () => new Uint8Array(0) }) };`;
      set.files.set('/eater.js', { type: 'text/javascript', body });
      const codes = await page.evaluate(async () => {
        const limits = { timeoutMs: 1000, maxExecutionTimeMs: 1500 };
        const sandbox = stage.makeSandbox({ program: '/eater.js' }, { policy: { limits } });
        const eaten = await sandbox.run({ runtime: 'javascript', code: '' });
        const other = stage.makeSandbox({ program: '/obedient.js' });
        const after = await other.run({ runtime: 'javascript', code: 'echo' });
        await Promise.all([sandbox.close(), other.close()]);
        return [eaten.success, after.success];
      });
      expect(codes).toEqual([false, true]);
    },
    60_000,
  );
});
