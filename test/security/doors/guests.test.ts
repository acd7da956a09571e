/** Guests that attack the host through the functions it offers. A healthy run follows each. */
import { afterAll, describe, expect, it } from 'vitest';
import { type CallContext, createSandbox, HostFunctionError, type RunOptions } from '../../../src/index.ts';

const MiB = 1024 * 1024;
const seen: unknown[] = [];
let open = 0;
const hostile = new Error('secret-in-an-error');
Object.defineProperty(hostile, 'message', {
  get() {
    throw new Error('a getter of the host’s was called twice');
  },
});
const looped: unknown[] = [];
looped.push(looped);

const sandbox = createSandbox({
  policy: {
    functions: ['see', 'hang', 'give.*', 'fail.*', 'strict'],
    limits: {
      concurrency: 1,
      timeoutMs: 5_000,
      functionCalls: 2_000,
      functionInputBytes: 2 * MiB,
      functionOutputBytes: MiB,
    },
    env: { TOKEN: 'x' },
  },
  functions: {
    see: (...all: unknown[]) => {
      seen.push(...all);
      return all.length;
    },
    hang: {
      call: (_: unknown, { signal }: CallContext) => {
        open++;
        return new Promise(resolve => {
          signal.addEventListener('abort', () => {
            open--;
            resolve(1);
          });
        });
      },
    },
    secretly: { forbidden: () => 'never' },
    give: {
      function: () => () => 'code of the host',
      class: () => new (class Secret {})(),
      loop: () => looped,
      thenable: () => JSON.parse('{"then":"data"}') as unknown,
      deep: () => Array.from({ length: 900 }).reduce<unknown>(inner => [inner], 1),
      proxy: () =>
        new Proxy(
          {},
          {
            ownKeys() {
              throw new Error('secret-in-a-trap');
            },
          },
        ),
      much: () => 'x'.repeat(2 * MiB),
      symbol: () => Symbol('x'),
    },
    fail: {
      getter: () => {
        throw hostile;
      },
      value: () => {
        throw 'secret-text';
      },
      nothing: () => {
        throw undefined;
      },
      proxy: () => {
        throw new Proxy(new Error('x'), {
          get() {
            throw new Error('secret-in-a-trap');
          },
          getPrototypeOf() {
            throw new Error('secret-in-a-trap');
          },
        });
      },
      controls: () => {
        throw new HostFunctionError('red \u001b[31m\u202e\0', { name: 'Na\u001bme\n' });
      },
      long: () => {
        throw new HostFunctionError('m'.repeat(100_000), { name: 'n'.repeat(10_000) });
      },
      later: async () => {
        await null;
        throw new TypeError('secret-later');
      },
    },
    strict: {
      input: {
        type: 'object',
        properties: {
          list: {
            type: 'array',
            items: { anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'number' } }] },
          },
        },
        required: ['list'],
        additionalProperties: false,
      },
      call: (input: unknown) => {
        seen.push(input);
        return 'taken';
      },
    },
  },
});
afterAll(() => sandbox.close());

const js = (code: string): RunOptions => ({ runtime: 'javascript', code });
const TELL = (call: string): string =>
  `let r; try { r = await ${call} } catch (e) { r = [String(e.name), String(e.message)] } r`;

async function healthy(): Promise<void> {
  const before = seen.length;
  expect(await sandbox.run(js('await host.see(1, 2)'))).toMatchObject({ success: true, data: 2 });
  expect(seen.length).toBe(before + 2);
  expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
}

async function attempt(code: string): Promise<unknown> {
  const result = await sandbox.run(js(code));
  const said = JSON.stringify(result.success ? result.data : result.error, (_, value) =>
    typeof value === 'bigint' ? `${value}n` : value,
  );
  expect(said ?? '').not.toContain('secret-');
  await healthy();
  return result.success ? result.data : result.error.code;
}

