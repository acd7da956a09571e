/** Installed plugins, in every environment: signed, granted, run, replaced, removed. */
import { beforeAll, describe, expect, test } from 'vitest';
import {
  AuditLog,
  createApiKey,
  createPluginManager,
  generateKeys,
  indexedDbStore,
  type KeyPair,
  memorySink,
  memoryStore,
  type PluginManager,
  type PluginManagerOptions,
  type PluginStore,
  packPackage,
  signPackage,
  verifyAudit,
} from '../../src/plugins.ts';

let alice: KeyPair;
let bob: KeyPair;
beforeAll(async () => {
  [alice, bob] = [await generateKeys(), await generateKeys()];
});

interface Spec {
  readonly name?: string;
  readonly version?: string;
  readonly code?: string;
  readonly manifest?: object;
  readonly files?: Record<string, string>;
  readonly by?: KeyPair | null;
}

async function plugin({
  name = 'geo',
  version = '1.0.0',
  code = 'export default input => input;',
  manifest = {},
  files = {},
  by = alice,
}: Spec = {}): Promise<Uint8Array> {
  const archive = packPackage({
    'citadel.json': JSON.stringify({ name, version, runtime: 'javascript', entry: 'main.js', ...manifest }),
    'main.js': code,
    ...files,
  });
  return by === null ? archive : signPackage(archive, by.privateKey);
}

const manager = (options: PluginManagerOptions = {}): PluginManager =>
  createPluginManager({
    signature: { publicKeys: [{ key: alice.publicKey }, { key: bob.publicKey }] },
    ...options,
    policy: { ...options.policy, limits: { concurrency: 2, ...options.policy?.limits } },
  });

const codeOf = async (work: Promise<unknown>): Promise<string> => {
  try {
    const result = (await work) as { success?: boolean; error?: { code: string } } | undefined;
    return result?.success === false ? (result.error?.code ?? '') : 'ok';
  } catch (error) {
    return (error as { code?: string }).code ?? `threw ${String(error)}`;
  }
};

const inBrowser = typeof indexedDB !== 'undefined';
const STORES: readonly (readonly [string, (name: string) => Promise<PluginStore>])[] = [
  ['memory', async () => memoryStore()],
  ...(inBrowser ? ([['IndexedDB', (name: string) => indexedDbStore(name)]] as const) : []),
];

describe.each(STORES)('with a store in %s', (kind, open) => {
  test('installs, runs, upgrades and uninstalls', async () => {
    const store = await open('contract-life');
    await using plugins = manager({ store });
    await plugins.install(await plugin({ code: 'export default ({ value }) => value * 2;' }));
    expect(await plugins.execute('geo', { value: 21 })).toMatchObject({
      success: true,
      data: 42,
      plugin: { name: 'geo', version: '1.0.0' },
    });
    await plugins.upgrade(
      await plugin({ version: '1.1.0', code: 'export default ({ value }) => value * 3;' }),
    );
    expect(await plugins.execute('geo', { value: 21 })).toMatchObject({
      data: 63,
      plugin: { version: '1.1.0' },
    });
    expect(await plugins.list()).toMatchObject([
      { name: 'geo', version: '1.1.0', keyId: alice.publicKey.kid },
    ]);
    await plugins.uninstall('geo');
    expect(await codeOf(plugins.execute('geo', 1))).toBe('PLUGIN_NOT_FOUND');
    expect(await plugins.list()).toEqual([]);
    expect(await codeOf(plugins.install(await plugin({ version: '1.0.9' })))).toBe('VERSION_REFUSED');
  });

  test('SG-009 SG-012 two signers, one tampered, one rolled back, one wider', async () => {
    await using plugins = manager({ store: await open('contract-supply') });
    await plugins.install(await plugin({ name: 'one', version: '2.0.0' }));
    await plugins.install(await plugin({ name: 'two', by: bob }));
    expect((await plugins.list()).map(({ name, keyId }) => [name, keyId])).toEqual([
      ['one', alice.publicKey.kid],
      ['two', bob.publicKey.kid],
    ]);
    const tampered = await plugin({ name: 'three' });
    tampered[tampered.length >> 1] = (tampered[tampered.length >> 1] as number) ^ 1;
    expect(await codeOf(plugins.install(tampered))).toMatch(/ARCHIVE_INVALID|SIGNATURE_INVALID/);
    expect(await codeOf(plugins.install(await plugin({ name: 'three', by: null })))).toBe(
      'SIGNATURE_INVALID',
    );
    expect(await codeOf(plugins.install(await plugin({ name: 'three', by: await generateKeys() })))).toBe(
      'SIGNATURE_INVALID',
    );
    expect(await codeOf(plugins.upgrade(await plugin({ name: 'one', version: '1.9.9' })))).toBe(
      'VERSION_REFUSED',
    );
    expect(
      await codeOf(
        plugins.upgrade(await plugin({ name: 'one', version: '2.0.0', code: 'export default 666;' })),
      ),
    ).toBe('VERSION_REFUSED');
    expect(
      await codeOf(plugins.upgrade(await plugin({ name: 'one', version: '2.0.0-rc.1' }), { accept: true })),
    ).toBe('VERSION_REFUSED');
    const wider = await plugin({
      name: 'two',
      version: '1.1.0',
      by: bob,
      manifest: { permissions: { env: [{ name: 'REGION', reason: 'to know where' }] } },
    });
    await expect(plugins.upgrade(wider)).rejects.toMatchObject({
      code: 'PERMISSIONS_WIDENED',
      message: expect.stringContaining('new env REGION'),
    });
    expect((await plugins.list())[1]?.version).toBe('1.0.0');
    await plugins.upgrade(wider, { accept: true });
    expect((await plugins.list())[1]?.version).toBe('1.1.0');
    const taken = await plugin({
      name: 'two',
      version: '1.2.0',
      by: alice,
      manifest: { permissions: { env: [{ name: 'REGION', reason: 'x' }] } },
    });
    await expect(plugins.upgrade(taken)).rejects.toMatchObject({
      code: 'PERMISSIONS_WIDENED',
      message: expect.stringContaining('signer'),
    });
  });

  test('is there again for the next manager, verified anew', async () => {
    const first = await open('contract-again');
    const archive = await plugin({ name: 'kept' });
    await using one = manager({ store: first });
    await one.install(archive);
    await one.close();
    const second = kind === 'memory' ? first : await open('contract-again');
    await using two = manager({ store: second });
    expect(await codeOf(two.execute('kept', 1))).toBe('ok');
    const kid = alice.publicKey.kid;
    await using three = manager({
      store: second,
      signature: { publicKeys: [{ key: alice.publicKey }], revoked: { keys: [kid] } },
    });
    expect(await codeOf(three.execute('kept', 1))).toBe('SIGNATURE_INVALID');
  });
});

