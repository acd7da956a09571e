/** Host functions: what plugins of every language may call, what they are answered, and what stands in the report. */
import { describe, expect, it } from 'vitest';
import {
  type CallContext,
  capabilities,
  createSandbox,
  HostFunctionError,
  type HostFunctions,
  type PluginSecurityPolicy,
  type RunOptions,
  type Sandbox,
  type SandboxOptions,
} from '../../src/index.ts';
import core from './native/doors-core.wat';
import extism from './native/doors-extism.wat';
import { codeOf, dataOf, js } from './support.ts';

const { synchronousNetwork: canWait } = capabilities();
const CANNOT_WAIT = 'no thread can wait in a page that is not cross-origin isolated';
/** Whether a browser suspends WebAssembly: native plugins need it where no thread can wait. */
const nativeWaits = canWait || 'Suspending' in WebAssembly;
const CANNOT_SUSPEND = 'this browser cannot suspend WebAssembly';

const notes: unknown[] = [];
const FUNCTIONS: HostFunctions = {
  add: (a: number, b: number) => a + b,
  echo: (...all: unknown[]) => all,
  note: (text: unknown) => {
    notes.push(text);
  },
  crm: {
    find: {
      description: 'A customer by its number.',
      input: { type: 'object', properties: { id: { type: 'integer' } }, required: ['id'] },
      output: { type: 'object', required: ['name'] },
      call: async ({ id }: { id: number }, { log, plugin }: CallContext) => {
        log(`looking for ${id}`);
        if (id === 404) throw new HostFunctionError('there is no such customer', { name: 'NotFound' });
        if (id === 500) throw new Error('password=hunter2');
        if (id === 501) return { nobody: true };
        return { id, name: 'Ada', plugin };
      },
    },
    remove: () => true,
    rows: async function* (n: number) {
      for (let i = 1; i <= n; i++) yield i;
    },
  },
};

const open = (limits: PluginSecurityPolicy['limits'] = {}, more: Partial<SandboxOptions> = {}): Sandbox =>
  createSandbox({
    policy: {
      functions: ['add', 'echo', 'note', 'crm.find', 'crm.rows'],
      limits: { concurrency: 1, timeoutMs: 50_000, maxExecutionTimeMs: 100_000, ...limits },
    },
    functions: FUNCTIONS,
    ...more,
  });
const python = (code: string): RunOptions => ({ runtime: 'python', code });
const native = (code: Uint8Array, entry: string, input: unknown): RunOptions => ({
  runtime: 'wasm',
  code,
  ...(entry === '' ? {} : { entry }),
  input: input as string,
});

