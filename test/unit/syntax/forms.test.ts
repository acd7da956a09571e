import { describe, expect, test } from 'vitest';
import { detectForm } from '../../../src/syntax/forms.ts';

describe('detectForm names the form', () => {
  test.each([
    ['', 'script', false],
    ['1 + 1', 'script', false],
    ['#!/usr/bin/env node\n1', 'script', false],
    ['await 1', 'script', true],
    ['for await (const x of y) x', 'script', true],
    ['async () => await 1', 'script', false],
    ['async function f() { for await (const x of y) x }', 'script', false],
    ['(class { [await k]() {} })', 'script', true],
    ['import("m")', 'script', false],
    ['with (o) x', 'script', false],
    ['"export default 1"', 'script', false],
    ['return 1', 'body', false],
    ['if (x) { return await 1 } else { y() }', 'body', true],
    ['for (;;) switch (x) { default: try { return } finally {} }', 'body', false],
    ['(() => { return 1 })()', 'script', false],
    ['({ m() { return 1 }, get x() { return 2 } })', 'script', false],
    ['class A { static { (() => { return 1 })() } }', 'script', false],
    ['const a=1; export default a', 'module', false],
    ['export default function () { return 1 }', 'module', false],
    ['import x from "m"; await x', 'module', true],
    ['import.meta', 'module', false],
  ])('%s', (code, form, hasAwait) => {
    expect(detectForm(code)).toMatchObject({ form, hasAwait });
    expect(detectForm(code).error).toBeUndefined();
  });
});

describe('detectForm reports the error of the reading that got further', () => {
  test.each([
    ['let a = ;', 'script', 1, 9],
    ['import x from "m"\nlet a = ;', 'module', 2, 9],
    ['export default 1\nreturn 2', 'module', 2, 1],
    ['with (o) x;\nlet = = 1', 'script', 2, 7],
    ['let a;\nlet a;', 'script', 2, 5],
    ['"\u{1F600}"; )', 'script', 1, 7],
  ])('%j', (code, form, line, column) => {
    const found = detectForm(code);
    expect(found.form).toBe(form);
    expect(found.error).toMatchObject({ line, column });
    expect(found.error?.message).not.toMatch(/\d+:\d+/);
  });
});

test('detectForm answers with a problem when the text is nested deeper than the stack', () => {
  for (const code of [`${'['.repeat(200_000)}`, `${'('.repeat(100_000)}1${')'.repeat(100_000)}`]) {
    expect(detectForm(code).error?.message).toMatch(/nested too deeply/);
  }
  expect(detectForm(`x${'.y'.repeat(100_000)}`).form).toBe('script');
});
