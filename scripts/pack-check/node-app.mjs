/** What a program in Node.js does with the installed package; copied into a fresh project and run there. */
import assert from 'node:assert/strict';
import { capabilities, createSandbox, SandboxError, validate } from 'citadel-sandbox';
import { hasScope } from 'citadel-sandbox/gateway';
import { sanitizeHtml } from 'citadel-sandbox/gateway/content';
import { checkSql } from 'citadel-sandbox/gateway/sql';
import { createPluginManager, generateKeys, packPackage, signPackage } from 'citadel-sandbox/manager';
import { directoryStore } from 'citadel-sandbox/manager/node';
import { createWorkflowEngine, openSqlite } from 'citadel-sandbox/workflow';

assert.equal(capabilities().platform, 'node');
await using sandbox = createSandbox({ policy: { limits: { timeoutMs: 500 } } });

const lines = [];
const healthy = await sandbox.run({
  runtime: 'javascript',
  code: 'export default async ({ value }) => { console.log("doubling", value); return { doubled: value * 2 }; }',
  input: { value: 21 },
  onLog: ({ text }) => lines.push(text),
});
assert.deepEqual(healthy.success && healthy.data, { doubled: 42 }, JSON.stringify(healthy));
assert.deepEqual(lines, ['doubling 21']);

const typed = await sandbox.run({
  runtime: 'javascript',
  language: 'typescript',
  code: 'const twice = (n: number): number => n * 2;\nreturn twice(input as number)',
  input: 4,
});
assert.equal(typed.success && typed.data, 8, JSON.stringify(typed));

const endless = await sandbox.run({ runtime: 'javascript', code: 'for (;;);' });
assert.equal(!endless.success && endless.error.code, 'TIMEOUT', JSON.stringify(endless));

const reach = await sandbox.run({ runtime: 'javascript', code: 'return typeof process + typeof require' });
assert.equal(reach.success && reach.data, 'undefinedundefined', JSON.stringify(reach));

const hex = '0061736d0100000001070160027f7f017f030201000707010361646400000a09010700200020016a0b';
const module = Uint8Array.from(Buffer.from(hex, 'hex'));
const native = await sandbox.run({ runtime: 'wasm', code: module, input: [20, 22] });
assert.equal(native.data, 42);

const python = await sandbox.run({
  runtime: 'python',
  code: 'import json\ndef main(input): return json.loads(json.dumps(input))["value"] * 2',
  input: { value: 21 },
});
assert.equal(python.success && python.data, 42, JSON.stringify(python));

assert.equal(validate({ runtime: 'javascript', code: 'return 1 +' }).valid, false);
await assert.rejects(sandbox.run({ runtime: 'javascript', code: '1', surprise: true }), SandboxError);

const author = await generateKeys();
const plugins = createPluginManager({
  store: await directoryStore(`plugins-${process.version}`),
  signature: { publicKeys: [{ key: author.publicKey }] },
});
const manifest = { name: 'double', version: '1.0.0', runtime: 'javascript', entry: 'main.js' };
const archive = packPackage({
  'citadel.json': JSON.stringify(manifest),
  'main.js': 'export default n => n * 2;',
});
await plugins.install(await signPackage(archive, author.privateKey));
const doubled = await plugins.execute('double', 21);
assert.equal(doubled.success && doubled.data, 42, JSON.stringify(doubled));
await plugins.uninstall('double');
await plugins.close();
assert.equal(hasScope(['plugin:*:execute'], 'plugin:double:execute'), true);
assert.equal(sanitizeHtml('<b>x</b><script>y</script>'), '<b>x</b>');
const rules = { dialect: 'sqlite', verbs: ['select'], tables: ['users'] };
assert.equal((await checkSql('select id from users', rules)).sql, 'SELECT "id" FROM "users"');
assert.equal((await checkSql('drop table users', rules)).allowed, false);
const engine = createWorkflowEngine({
  databases: {
    main: {
      open: () => openSqlite({ setup: 'create table t(n); insert into t values (20)' }),
      tables: ['t'],
    },
  },
});
const flow = await engine.run({
  version: 1,
  nodes: [
    { id: 'start', kind: 'input' },
    { id: 'rows', kind: 'db', config: { sql: 'select n from t' } },
    { id: 'sum', kind: 'plugin', config: { code: 'export default ({ n }) => n + 22' } },
  ],
  edges: [
    { from: 'start', to: 'rows' },
    { from: 'rows', to: 'sum' },
  ],
});
assert.deepEqual(flow.output.sum, [42], JSON.stringify(flow.error));
await engine.close();

process.stdout.write('ok');