test('SG-014 only true approves', async () => {
  for (const answer of ['yes', 1, {}, null, undefined, Promise.resolve('true')]) {
    await using plugins = manager({ approve: () => answer as boolean });
    expect(await codeOf(plugins.install(await plugin()))).toBe('SIGNATURE_INVALID');
  }
  await using thrower = manager({
    approve: () => {
      throw new Error('no');
    },
  });
  expect(await codeOf(thrower.install(await plugin()))).toBe('SIGNATURE_INVALID');
  await using yes = manager({ approve: async ({ manifest }) => manifest.name === 'geo' });
  expect(await codeOf(yes.install(await plugin()))).toBe('ok');
});

describe('a grant', () => {
  const wishes = {
    permissions: {
      env: [
        { name: 'REGION', reason: 'r' },
        { name: 'HOME', reason: 'r' },
      ],
      modules: [{ name: 'money', reason: 'r' }],
    },
  };
  const policy = { env: { REGION: 'eu', SECRET: 'x' }, modules: { javascript: ['money', 'other'] } };
  const modules = { money: 'export const cents = x => x * 100;', other: 'export const x = 1;' };

  test('holds exactly what policy and manifest both name', async () => {
    await using plugins = manager({ policy, modules });
    await plugins.install(
      await plugin({
        manifest: wishes,
        code: "import { cents } from 'money'; export default () => [cents(1), Object.keys(env)];",
      }),
    );
    await plugins.install(await plugin({ name: 'greedy', code: "import 'other'; export default 1;" }));
    await plugins.install(await plugin({ name: 'bare', code: 'export default Object.keys(env);' }));
    expect(await plugins.execute('geo')).toMatchObject({ data: [100, ['REGION']] });
    expect(await codeOf(plugins.execute('greedy'))).toBe('MODULE_DENIED');
    expect(await plugins.execute('bare')).toMatchObject({ data: [] });
  });

  test('is cut down for a caller, and each keeps its own', async () => {
    await using plugins = manager({ policy, modules });
    await plugins.install(await plugin({ manifest: wishes, code: 'export default Object.keys(env);' }));
    const caller = (...scopes: string[]) => ({
      caller: { id: 'c', scopes: ['plugin:geo:execute', ...scopes] },
    });
    expect(await plugins.execute('geo', 1, caller())).toMatchObject({ data: ['REGION'] });
    expect(await plugins.execute('geo', 1, caller('power:modules'))).toMatchObject({ data: [] });
    expect(await plugins.execute('geo', 1, caller('power:env'))).toMatchObject({ data: ['REGION'] });
  });

  test('modules of the package itself are its own', async () => {
    await using plugins = manager();
    await plugins.install(
      await plugin({
        manifest: { modules: { util: 'lib/util.js' } },
        files: { 'lib/util.js': 'export const f = x => x + 1;' },
        code: "import { f } from 'util'; export default f;",
      }),
    );
    expect(await plugins.execute('geo', 41)).toMatchObject({ data: 42 });
  });
});

