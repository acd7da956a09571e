/**
 * Hostile or careless callers' options: values no limit may have, getters that change their mind, prototypes that
 * pretend. What was checked is what is used.
 */
import { afterAll, describe, expect, it } from 'vitest';
import {
  createSandbox,
  LIMITS,
  type LimitName,
  SandboxError,
  type Value,
  validate,
} from '../../src/index.ts';
import { codeOf, dataOf, js, make } from './support.ts';

const sandbox = make();
afterAll(() => sandbox.close());

const NOT_LIMITS: readonly unknown[] = [
  Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -1, -0.5, 1.5, 2 ** 53, 2 ** 64, '1', '5s', '', null, true, [], [5],
  {}, { valueOf: () => 5 }, 5n, Symbol('5'), () => 5, new Date(5), Object(5),
]; // biome-ignore format: a list

describe('an option of a caller', () => {
  it.each(['timeoutMs', 'maxExecutionTimeMs', 'fuel', 'memoryBytes', 'queueLength'] as const)(
    'is refused when limits.%s is no whole number within its range (LIM-008)',
    async name => {
      for (const value of NOT_LIMITS) {
        const make = () => createSandbox({ policy: { limits: { [name]: value as number } } });
        expect(make, String(value)).toThrow(SandboxError);
        expect(make, String(value)).toThrow(expect.objectContaining({ fault: 'caller' }));
        if (name === 'queueLength') continue;
        await expect(sandbox.run(js('1', { limits: { [name]: value as number } }))).rejects.toMatchObject({
          fault: 'caller',
        });
      }
    },
  );

  it('is held to the floor and the ceiling of each limit, both included', () => {
    for (const name of Object.keys(LIMITS) as LimitName[]) {
      const { min, ceiling } = LIMITS[name];
      if (name !== 'stackBytes')
        expect(() => createSandbox({ policy: { limits: { [name]: ceiling } } })).not.toThrow();
      expect(() => createSandbox({ policy: { limits: { [name]: min } } })).not.toThrow();
      expect(() => createSandbox({ policy: { limits: { [name]: min - 1 } } })).toThrow();
      expect(() => createSandbox({ policy: { limits: { [name]: ceiling + 1 } } })).toThrow();
    }
  });

  it('is not taken from a prototype (LIM-010)', async () => {
    const inherited = Object.create({ limits: { timeoutMs: -1 }, code: 'throw 1' }) as Record<
      string,
      unknown
    >;
    Object.assign(inherited, { runtime: 'javascript', code: '2' });
    // Either the inherited limit counts, and is refused, or it does not: it never half counts.
    const outcome = await sandbox.run(inherited as never).then(
      result => dataOf(result),
      (error: SandboxError) => error.fault,
    );
    expect([2, 'caller']).toContain(outcome);
    const named = JSON.parse('{"runtime":"javascript","code":"1","__proto__":{"timeoutMs":1}}') as never;
    await expect(sandbox.run(named)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    expect(() => createSandbox(JSON.parse('{"__proto__":{"policy":{}}}') as never)).toThrow(/__proto__/);
    expect(() => createSandbox({ policy: JSON.parse('{"__proto__":{"env":{}}}') as never })).toThrow(
      /__proto__/,
    );
  });

  it('is read once, so that it cannot change after it was checked (LIM-010)', async () => {
    const reads = new Map<string, number>();
    const twice = <T>(name: string, first: T, later: unknown): T => {
      const n = (reads.get(name) ?? 0) + 1;
      reads.set(name, n);
      return n === 1 ? first : (later as T);
    };
    const options = {
      runtime: 'javascript' as const,
      get code() {
        return twice('code', 'input', 'throw 1');
      },
      get input(): Value {
        return twice<Value>('input', 'fine', () => {});
      },
      get fileName() {
        return twice('fileName', 'a.js', 5);
      },
    };
    expect(dataOf(await sandbox.run(options))).toBe('fine');
    const policy = {
      get limits() {
        return twice('limits', { concurrency: 1 }, { concurrency: 1e9 });
      },
      get env() {
        return twice('env', { A: '1' }, { A: 5 });
      },
    };
    await using other = createSandbox({ policy: policy as never });
    expect(dataOf(await other.run(js('env.A')))).toBe('1');
  });

  it('that throws when read is the caller’s mistake, not a crash', async () => {
    const hostile = { get env() { throw new Error('mine') } }; // biome-ignore format: one thing
    expect(() => createSandbox({ policy: hostile as never })).toThrow(
      expect.objectContaining({ code: 'POLICY_INVALID' }),
    );
    const proxy = new Proxy({}, { ownKeys: () => { throw new Error('mine') } }); // biome-ignore format: one thing
    expect(() => createSandbox({ policy: { env: proxy } as never })).toThrow(
      expect.objectContaining({ code: 'POLICY_INVALID' }),
    );
    const cyclic: Record<string, unknown> = {};
    cyclic['env'] = cyclic;
    expect(() => createSandbox({ policy: cyclic as never })).toThrow(SandboxError);
  });

  it.each([[undefined], [null], ['code'], [5], [[]], [() => 1], [new Map()]])(
    'is refused when it is %s',
    async options => {
      await expect(sandbox.run(options as never)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
      if (options !== undefined && !(options instanceof Map)) {
        expect(() => createSandbox(options as never)).toThrow(
          expect.objectContaining({ code: 'INVALID_ARGUMENT' }),
        );
      }
      expect(() => validate(options as never)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
    },
  );

  it('in an input is data, whatever it calls itself', async () => {
    const input = JSON.parse(
      '{"__proto__":{"a":1},"constructor":{"prototype":{"b":2}},"toJSON":1,"then":2}',
    ) as Value;
    const code = '[Object.keys(input), typeof input.hasOwnProperty, ({}).a, ({}).b]';
    expect(dataOf(await sandbox.run(js(code, { input })))).toEqual([
      ['__proto__', 'constructor', 'toJSON', 'then'],
      'function',
      undefined,
      undefined,
    ]);
  });

  it('that floods the sandbox meets its queue, and nobody waits for ever (LIM-001)', async () => {
    await using small = make({ concurrency: 1, queueLength: 50 });
    const answers = await Promise.all(Array.from({ length: 2000 }, () => small.run(js('1'))));
    expect(new Set(answers.map(codeOf))).toEqual(new Set(['ok', 'QUEUE_FULL']));
    expect(dataOf(await small.run(js('2')))).toBe(2);
  });

  it('leaves the sandbox usable after every mistake', async () => {
    expect(dataOf(await sandbox.run(js('1')))).toBe(1);
  });
});