describe('host functions in JavaScript', () => {
  it('are the global host and modules, and answer promises', async () => {
    await using sandbox = open();
    expect(
      dataOf(await sandbox.run(js('const r = await host.crm.find({ id: 7 }); [r.name, r.plugin]'))),
    ).toEqual(['Ada', 'default']);
    const module = await sandbox.run(
      js(`import { find } from 'host:crm';
        import { add, crm } from 'host';
        export default async () => [(await find({ id: 1 })).name, await add(1, 2), crm.find === find, typeof add(0, 0).then]`),
    );
    expect(dataOf(module)).toEqual(['Ada', 3, true, 'function']);
    const dynamic = await sandbox.run(js(`const { add } = await import('host'); await add(20, 22)`));
    expect(dataOf(dynamic)).toBe(42);
  });

  it('get and answer every kind of data, and nothing else', async () => {
    await using sandbox = open();
    const result = await sandbox.run(
      js(`const given = [null, undefined, -0, 10n ** 30n, 'a\\0\\ud800', new Date(5), new Uint8Array([1, 2]), new Map([[{ a: 1 }, new Set([1])]]), { __proto__: null, ['__proto__']: 1 }];
        const back = await host.echo(...given);
        [back.length, back[1], Object.is(back[2], -0), back[3] === given[3], back[4] === given[4], back[5].getTime(), back[6][1],
          [...back[7]][0][1].has(1), Object.keys(back[8])]`),
    );
    expect(dataOf(result)).toEqual([9, undefined, true, true, true, 5, 2, true, ['__proto__']]);
    for (const [what, told] of [
      ['() => 1', 'arguments[0] is a function'],
      ['{ a: [Symbol()] }', 'arguments[0].a[0] is a symbol'],
      ['Promise.resolve(1)', 'arguments[0] is a Promise'],
    ] as const) {
      const refused = await sandbox.run(js(`await host.echo(${what})`));
      expect(refused).toMatchObject({ success: false, error: { code: 'GUEST_ERROR' } });
      expect(refused.success ? '' : refused.error.guest?.message).toContain(told);
      expect(refused.report.calls).toEqual([]);
    }
  });

  it('take a copy of their arguments when they are called', async () => {
    await using sandbox = open();
    const result = await sandbox.run(
      js(
        'const list = [1]; const call = host.echo(list); list.push(2); [(await call)[0].length, list.length]',
      ),
    );
    expect(dataOf(result)).toEqual([1, 2]);
  });

  it('tell the guest of a HostFunctionError, and of nothing else', async () => {
    const thrown: unknown[] = [];
    await using sandbox = open(
      {},
      { onFunctionError: (error, { name }) => thrown.push([name, String(error)]) },
    );
    const attempt = (id: number): RunOptions =>
      js(`try { await host.crm.find({ id: ${id} }) } catch (e) { [e.name, e.message, e instanceof Error] }`);
    expect(dataOf(await sandbox.run(attempt(404)))).toEqual(['NotFound', 'there is no such customer', true]);
    expect(thrown).toEqual([]);
    const failed = await sandbox.run(attempt(500));
    expect(dataOf(failed)).toEqual(['HostFunctionFailed', 'crm.find failed', true]);
    expect(thrown).toEqual([['crm.find', 'Error: password=hunter2']]);
    expect(failed.report.calls).toMatchObject([{ outcome: 'failed', error: 'Error: password=hunter2' }]);
    const misfit = await sandbox.run(attempt(501));
    expect(dataOf(misfit)).toEqual(['HostFunctionFailed', 'crm.find failed', true]);
    expect(misfit.report.calls[0]?.error).toContain('does not fit the output schema');
  });

  it('are held to their input schema before the host sees anything', async () => {
    await using sandbox = open();
    const result = await sandbox.run(js(`try { await host.crm.find({ id: 'x' }) } catch (e) { e.message }`));
    expect(dataOf(result)).toContain('crm.find: the argument does not fit: /id');
    expect(result.report.calls).toMatchObject([{ name: 'crm.find', outcome: 'refused' }]);
    expect(result.report.logs).toEqual([]);
  });

  it('are denied unless the policy lists them, with the line that would allow it', async () => {
    await using sandbox = open();
    const result = await sandbox.run(js('await host.crm.remove(1)'));
    expect(codeOf(result)).toBe('POLICY_DENIED');
    expect(result.report.denials).toEqual([
      { kind: 'function', subject: 'crm.remove', hint: 'add "crm.remove" to policy.functions' },
    ]);
    expect(result.report.calls).toMatchObject([{ name: 'crm.remove', outcome: 'denied' }]);
    const wide = createSandbox({ policy: { functions: ['crm.*'] }, functions: FUNCTIONS });
    expect(dataOf(await wide.run(js('await host.crm.remove(1)')))).toBe(true);
    await wide.close();
  });

  it('are not there when nobody offers them', async () => {
    await using sandbox = createSandbox({ policy: { functions: ['crm.*'] } });
    expect(dataOf(await sandbox.run(js('typeof host')))).toBe('undefined');
    const imported = await sandbox.run(js(`import 'host:crm'; export default 1`));
    expect(codeOf(imported)).toBe('MODULE_DENIED');
    await using offering = open();
    expect(codeOf(await offering.run(js(`import 'host:other'; export default 1`)))).toBe('MODULE_DENIED');
    expect(dataOf(await offering.run(js('const host = 5; host')))).toBe(5);
  });

  it('answer iterables, pulled one by one and let go when the guest stops', async () => {
    let pulled = 0;
    let ended = false;
    await using sandbox = createSandbox({
      policy: { functions: ['count'] },
      functions: {
        async *count() {
          try {
            for (;;) yield ++pulled;
          } finally {
            ended = true;
          }
        },
      },
    });
    const result = await sandbox.run(
      js(
        'const seen = []; for await (const n of await host.count()) { seen.push(n); if (n === 3) break; } seen',
      ),
    );
    expect(dataOf(result)).toEqual([1, 2, 3]);
    expect(pulled).toBe(3);
    expect(ended).toBe(true);
    const rest = await sandbox.run(
      js(
        'const it = await host.count(); const [a, b] = await Promise.all([it.next(), it.next()]); await it.return(); [a, b, await it.next()]',
      ),
    );
    expect(dataOf(rest)).toEqual([
      { done: false, value: 4 },
      { done: false, value: 5 },
      { done: true, value: undefined },
    ]);
  });

  it('wait in `sync` where a thread can, and say so where it cannot', async () => {
    await using sandbox = open();
    const result = await sandbox.run(
      js(
        'let r; try { r = [host.add.sync(1, 2), host.crm.find.sync({ id: 1 }).name] } catch (e) { r = [e.name, e.message] } r',
      ),
    );
    if (canWait) expect(dataOf(result)).toEqual([3, 'Ada']);
    else
      expect(dataOf(result)).toEqual([
        'SyncUnavailable',
        expect.stringContaining('not cross-origin isolated'),
      ]);
  });
});