describe('guests that flood', () => {
  it('with calls nobody awaits', async () => {
    expect(await attempt(`for (let i = 0; i < 10_000; i++) host.see(i).catch(() => {}); 'sent'`)).toBe(
      'sent',
    );
  });
  it('with calls that never end', async () => {
    expect(await attempt(`for (let i = 0; i < 2_500; i++) host.hang().catch(() => {}); 'sent'`)).toBe('sent');
    expect(open).toBe(0);
  });
  it('with arguments beyond the limit', async () => {
    const code = `let n = 0; const big = 'x'.repeat(300_000); for (let i = 0; i < 50; i++) await host.see(big).catch(() => n++); n`;
    expect(await attempt(code)).toBeGreaterThanOrEqual(43);
  });
  it('with one huge argument', async () => {
    expect(await attempt(TELL(`host.see('x'.repeat(5_000_000))`))).toEqual([
      'RangeError',
      expect.any(String),
    ]);
  });
  it('with answers beyond the limit', async () => {
    expect(await attempt(TELL('host.give.much()'))).toEqual([
      'RangeError',
      expect.stringContaining('functionOutputBytes'),
    ]);
  });
  it('with denied calls', async () => {
    expect(
      await attempt(
        `let n = 0; for (let i = 0; i < 3_000; i++) await host.secretly.forbidden().catch(() => n++); n`,
      ),
    ).toBe(3_000);
  });
  it('with iterators of calls in a busy loop', async () => {
    expect(await attempt(`host.hang(); for (;;) host.see(1).catch(() => {});`)).toMatch(
      /TIMEOUT|MEMORY_LIMIT/,
    );
    expect(open).toBe(0);
  });
});

describe('guests that send what looks like more than data', () => {
  it('as prototype keys', async () => {
    expect(
      await attempt(
        `await host.see(JSON.parse('{"__proto__": { "polluted": 1 }, "constructor": { "prototype": { "polluted": 1 } }}'))`,
      ),
    ).toBe(1);
    const sent = seen.find(
      one => typeof one === 'object' && one !== null && Object.hasOwn(one, '__proto__'),
    ) as object;
    expect(Object.getPrototypeOf(sent)).toBe(Object.prototype);
    expect((sent as { polluted?: unknown }).polluted).toBeUndefined();
  });
  it('as thenables', async () => {
    expect(await attempt('await host.see({ then: 1 })')).toBe(1);
    expect(await attempt(TELL('host.see({ then(resolve) { resolve(1) } })'))).toEqual([
      'TypeError',
      expect.stringContaining('function'),
    ]);
  });
  it('as getters', async () => {
    expect(
      await attempt(
        `let n = 0; const o = { get a() { n++; return {} } }; const r = ${'await host.see(o).catch(e => e.name)'}; [typeof r, n <= 2]`,
      ),
    ).toEqual([expect.any(String), true]);
  });
  it('as Proxies that lie', async () => {
    const trap = `new Proxy([], { get(t, k) { return k === 'length' ? 1e9 : t[k] }, ownKeys() { return ['length', '0'] } })`;
    expect(await attempt(TELL(`host.see(${trap})`))).toBeDefined();
  });
  it('as values nested too deeply', async () => {
    expect(await attempt(TELL(`host.see(Array.from({ length: 5000 }).reduce(i => [i], 1))`))).toBeDefined();
  });
  it('as values that contain themselves', async () => {
    expect(await attempt(`const a = []; a.push(a); ${TELL('host.see(a)')}`)).toEqual([
      'TypeError',
      expect.any(String),
    ]);
  });
  it('as containers that unfold', async () => {
    const bomb = `let a = [1]; for (let i = 0; i < 40; i++) a = [a, a]; ${TELL('host.see(a)')}`;
    expect(await attempt(bomb)).toBeDefined();
  });
  it('as a Map of keys that collide', async () => {
    expect(
      await attempt(TELL('host.see(new Map(Array.from({ length: 40_000 }, (_, i) => [i, i])))')),
    ).toEqual(['TypeError', expect.any(String)]);
  });
  it('as what no schema takes, however large', async () => {
    expect(
      await attempt(TELL(`host.strict({ list: Array.from({ length: 20_000 }, () => [1, 'x']) })`)),
    ).toEqual(['TypeError', expect.stringContaining('does not fit')]);
    expect(await attempt(TELL(`host.strict({ list: [], toString: 1 })`))).toEqual([
      'TypeError',
      expect.any(String),
    ]);
    expect(await attempt(TELL(`host.strict({ list: [] }, 'more')`))).toEqual([
      'TypeError',
      expect.stringContaining('one argument'),
    ]);
    expect(await attempt(TELL(`host.strict()`))).toEqual(['TypeError', expect.any(String)]);
  });
});

