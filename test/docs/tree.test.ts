import { expect, test } from 'vitest';
import { read, repositoryFiles } from './files.ts';

/** Binary files have no lines. */
const texts = repositoryFiles().filter(path => !/\.(wasm|png|jpe?g|ico|woff2?|tgz)$/.test(path));

/** Put together here, so that this file does not hold what it looks for. */
const MACHINE_BOUND = new RegExp(
  [
    // Addresses of package registries: a lockfile or script that names one fails behind a mirror.
    ['registry', '\\.(npmjs|yarnpkg)\\.'],
    ['registry=', 'https?:'],
    // Folders of the machine somebody worked on.
    ['/home', '/[a-z]'],
    ['/Users', '/[a-z]'],
    ['/work', '/(main|shared)\\b'],
  ]
    .map(parts => parts.join(''))
    .join('|'),
);

test('no file names a package registry or a folder of one machine', () => {
  expect(texts.length).toBeGreaterThan(100);
  expect(MACHINE_BOUND.test(['/work', 'main/x'].join('/'))).toBe(true);
  const found = texts.flatMap(path =>
    read(path)
      .split('\n')
      .flatMap((line, i) => (MACHINE_BOUND.test(line) ? [`${path}:${i + 1}: ${line.slice(0, 120)}`] : [])),
  );
  expect(found).toEqual([]);
});

test('no file was left with the marks of a merge', () => {
  const marks = new RegExp(`^(${'<'.repeat(7)} |${'>'.repeat(7)} )`, 'm');
  expect(texts.filter(path => marks.test(read(path)))).toEqual([]);
});