describe('host functions in Python', () => {
  it('wait when they are called', async ({ skip }) => {
    if (!canWait) skip(CANNOT_WAIT);
    await using sandbox = open();
    const result = await sandbox.run(
      python(`from host.crm import find
from host import add, echo
import host
found = find(id=7)
[found["name"], find({"id": 8})["id"], add(1, 2), echo(1, a=2), host.crm.find is find, list(host.crm.rows(3))]`),
    );
    expect(dataOf(result)).toEqual(['Ada', 8, 3, [1, { a: 2 }], true, [1, 2, 3]]);
  });

  it('say that only await can wait where no thread can', async ({ skip }) => {
    if (canWait) skip('threads can wait here');
    await using sandbox = open();
    const result = await sandbox.run(
      python(
        'from host import add\ntry:\n    add(1, 2)\nexcept Exception as e:\n    told = [type(e).__name__, str(e)]\ntold',
      ),
    );
    expect(dataOf(result)).toEqual(['SyncUnavailable', expect.stringContaining('await add.aio')]);
  });

  it('are awaited as aio, together and item by item', async () => {
    await using sandbox = open();
    const result = await sandbox.run(
      python(`import asyncio
from host.crm import find, rows
from host import add
a, b = await asyncio.gather(find.aio(id=4), add.aio(1, 2))
seen = []
async for n in await rows.aio(5):
    seen.append(n)
    if n == 2:
        break
[a["name"], b, seen]`),
    );
    expect(dataOf(result)).toEqual(['Ada', 3, [1, 2]]);
  });

  it('raise what the host says, by its name', async () => {
    await using sandbox = open();
    const result = await sandbox.run(
      python(`from citadel import HostError
from host.crm import find, remove
from host import add
async def told(call):
    try:
        await call
    except Exception as e:
        return [type(e).__name__, str(e), isinstance(e, HostError)]
[await told(find.aio(id=404)), await told(find.aio(id=500)), (await told(find.aio(id="x")))[0], (await told(add.aio(lambda: 1)))[1][:34], (await told(remove.aio(1)))[0]]`),
    );
    expect(dataOf(result)).toEqual([
      ['NotFound', 'there is no such customer', true],
      ['HostFunctionFailed', 'crm.find failed', true],
      'TypeError',
      'add: arguments[0] is a function; p',
      'Denied',
    ]);
    const denied = await sandbox.run(python('from host.crm import remove\nawait remove.aio(1)'));
    expect(codeOf(denied)).toBe('POLICY_DENIED');
    expect(denied.report.denials).toMatchObject([{ kind: 'function', subject: 'crm.remove' }]);
  });

  it('need no line in policy.modules.python, and are known to validate', async () => {
    await using sandbox = createSandbox({
      policy: { functions: ['add'], modules: { python: ['json'] } },
      functions: FUNCTIONS,
    });
    expect(dataOf(await sandbox.run(python('from host import add\nawait add.aio(1, 2)')))).toBe(3);
    const report = await sandbox.validate({
      runtime: 'python',
      code: 'import host\nfrom host.crm import find\n1',
    });
    expect(report.problems).toEqual([]);
  });
});

describe('host functions in native plugins', () => {
  it('are what an Extism plugin declares', async ({ skip }) => {
    if (!nativeWaits) skip(CANNOT_SUSPEND);
    await using sandbox = open();
    expect(dataOf(await sandbox.run(native(extism, 'find', { id: 3 })))).toMatchObject({
      id: 3,
      name: 'Ada',
    });
    expect(dataOf(await sandbox.run(native(extism, 'double', 21)))).toBe(42);
    notes.length = 0;
    expect(dataOf(await sandbox.run(native(extism, 'tell', 'hello')))).toBe('hello');
    expect(notes).toEqual(['hello']);
    const missing = await sandbox.run(native(extism, 'find', { id: 404 }));
    expect(missing).toMatchObject({
      success: false,
      error: { code: 'GUEST_ERROR', guest: { name: 'NotFound' } },
    });
    expect(codeOf(await sandbox.run(native(extism, 'lie', 1)))).toBe('GUEST_ERROR');
  });

  it('are refused by name when nobody offers them, and denied by the policy', async ({ skip }) => {
    if (!nativeWaits) skip(CANNOT_SUSPEND);
    await using bare = createSandbox();
    const result = await bare.run(native(extism, 'find', { id: 3 }));
    expect(result).toMatchObject({ success: false, error: { code: 'IMPORT_DENIED' } });
    expect(result.success ? '' : result.error.message).toContain('"crm_find"');
    await using strict = createSandbox({ functions: FUNCTIONS });
    const denied = await strict.run(native(extism, 'find', { id: 3 }));
    expect(codeOf(denied)).toBe('POLICY_DENIED');
    expect(denied.report.denials).toMatchObject([{ kind: 'function', subject: 'crm.find' }]);
  });

  it('are one import of the core interface', async ({ skip }) => {
    if (!nativeWaits) skip(CANNOT_SUSPEND);
    await using sandbox = open();
    const answer = async (input: string): Promise<unknown> =>
      dataOf(await sandbox.run(native(core, '', input)));
    expect(await answer('add [1,2]')).toEqual({ value: 3 });
    expect(await answer('note 5')).toEqual({ value: null });
    expect(await answer('echo')).toEqual({ value: [] });
    expect(await answer('crm.find [1]')).toEqual({
      error: { name: 'TypeError', message: expect.stringContaining('does not fit') },
    });
    const unknown = await sandbox.run(native(core, '', 'toString 1'));
    expect(unknown).toMatchObject({ success: false, error: { guest: { name: 'NoSuchFunction' } } });
  });
});

