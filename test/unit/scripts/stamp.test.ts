import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { filesBelow, hashInputs, isFresh, outputsOf, remember, root } from '../../../scripts/stamp.ts';

/** Stamps know paths below the root only. */
let folder = '';
let step = '';
beforeEach(() => {
  mkdirSync(join(root, '.cache'), { recursive: true });
  folder = mkdtempSync(join(root, '.cache', 'stamp-test-')).slice(root.length);
  step = basename(folder);
});
afterEach(() => {
  rmSync(join(root, folder), { recursive: true });
  rmSync(join(root, '.cache', 'build', `${step}.json`), { force: true });
});

function write(name: string, text: string): string {
  writeFileSync(join(root, folder, name), text);
  return `${folder}/${name}`;
}

test('a step that never ran is stale', () => {
  expect(isFresh(step, 'inputs')).toBe(false);
});

test('a step is fresh until its inputs or its outputs change', () => {
  const output = write('out.js', 'built');
  remember(step, 'inputs', [output]);
  expect(isFresh(step, 'inputs')).toBe(true);
  expect(isFresh(step, 'other inputs')).toBe(false);
  write('out.js', 'edited');
  expect(isFresh(step, 'inputs')).toBe(false);
  rmSync(join(root, output));
  expect(isFresh(step, 'inputs')).toBe(false);
});

test('a file that a step no longer writes is removed', () => {
  const [kept, dropped] = [write('kept.js', '1'), write('dropped.js', '2')];
  remember(step, 'inputs', [kept, dropped]);
  remember(step, 'inputs', [kept]);
  expect(filesBelow(folder)).toEqual([kept]);
  expect(Object.keys(outputsOf(step))).toEqual([kept]);
});

test('inputs differ by content and by name, and a missing folder has none', () => {
  const first = write('a.ts', 'same');
  const hash = hashInputs([folder]);
  expect(hashInputs([folder])).toBe(hash);
  write('a.ts', 'else');
  expect(hashInputs([folder])).not.toBe(hash);
  rmSync(join(root, first));
  write('b.ts', 'same');
  expect(hashInputs([folder])).not.toBe(hash);
  expect(filesBelow(`${folder}/none`)).toEqual([]);
});