describe('callers', () => {
  test('GW-KEY-005 GW-KEY-012 a key does what its scopes say, with its own plugins', async () => {
    const one = createApiKey({ name: 'one', scopes: ['plugin:geo:execute'] });
    const all = createApiKey({
      name: 'all',
      scopes: ['plugin:*:execute', 'plugin:*:install', 'plugin:*:read'],
    });
    await using plugins = manager({ apiKeys: [one.record, all.record] });
    expect(await codeOf(plugins.install(await plugin()))).toBe('UNAUTHENTICATED');
    expect(await codeOf(plugins.install(await plugin(), { apiKey: one.key }))).toBe('FORBIDDEN');
    await plugins.install(await plugin(), { apiKey: all.key });
    await plugins.install(await plugin({ name: 'other' }), { apiKey: all.key });
    expect(await codeOf(plugins.execute('geo', 1, { apiKey: one.key }))).toBe('ok');
    expect(await codeOf(plugins.execute('other', 1, { apiKey: one.key }))).toBe('FORBIDDEN');
    expect(await codeOf(plugins.execute('missing', 1, { apiKey: one.key }))).toBe('FORBIDDEN');
    expect(await codeOf(plugins.execute('__proto__', 1, { apiKey: all.key }))).toBe('FORBIDDEN');
    expect(await codeOf(plugins.execute('missing', 1, { apiKey: all.key }))).toBe('PLUGIN_NOT_FOUND');
    expect(await codeOf(plugins.uninstall('geo', { apiKey: all.key }))).toBe('FORBIDDEN');
    expect(await plugins.list({ apiKey: one.key })).toEqual([]);
    expect(await codeOf(plugins.execute('geo', 1))).toBe('UNAUTHENTICATED');
    plugins.replaceKeys([{ ...one.record, revoked: true }, all.record]);
    expect(await codeOf(plugins.execute('geo', 1, { apiKey: one.key }))).toBe('UNAUTHENTICATED');
  });
});

describe('what crosses', () => {
  test('input is held to its size and its schema', async () => {
    await using plugins = manager({ input: { depth: 3 } });
    await plugins.install(
      await plugin({
        manifest: {
          input: {
            type: 'object',
            properties: { n: { type: 'integer', maximum: 10 } },
            required: ['n'],
            additionalProperties: false,
          },
        },
      }),
    );
    expect(await codeOf(plugins.execute('geo', { n: 10 }))).toBe('ok');
    for (const input of [
      { n: 11 },
      { n: 1.5 },
      {},
      { n: 1, m: 2 },
      { n: 1, toString: 1 },
      [],
      null,
      { n: [[[[1]]]] },
      new Map([['n', 1]]),
      JSON.parse('{"n":1,"__proto__":{"x":1}}'),
    ])
      expect(await codeOf(plugins.execute('geo', input))).toBe('INPUT_REFUSED');
  });

  test('output is held to its schema, and text for people is made safe', async () => {
    await using plugins = manager();
    await plugins.install(await plugin({ manifest: { output: { type: 'object', required: ['n'] } } }));
    expect(await codeOf(plugins.execute('geo', { n: 1 }))).toBe('ok');
    expect(await codeOf(plugins.execute('geo', { m: 1 }))).toBe('OUTPUT_REFUSED');
    const kinds = {
      html: '<b>hi</b><script>x</script>',
      markdown: '**hi** <script>x</script>',
      csv: 'a,=1+1',
      url: 'HTTPS://a.example',
    };
    for (const [content, text] of Object.entries(kinds)) {
      await plugins.install(await plugin({ name: content, manifest: { content } }));
      const result = await plugins.execute(content, text);
      if (!result.success) throw result.error;
      expect(result.data).toBe(
        {
          html: '<b>hi</b>',
          markdown: '<p><strong>hi</strong> &#x3C;script>x&#x3C;/script></p>\n',
          csv: "a,'=1+1",
          url: 'https://a.example/',
        }[content],
      );
    }
    expect(await codeOf(plugins.execute('url', 'javascript:alert(1)'))).toBe('OUTPUT_REFUSED');
    expect(await plugins.execute('html', ['<i>a', { x: '<img src=x onerror=y>' }])).toMatchObject({
      data: ['<i>a</i>', { x: '' }],
    });
    expect(await codeOf(plugins.execute('html', { '<script>': 'x' }))).toBe('OUTPUT_REFUSED');
  });
});