describe('the account of calls', () => {
  it('names each call, counts them, and adds what functions log', async () => {
    await using sandbox = open();
    const { report } = await sandbox.run(js('await host.crm.find({ id: 1 }); await host.add(1, 2)'));
    expect(report.calls).toMatchObject([
      { name: 'crm.find', outcome: 'ok', error: null },
      { name: 'add', outcome: 'ok', error: null },
    ]);
    for (const { atMs, ms, inputBytes, outputBytes } of report.calls) {
      expect(atMs).toBeGreaterThanOrEqual(0);
      expect(ms).toBeGreaterThanOrEqual(0);
      expect(inputBytes).toBeGreaterThan(4);
      expect(outputBytes).toBeGreaterThan(3);
    }
    expect(report.usage).toMatchObject({ calls: 2 });
    expect(report.logs).toMatchObject([{ level: 'info', text: 'looking for 1' }]);
  });

  it('keeps a thousand, and says how many more there were', async () => {
    await using sandbox = open({ functionCalls: 1_100 });
    const { report } = await sandbox.run(js('for (let i = 0; i < 1_010; i++) await host.add(i, 1); 1'));
    expect(report.usage.calls).toBe(1_010);
    expect(report.calls).toHaveLength(1_000);
    expect(report.truncations).toEqual([{ what: 'calls', dropped: 10, limit: '1000 calls' }]);
  });
});

describe('functions of one run', () => {
  it('are added to those of the sandbox, and replace those of the same name', async () => {
    await using sandbox = open();
    const own = { add: () => 'mine', extra: () => 'added' };
    const code = 'const r = [await host.add(1, 2), typeof host.extra]; r';
    expect(dataOf(await sandbox.run({ ...js(code), functions: own }))).toEqual(['mine', 'function']);
    expect(dataOf(await sandbox.run(js(code)))).toEqual([3, 'undefined']);
    const denied = await sandbox.run({ ...js('await host.extra()'), functions: own });
    expect(codeOf(denied)).toBe('POLICY_DENIED');
  });

  it('may be described by a Standard Schema, which may change what it is given', async () => {
    const schema = {
      '~standard': {
        version: 1 as const,
        vendor: 'test',
        validate: async (value: unknown) =>
          typeof value === 'string' ? { value: value.trim() } : { issues: [{ message: 'write a string' }] },
      },
    };
    await using sandbox = createSandbox({
      policy: { functions: ['shout'] },
      functions: { shout: { input: schema, call: (text: string) => `${text}!` } },
    });
    expect(dataOf(await sandbox.run(js(`await host.shout('  hey ')`)))).toBe('hey!');
    const refused = await sandbox.run(js(`try { await host.shout(1) } catch (e) { [e.name, e.message] }`));
    expect(dataOf(refused)).toEqual(['TypeError', 'shout: the argument does not fit: write a string']);
  });

  it.each([
    ['a name that is none', { 'a-b': () => 1 }, 'letters'],
    ['a name that promises have', Object.fromEntries([['then', () => 1]]), 'another name'],
    ['a name of the prototype', { constructor: () => 1 }, 'another name'],
    ['what is no function', { a: 5 }, 'must be a function'],
    ['a group too deep', { a: { b: { c: { d: { e: () => 1 } } } } }, 'deep'],
    ['two of one native name', { a: { b_c: () => 1 }, a_b: { c: () => 1 } }, 'native'],
    ['an unknown key', { a: { call: () => 1, timeout: 5 } }, 'timeout is unknown'],
    ['a time out of range', { a: { call: () => 1, timeoutMs: 0 } }, 'timeoutMs'],
    ['a schema with a regular expression', { a: { call: () => 1, input: { pattern: 'x' } } }, 'pattern'],
  ])('are refused with %s', (_, functions, told) => {
    expect(() => createSandbox({ functions: functions as never })).toThrow(told);
  });
});
