/** Host functions of installed plugins: granted, told whose call it is, and on record. */
import { expect, test } from 'vitest';
import {
  AuditLog,
  createPluginManager,
  type Manifest,
  memorySink,
  type PluginManager,
  packPackage,
} from '../../src/plugins.ts';

const archive = (name: string, functions: readonly string[], code: string): Uint8Array =>
  packPackage({
    'citadel.json': JSON.stringify({
      name,
      version: '1.0.0',
      runtime: 'javascript',
      entry: 'main.js',
      permissions: { functions: functions.map(one => ({ name: one, reason: 'to work' })) },
    } satisfies Partial<Record<keyof Manifest, unknown>>),
    'main.js': code,
  });

test('a plugin calls what it was granted, and every call is in the audit log', async () => {
  const sink = memorySink();
  const audit = await AuditLog.open(sink);
  const plugins: string[] = [];
  await using manager: PluginManager = createPluginManager({
    policy: { functions: ['crm.*'] },
    signature: { required: false },
    functions: {
      crm: {
        find: function (this: { readonly plugin: string }, id: number) {
          plugins.push(this.plugin);
          return id * 2;
        },
        remove: () => true,
      },
      mail: { send: () => true },
    },
    audit,
  });
  const code = `export default async input => [await host.crm.find(input), await Promise.allSettled([host.crm.remove(1), host.mail.send(1)]).then(all => all.map(one => one.status))];`;
  await manager.install(archive('asker', ['crm.find', 'mail.send'], code));
  const result = await manager.execute('asker', 21);
  expect(result).toMatchObject({ success: true, data: [42, ['rejected', 'rejected']] });
  expect(plugins).toEqual(['asker']);
  expect(result.report.denials.map(({ subject }) => subject)).toEqual(['crm.remove', 'mail.send']);
  await audit.flush();
  const calls = sink.records.filter(({ kind }) => kind === 'call').map(({ facts }) => facts);
  expect(calls).toMatchObject([
    { plugin: 'asker', function: 'crm.find', outcome: 'ok', trace: result.traceId },
    { plugin: 'asker', function: 'crm.remove', outcome: 'denied' },
    { plugin: 'asker', function: 'mail.send', outcome: 'denied' },
  ]);
});

test('a caller who keeps the power to itself passes on no function', async () => {
  await using manager = createPluginManager({
    policy: { functions: ['add'] },
    signature: { required: false },
    functions: { add: (a: number, b: number) => a + b },
  });
  await manager.install(archive('adder', ['add'], 'export default () => host.add(1, 2);'));
  const scopes = ['plugin:*:execute'];
  expect(await manager.execute('adder', null, { caller: { id: 'all', scopes } })).toMatchObject({ data: 3 });
  const none = await manager.execute('adder', null, {
    caller: { id: 'none', scopes: [...scopes, 'power:network'] },
  });
  expect(none).toMatchObject({ success: false, error: { code: 'POLICY_DENIED' } });
  const some = { id: 'some', scopes: [...scopes, 'power:functions'] };
  expect(await manager.execute('adder', null, { caller: some })).toMatchObject({ data: 3 });
});

test('a manager refuses functions that are none when it is made', () => {
  expect(() => createPluginManager({ functions: { 'a-b': () => 1 } })).toThrow('a-b');
});
