import vm from 'node:vm';
import { describe, expect, test } from 'vitest';
import { SandboxError } from '../../../src/core/errors.ts';
import { DEFAULT_LIMITS, LIMIT_NAMES, LIMITS } from '../../../src/core/limits.ts';
import { DEFAULT_NETWORK_LIMITS } from '../../../src/policy/egress/index.ts';
import { DEFAULT_BLOCKED_FUNCTIONS, parsePolicy } from '../../../src/policy/index.ts';

function refusal(policy: unknown): { code: string; message: string } {
  try {
    parsePolicy(policy);
  } catch (error) {
    if (error instanceof SandboxError) return { code: error.code, message: error.message };
    throw error;
  }
  throw new Error('the policy was accepted');
}

const EMPTY = {
  network: {
    allow: [],
    deny: [],
    allowIp: [],
    denyIp: [],
    allowHeaders: [],
    dnsPinned: false,
    limits: DEFAULT_NETWORK_LIMITS,
  },
  secrets: {},
  modules: { javascript: [], python: null },
  files: { read: [], write: [] },
  functions: [],
  env: {},
  blockedFunctions: DEFAULT_BLOCKED_FUNCTIONS,
  limits: DEFAULT_LIMITS,
};

describe('parsePolicy fills in the defaults', () => {
  test.each([
    ['nothing', undefined],
    ['an empty object', {}],
    ['absent parts', { network: undefined, modules: {}, env: undefined, limits: { fuel: undefined } }],
    ['an empty list of hosts', { network: { allow: [] } }],
    ['an object without a prototype', Object.create(null)],
    ['an object of another realm', vm.runInNewContext('({ limits: {}, modules: { javascript: [] } })')],
  ])('for %s', (_, policy) => {
    expect(parsePolicy(policy)).toEqual(EMPTY);
  });

  test('and keeps an empty blockedFunctions empty', () => {
    expect(parsePolicy({ blockedFunctions: [] }).blockedFunctions).toEqual([]);
  });
});

test('parsePolicy keeps what is given, and each name once', () => {
  const policy = {
    modules: {
      javascript: ['lodash', '@scope/name/deep', 'lodash'],
      python: ['json', 'urllib.parse', 'json'],
    },
    env: { API_BASE: 'x'.repeat(10_000), _1: '', constructor: 'a' },
    blockedFunctions: ['eval', 'Math.random', '$.a'],
    limits: { timeoutMs: 7 },
  };
  expect(parsePolicy(policy)).toEqual({
    ...EMPTY,
    modules: { javascript: ['lodash', '@scope/name/deep'], python: ['json', 'urllib.parse'] },
    env: policy.env,
    blockedFunctions: policy.blockedFunctions,
    limits: { ...DEFAULT_LIMITS, timeoutMs: 7 },
  });
});

test('parsePolicy answers with something frozen that shares nothing with the input', () => {
  const policy = {
    modules: { javascript: ['a'] },
    env: { A: 'b' },
    blockedFunctions: ['eval'],
    limits: { timeoutMs: 5 },
  };
  const parsed = parsePolicy(policy);
  policy.modules.javascript.push('b');
  policy.env.A = 'c';
  policy.limits.timeoutMs = 6;
  expect(parsed).toMatchObject({ modules: { javascript: ['a'] }, env: { A: 'b' }, limits: { timeoutMs: 5 } });
  const frozen = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    expect(Object.isFrozen(value)).toBe(true);
    for (const part of Object.values(value)) frozen(part);
  };
  frozen(parsed);
  frozen(parsePolicy(undefined));
});

describe.each(LIMIT_NAMES.map(name => [name, LIMITS[name]] as const))(
  'policy.limits.%s',
  (name, { min, ceiling }) => {
    const resolved = (value: unknown): number => parsePolicy({ limits: { [name]: value } }).limits[name];

    test('is accepted at its floor and its ceiling', () => {
      expect(resolved(min)).toBe(min);
      expect(resolved(ceiling)).toBe(ceiling);
    });

    test.each([
      min - 1,
      ceiling + 1,
      -1,
      Number.NaN,
      Number.POSITIVE_INFINITY,
      Number.NEGATIVE_INFINITY,
      2 ** 53,
      min + 0.5,
      '1',
      null,
      true,
      [1],
      {},
    ])('is refused as %j', value => {
      expect(() => resolved(value)).toThrow(
        expect.objectContaining({
          code: 'LIMIT_OUT_OF_RANGE',
          message: expect.stringMatching(
            new RegExp(`^policy\\.limits\\.${name} must be an integer from ${min} to ${ceiling}, got `),
          ),
        }),
      );
    });
  },
);

