import { existsSync } from 'node:fs';
import { join, posix } from 'node:path';
import { describe, expect, test } from 'vitest';
import { anchors, prose, read, repositoryFiles, root } from './files.ts';

const pages = repositoryFiles().filter(path => path.endsWith('.md'));
const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };

/** Targets of the links of a page that do not leave the repository. */
function relativeLinks(page: string): string[] {
  return [...prose(page).matchAll(/\]\(([^)\s]+)\)/g)]
    .map(match => match[1] ?? '')
    .filter(target => !/^[a-z]+:/.test(target));
}

function isBroken(page: string, link: string): boolean {
  const [path = '', anchor] = link.split('#');
  const target = path === '' ? page : posix.join(posix.dirname(page), path);
  if (!existsSync(join(root, target))) return true;
  return anchor !== undefined && !anchors(read(target)).has(anchor);
}

describe('pages', () => {
  test('are found, and so are their links', () => {
    expect(pages).toContain('README.md');
    expect(relativeLinks(read('README.md'))).toContain('docs/policy.md');
    expect(isBroken('README.md', 'docs/policy.md#limits')).toBe(false);
    expect(isBroken('README.md', 'docs/policy.md#no-such-heading')).toBe(true);
    expect(isBroken('README.md', 'docs/no-such-page.md')).toBe(true);
  });

  test.each(pages)('%s links only to what exists', page => {
    expect(relativeLinks(read(page)).filter(link => isBroken(page, link))).toEqual([]);
  });

  test.each(pages)('%s names only scripts that exist', page => {
    const named = [...read(page).matchAll(/\bnpm run ([a-z][\w:-]*)/g)].map(match => match[1] ?? '');
    expect(named.filter(name => !Object.hasOwn(scripts, name))).toEqual([]);
  });

  test('every decision is listed, and every page is linked from another', () => {
    const linked = new Set(
      pages.flatMap(page =>
        relativeLinks(read(page)).map(link => posix.join(posix.dirname(page), link.split('#')[0] ?? '')),
      ),
    );
    const written = pages.filter(page => page.startsWith('docs/'));
    expect(written.filter(page => !linked.has(page))).toEqual([]);
  });
});

test('every script of package.json that runs a file names one that exists', () => {
  const missing = Object.entries(scripts).flatMap(([name, command]) =>
    [...command.matchAll(/\bnode (?:--\S+ )*(\S+\.ts)\b/g)]
      .map(match => match[1] ?? '')
      .filter(file => !existsSync(join(root, file)))
      .map(file => `${name}: ${file}`),
  );
  expect(missing).toEqual([]);
});
