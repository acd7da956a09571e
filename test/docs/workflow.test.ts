/** Holds the page on workflows, and the editor's table of kinds, to the kinds and limits there are. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { BUILT_IN_KINDS } from '../../src/workflow/kinds/index.ts';
import { createWorkflowEngine, WORKFLOW_LIMITS } from '../../src/workflow.ts';
import { KINDS } from '../../web/kinds.ts';
import { codeBlocks, read, root } from './files.ts';

const page = read('docs/workflow.md');

test('every kind has its row, and no other has', () => {
  const rows = [...page.matchAll(/^\| `([a-z][\w.]*)` \| .*→/gm)].map(([, name]) => name);
  expect(rows.sort()).toEqual([...BUILT_IN_KINDS.keys()].sort());
});

test('every field a kind knows is in its row', () => {
  const engine = createWorkflowEngine();
  for (const kind of BUILT_IN_KINDS.keys()) {
    const stray = { id: 'n', kind, config: { nonsense: 1 } };
    const { problems } = engine.check({ version: 1, nodes: [stray], edges: [] });
    const [, known = ''] =
      /known: (.*?), got|known: (.*)$/.exec(
        problems.find(({ path }) => path === 'config.nonsense')?.message ?? '',
      ) ?? [];
    const row = page.split('\n').find(line => line.startsWith(`| \`${kind}\` |`)) ?? '';
    for (const field of known
      .split(', ')
      .filter(name => !['', 'nothing', 'policy', 'into', 'from', 'key'].includes(name)))
      expect(row, `${kind}.${field}`).toContain(`\`${field}\``);
  }
});

test('the table of limits is the table of limits', () => {
  const figure = (value: number): string => value.toLocaleString('en');
  for (const [name, { default: fallback, min, ceiling }] of Object.entries(WORKFLOW_LIMITS))
    expect(page).toContain(`| \`${name}\` | ${figure(fallback)} | ${figure(min)} | ${figure(ceiling)} |`);
});

test.each([
  [0, 'success [ [ { n: 10 } ] ]'],
  [1, ''],
])('its program %i runs', (index, said) => {
  const code = codeBlocks(page).filter(({ language }) => language === 'ts')[index]?.code ?? '';
  const folder = join(root, '.cache', 'docs-workflow');
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `block-${index}.ts`);
  writeFileSync(file, code);
  const { status, stdout, stderr } = spawnSync(process.execPath, [file], { cwd: root, encoding: 'utf8' });
  expect({ status, stderr, stdout: stdout.trim() }).toEqual({ status: 0, stderr: '', stdout: said });
});

test('the editor knows every kind as it is', () => {
  expect(KINDS.map(({ kind }) => kind).sort()).toEqual([...BUILT_IN_KINDS.keys()].sort());
  for (const view of KINDS) {
    const kind = BUILT_IN_KINDS.get(view.kind);
    expect({ inputs: view.inputs, outputs: view.outputs(view.config), modes: view.modes }, view.kind).toEqual(
      {
        inputs: kind?.inputs,
        outputs: kind?.outputs(view.config),
        modes: kind?.modes,
      },
    );
  }
});

test('what the editor offers as a new node has no mistake but what it leads to', () => {
  const engine = createWorkflowEngine({
    databases: { main: { open: () => Promise.reject(new Error('never')), tables: ['things'] } },
  });
  for (const { kind, config } of KINDS) {
    const { problems } = engine.check({ version: 1, nodes: [{ id: 'n', kind, config }], edges: [] });
    expect(
      problems.filter(({ code, severity }) => severity === 'error' && code !== 'missing-input'),
      kind,
    ).toEqual([]);
  }
});