describe('parsePolicy suggests the key that was meant', () => {
  test.each([
    [{ timeout: 5 }, 'policy.timeout is unknown; did you mean policy.limits.timeoutMs?'],
    [{ timeoutMs: 5 }, 'policy.timeoutMs is unknown; did you mean policy.limits.timeoutMs?'],
    [{ memory: 5 }, 'policy.memory is unknown; did you mean policy.limits.memoryBytes?'],
    [{ max_memory: 5 }, 'policy.max_memory is unknown; did you mean policy.limits.memoryBytes?'],
    [{ allowNetwork: true }, 'policy.allowNetwork is unknown; did you mean policy.network.allow?'],
    [{ allowedModules: [] }, 'policy.allowedModules is unknown; did you mean policy.modules.javascript?'],
    [{ envVars: {} }, 'policy.envVars is unknown; did you mean policy.env?'],
    [{ blockedFunction: [] }, 'policy.blockedFunction is unknown; did you mean policy.blockedFunctions?'],
    [{ limit: {} }, 'policy.limit is unknown; did you mean policy.limits?'],
    [
      { modules: { javscript: [] } },
      'policy.modules.javscript is unknown; did you mean policy.modules.javascript?',
    ],
    [{ network: { allowed: [] } }, 'policy.network.allowed is unknown; did you mean policy.network.allow?'],
    [{ limits: { timeout: 5 } }, 'policy.limits.timeout is not a limit; did you mean limits.timeoutMs?'],
    [
      { limits: { memorybytes: 5 } },
      'policy.limits.memorybytes is not a limit; did you mean limits.memoryBytes?',
    ],
  ])('%j', (policy, message) => {
    expect(refusal(policy)).toEqual({ code: 'POLICY_INVALID', message });
  });

  test('and lists the known keys when it has no idea', () => {
    expect(refusal({ zzz: 1 }).message).toBe(
      'policy.zzz is unknown; known are network, secrets, modules, files, functions, env, blockedFunctions, limits',
    );
    expect(refusal({ limits: { zzz: 1 } }).message).toContain('known are timeoutMs, ');
    expect(refusal({ '\u202e"\n': 1 }).message).toMatch(/^policy\["\ufffd\\" "\] is unknown/);
    expect(refusal({ ['a'.repeat(1e6)]: 1 }).message.length).toBeLessThan(200);
  });
});

describe('parsePolicy refuses', () => {
  const entries = (count: number): string[] => Array.from({ length: count }, (_, i) => `a${i}`);
  test.each<[unknown, string]>([
    [null, 'policy must be an object, got null'],
    ['{}', 'policy must be an object, got string'],
    [[], 'policy must be an object, got an array'],
    [() => {}, 'policy must be plain JSON, got a function'],
    [new Map(), 'policy must be a plain object'],
    [{ modules: ['a'] }, 'policy.modules must be an object, got an array'],
    [{ modules: { javascript: 'a' } }, 'policy.modules.javascript must be an array of strings, got string'],
    [
      { modules: { python: ['a-b'] } },
      'policy.modules.python[0] must be a module such as "json" or "urllib.parse", got "a-b"',
    ],
    [
      { modules: { python: ['a..b'] } },
      'policy.modules.python[0] must be a module such as "json" or "urllib.parse", got "a..b"',
    ],
    [{ modules: { javascript: [1] } }, 'policy.modules.javascript[0] must be a string, got number'],
    [
      { modules: { javascript: [''] } },
      'policy.modules.javascript[0] must be a module name of 1 to 256 characters',
    ],
    [
      { modules: { javascript: ['x'.repeat(257)] } },
      'policy.modules.javascript[0] must be a module name of 1 to 256',
    ],
    [
      { modules: { javascript: entries(101) } },
      'policy.modules.javascript must have at most 100 entries, got 101',
    ],
    [
      { modules: { javascript: ['a', 'node:fs'] } },
      'policy.modules.javascript[1] must be a bare module name, not a URL',
    ],
    [
      { modules: { javascript: ['https://a/b.js'] } },
      'policy.modules.javascript[0] must be a bare module name, not a',
    ],
    [
      { modules: { javascript: ['./a'] } },
      'policy.modules.javascript[0] must be a bare module name, not a path',
    ],
    [
      { modules: { javascript: ['/a'] } },
      'policy.modules.javascript[0] must be a bare module name, not a path',
    ],
    [{ modules: { javascript: ['a\0b'] } }, 'policy.modules.javascript[0] must not contain spaces'],
    [
      { modules: { javascript: ['a\\b'] } },
      'policy.modules.javascript[0] must not contain spaces, backslashes',
    ],
    [{ env: { 'A-B': '' } }, 'policy.env["A-B"] must be named with letters'],
    [{ env: { '': '' } }, 'policy.env[""] must be named with letters'],
    [JSON.parse('{"env":{"__proto__":"x"}}'), 'policy.env.__proto__ must be named with letters'],
    [{ env: { ['a'.repeat(101)]: '' } }, 'must be named with letters, digits and _, at most 100 characters'],
    [{ env: { A: 1 } }, 'policy.env.A must be a string, got number'],
    [{ env: { A: 'x'.repeat(10_001) } }, 'policy.env.A must have at most 10000 characters, got 10001'],
    [{ env: { A: 'a\0' } }, 'policy.env.A must not contain NUL'],
    [
      { env: Object.fromEntries(entries(101).map(key => [key, ''])) },
      'policy.env must have at most 100 entries',
    ],
    [{ blockedFunctions: ['a b'] }, 'policy.blockedFunctions[0] must be a name or a dotted path'],
    [{ blockedFunctions: ['a.'] }, 'policy.blockedFunctions[0] must be a name or a dotted path'],
    [{ blockedFunctions: [''] }, 'policy.blockedFunctions[0] must be a name or a dotted path'],
    [{ blockedFunctions: ['x'.repeat(101)] }, 'policy.blockedFunctions[0] must have at most 100 characters'],
    [{ blockedFunctions: entries(101) }, 'policy.blockedFunctions must have at most 100 entries, got 101'],
    [{ limits: [] }, 'policy.limits must be an object, got an array'],
    [JSON.parse('{"__proto__":{"limits":{}}}'), 'policy.__proto__ is unknown'],
  ])('%j', (policy, message) => {
    const found = refusal(policy);
    expect(found.code).toBe('POLICY_INVALID');
    expect(found.message).toContain(message);
  });

  test('a secret under the name of a variable', () => {
    expect(refusal({ env: { TOKEN: 'x' }, secrets: { TOKEN: { hosts: ['example.com'] } } })).toEqual({
      code: 'POLICY_INVALID',
      message: 'policy.env and policy.secrets both name TOKEN: a plugin sees a secret as that variable',
    });
  });
});

describe('parsePolicy accepts at the edge', () => {
  const entries = (count: number): string[] => Array.from({ length: count }, (_, i) => `a${i}`);
  test.each([
    [{ modules: { javascript: ['x'.repeat(256)] } }],
    [{ modules: { javascript: entries(100) } }],
    [{ env: { ['a'.repeat(100)]: '' } }],
    [{ env: Object.fromEntries(entries(100).map(key => [key, ''])) }],
    [{ blockedFunctions: entries(100) }],
    [{ blockedFunctions: ['x'.repeat(100)] }],
  ])('case %#', policy => {
    expect(() => parsePolicy(policy)).not.toThrow();
  });
});

describe('parsePolicy survives a hostile object (LIM-010)', () => {
  test('that contains itself', () => {
    const policy: { limits: unknown } = { limits: {} };
    policy.limits = policy;
    expect(refusal(policy).message).toMatch(/nested too deeply, or contains itself$/);
  });

  test('whose properties throw', () => {
    const getter = {
      get limits(): never {
        throw new Error('no');
      },
    };
    expect(refusal(getter)).toEqual({ code: 'POLICY_INVALID', message: 'policy could not be read' });
    const proxy = new Proxy(
      {},
      {
        getPrototypeOf() {
          throw new Error('no');
        },
      },
    );
    expect(refusal({ env: proxy })).toEqual({
      code: 'POLICY_INVALID',
      message: 'policy.env could not be read',
    });
  });

  test('that changes its answer: each property is read once', () => {
    let reads = 0;
    const limits = {
      get timeoutMs(): number {
        return ++reads;
      },
    };
    expect(parsePolicy({ limits }).limits.timeoutMs).toBe(1);
    expect(reads).toBe(1);
  });

  test('with an endless list', () => {
    const list = new Proxy([], { get: (_, key) => (key === 'length' ? 2 ** 32 - 1 : 'a') });
    expect(refusal({ blockedFunctions: list }).message).toBe(
      'policy.blockedFunctions has 4294967295 entries; at most 1000',
    );
  });

  test('without polluting anything', () => {
    refusal(JSON.parse('{"env":{"__proto__":{"polluted":1}}}'));
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
  });
});