describe('guests that look for the host', () => {
  it.each(['function', 'class', 'loop', 'deep', 'proxy', 'symbol'])(
    'in an answer that is no data: %s',
    async name => {
      expect(await attempt(TELL(`host.give.${name}()`))).toEqual([
        'HostFunctionFailed',
        `give.${name} failed`,
      ]);
    },
  );
  it('in an answer that looks like a promise', async () => {
    expect(await attempt('await host.give.thenable()')).toEqual(JSON.parse('{"then":"data"}'));
  });
  it.each(['getter', 'value', 'nothing', 'proxy', 'later'])('in what a function throws: %s', async name => {
    expect(await attempt(TELL(`host.fail.${name}()`))).toEqual(['HostFunctionFailed', `fail.${name} failed`]);
  });
  it('in the text of an error, which is clean and short', async () => {
    expect(await attempt(TELL('host.fail.controls()'))).toEqual([
      'Na\ufffdme ',
      'red \ufffd[31m\ufffd\ufffd',
    ]);
    const [name, message] = (await attempt(TELL('host.fail.long()'))) as [string, string];
    expect([name.length, message.length]).toEqual([256, 4_096]);
  });
  it('along prototypes of the functions', async () => {
    expect(
      await attempt(
        `const ask = f => { try { return f.constructor('1'); } catch (error) { return error.name; } };
        const f = host.see; [ask(f), Object.getPrototypeOf(host) === null, Object.isFrozen(host), ask(f.sync)]`,
      ),
    ).toEqual(['EvalError', true, true, 'EvalError']);
  });
  it('by names that every object has', async () => {
    expect(
      await attempt(
        `[host.constructor, host.__proto__, host.toString, host.give.hasOwnProperty, typeof host.nobody]`,
      ),
    ).toEqual([undefined, undefined, undefined, undefined, 'undefined']);
  });
  it('with a poisoned realm', async () => {
    const code = `Object.prototype.get = () => 1; Promise.prototype.then = function () { return 'mine' };
      Array.prototype[0] = 'x'; Map.prototype.get = () => null; Reflect.apply = () => 0;
      const p = host.see('clean'); 'still here'`;
    expect(await attempt(code)).toBe('still here');
    expect(seen).toContain('clean');
  });
  it('with secrets, which stay placeholders', async () => {
    const value = 'the-real-value-of-it';
    const given: unknown[] = [];
    const own = createSandbox({
      policy: { functions: ['see'], secrets: { KEY: { hosts: ['api.example.com'] } } },
      secrets: { KEY: value },
      functions: { see: (text: unknown) => void given.push(text) },
    });
    await own.run(js('await host.see(env.KEY)'));
    await own.close();
    expect(given).toHaveLength(1);
    expect(given[0]).not.toContain(value);
  });
});

describe('guests in Python that attack doors', () => {
  it.each([
    [
      'names of functions',
      `import host\nhost.__dict__["see"]._index = 99\ntry:\n    host.see(1)\nexcept Exception as e:\n    r = type(e).__name__\nr`,
    ],
    [
      'the device',
      `import os\nfd = os.open("/dev/net", os.O_RDWR)\nfor bad in (b"", b"\\4", b"\\4\\2" + b"\\0" * 4, b"\\4\\2" + b"\\xff" * 200, b"\\4\\0\\0\\0\\0\\0" + b"\\0" * 4 + b"v["):\n    try:\n        os.write(fd, bad)\n    except OSError:\n        pass\n"written"`,
    ],
    [
      'marshalled code',
      `import os, marshal, struct\nfd = os.open("/dev/net", os.O_RDWR)\ntry:\n    os.write(fd, struct.pack("<BBII", 4, 2, 0, 4) + b"v" + marshal.dumps([compile("1", "", "eval")]))\nexcept OSError:\n    pass\n"refused"`,
    ],
  ])('by %s', async (_, code) => {
    const result = await sandbox.run({ runtime: 'python', code, limits: { timeoutMs: 5_000 } });
    expect(result.success || result.error.code === 'GUEST_ERROR').toBe(true);
    expect(result.report.terminated).toBe(false);
    await healthy();
  });
});