describe('together', () => {
  test('LIM-001 a flood of one plugin is cut off, and another is served in the middle of it', async () => {
    await using plugins = manager({ perPlugin: { inFlight: 50 } });
    await plugins.install(await plugin({ name: 'flood' }));
    await plugins.install(await plugin({ name: 'quiet' }));
    await plugins.execute('flood', 1);
    let flooded = 0;
    const flood = Array.from({ length: 10_000 }, () =>
      codeOf(plugins.execute('flood', 1)).then(code => {
        flooded++;
        return code;
      }),
    );
    const before = await plugins.execute('quiet', 2).then(result => ({ result, flooded }));
    expect(before.result).toMatchObject({ success: true, data: 2 });
    const codes = await Promise.all(flood);
    expect(codes.filter(code => code === 'ok')).toHaveLength(50);
    expect(codes.filter(code => code === 'QUEUE_FULL')).toHaveLength(9950);
  });

  test('many plugins share few cells, and one plugin never sees what another left', async () => {
    await using plugins = manager();
    const names = Array.from({ length: 6 }, (_, i) => `p${i}`);
    for (const name of names)
      await plugins.install(
        await plugin({
          name,
          code: `globalThis.seen ??= []; seen.push('${name}'); export default () => seen;`,
        }),
      );
    for (let round = 0; round < 2; round++) {
      const results = await Promise.all(names.map(name => plugins.execute(name)));
      expect(results.map(result => (result.success ? result.data : result.error.code))).toEqual(
        names.map(name => [name]),
      );
      expect(plugins.metrics().cells.bound).toBeLessThanOrEqual(2);
    }
    expect(plugins.metrics()).toMatchObject({
      runs: { ok: 12 },
      plugins: { loaded: 6 },
      cells: { budget: 2 },
      inFlight: 0,
    });
  });

  test('a rate of a plugin is kept', async () => {
    await using plugins = manager({ perPlugin: { rate: { burst: 3, perSecond: 0 } } });
    await plugins.install(await plugin());
    const codes = [];
    for (let i = 0; i < 4; i++) codes.push(await codeOf(plugins.execute('geo', i)));
    expect(codes).toEqual(['ok', 'ok', 'ok', 'RATE_LIMITED']);
  });

  test('closing ends what runs, and what comes later', async () => {
    const plugins = manager();
    await plugins.install(await plugin({ code: 'for (;;);' }));
    const running = codeOf(plugins.execute('geo'));
    await new Promise(resolve => setTimeout(resolve, 50));
    await plugins.close();
    expect(await running).toBe('CANCELLED');
    expect(await codeOf(plugins.execute('geo'))).toBe('CLOSED');
    expect(await codeOf(plugins.install(await plugin()))).toBe('CLOSED');
  });
});

test('every decision is in the log, in a chain, and no key is', async () => {
  const sink = memorySink();
  const audit = await AuditLog.open(sink, { secrets: ['hunter2hunter2'] });
  const { key, record } = createApiKey({ name: 'k', scopes: ['plugin:geo:execute', 'plugin:*:install'] });
  await using plugins = manager({ audit, apiKeys: [record] });
  await plugins.install(await plugin(), { apiKey: key });
  await plugins.execute('geo', 1, { apiKey: key, traceId: 'ab'.repeat(16) });
  await codeOf(plugins.execute(`other-hunter2hunter2`, 1, { apiKey: key }));
  await codeOf(plugins.install(await plugin({ name: 'bad', by: null }), { apiKey: key }));
  await audit.flush();
  expect(sink.records.map(({ kind }) => kind)).toEqual(['install', 'grant', 'run', 'denial', 'denial']);
  expect(sink.records[2]?.facts).toMatchObject({ trace: 'ab'.repeat(16), plugin: 'geo', outcome: 'ok' });
  const lines = sink.records.map(record => JSON.stringify(record));
  expect(lines.join('')).not.toContain(key);
  expect(lines.join('')).not.toContain('hunter2');
  expect(await verifyAudit(lines, audit.head)).toMatchObject({ ok: true, records: 5 });
  for (const [i, line] of lines.entries()) {
    expect(
      await verifyAudit(lines.with(i, line.replace('geo', 'gex').replace('"kind":"', '"kind":"x'))),
    ).toMatchObject({ ok: false, at: i + 1 });
    expect(await verifyAudit(lines.toSpliced(i, 1), audit.head)).toMatchObject({ ok: false });
  }
});
