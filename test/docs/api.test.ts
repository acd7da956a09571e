/** Holds the reference pages to what the package exports and its types declare. */
import { parseSync, Visitor } from 'rolldown/utils';
import { describe, expect, test, vi } from 'vitest';
import { capabilities as inNode } from '../../src/index.ts';
import { read } from './files.ts';

/** Names that a module exports, types included; `export *` is followed. */
function exportsOf(path: string): string[] {
  const names: string[] = [];
  const { program } = parseSync(path, read(path));
  new Visitor({
    ExportAllDeclaration(node) {
      names.push(...exportsOf(new URL(node.source.value, `file:///${path}`).pathname.slice(1)));
    },
    ExportNamedDeclaration(node) {
      for (const { exported } of node.specifiers)
        if (exported.type === 'Identifier') names.push(exported.name);
      const { declaration } = node;
      if (declaration === null) return;
      if (declaration.type === 'VariableDeclaration')
        for (const { id } of declaration.declarations) if (id.type === 'Identifier') names.push(id.name);
      if ('id' in declaration && declaration.id?.type === 'Identifier') names.push(declaration.id.name);
    },
  }).visit(program);
  return names;
}

/** Members of an interface declared in a file. */
function membersOf(path: string, name: string): string[] {
  const members: string[] = [];
  new Visitor({
    TSInterfaceDeclaration(node) {
      if (node.id.name !== name) return;
      for (const member of node.body.body)
        if ('key' in member && member.key.type === 'Identifier') members.push(member.key.name);
    },
  }).visit(parseSync(path, read(path)).program);
  if (members.length === 0) throw new Error(`There is no interface ${name} in ${path}`);
  return members;
}

/** What a page puts in code spans, down to single names. */
const spoken = (page: string): Set<string> =>
  new Set([...page.matchAll(/`([^`\n]+)`/g)].flatMap(match => (match[1] ?? '').match(/[\w$]+/g) ?? []));

describe('the interface page', () => {
  const page = read('docs/api.md');
  const names = spoken(page);

  test.each(['src/index.ts', 'src/browser.ts'])('names every export of %s', path => {
    const all = exportsOf(path);
    expect(all.length).toBeGreaterThan(3);
    expect(all.filter(name => !names.has(name))).toEqual([]);
  });

  test.each([
    ['src/host/api.ts', 'SandboxOptions'],
    ['src/host/api.ts', 'RunOptions'],
    ['src/host/api.ts', 'Sandbox'],
    ['src/core/result.ts', 'ExecutionReport'],
    ['src/core/result.ts', 'Usage'],
    ['src/validate/validate.ts', 'ValidateOptions'],
    ['src/validate/report.ts', 'ValidationReport'],
  ])('of %s names every member of %s', (path, name) => {
    expect(membersOf(path, name).filter(member => !names.has(member))).toEqual([]);
  });

  test('lists as options of run exactly those that exist', () => {
    const table = page.split('| option of `run` |')[1]?.split('\n\n')[0] ?? '';
    const listed = [...table.matchAll(/^\| `(\w+)` \|/gm)].map(match => match[1]);
    expect(listed).toEqual(membersOf('src/host/api.ts', 'RunOptions'));
  });
});

describe('the page of capabilities', () => {
  const rows = [...read('docs/capabilities.md').matchAll(/^\| `(\w+)` \|(.+)\|$/gm)].map(match => ({
    name: match[1] ?? '',
    cells: (match[2] ?? '').split('|').map(cell => cell.trim().replace(/^`|`$/g, '').replaceAll("'", '')),
  }));
  const column = (index: number): Record<string, string | undefined> =>
    Object.fromEntries(rows.map(({ name, cells }) => [name, cells[index]]));
  const texts = (values: object): Record<string, string> =>
    Object.fromEntries(Object.entries(values).map(([name, value]) => [name, String(value)]));

  test('says what holds in Node.js', () => {
    expect(column(0)).toEqual(texts(inNode()));
  });

  test.each([
    ['a browser', false, 1],
    ['an isolated browser', true, 2],
  ])('says what holds in %s', async (_, isolated, index) => {
    vi.stubGlobal('crossOriginIsolated', isolated);
    const { platform } = await import('../../src/browser.ts');
    expect(column(index)).toEqual(texts(platform.capabilities()));
    vi.unstubAllGlobals();
  });
});
