import { describe, expect, it, test } from 'vitest';
import { bothFunctions, coversFunction, functionPatternProblem } from '../../../src/policy/functions.ts';
import { decideGrant, diffPermissions, explainGrant } from '../../../src/policy/grant/index.ts';
import { parsePolicy } from '../../../src/policy/index.ts';
import { type Manifest, parseManifest } from '../../../src/policy/manifest/index.ts';

const manifest = (names: readonly string[]): Manifest =>
  parseManifest(
    JSON.stringify({
      name: 'caller',
      version: '1.0.0',
      runtime: 'javascript',
      entry: 'main.js',
      permissions: { functions: names.map(name => ({ name, reason: 'to look it up' })) },
    }),
  );

describe('names of host functions', () => {
  it.each(['crm.find', 'add', 'a.b.c.d', 'kv.*', 'a.b.*', 'get_Weather2'])('are taken: %s', name => {
    expect(functionPatternProblem(name)).toBeNull();
  });
  it.each([
    '',
    '*',
    '.',
    'crm.',
    '.find',
    'crm..find',
    'crm.*.find',
    '*.find',
    'crm find',
    'crm.__proto__',
    '_a',
    '1a',
    'a-b',
    'a.then',
    'constructor',
    'a.b.c.d.e',
    'ünï',
    `a.${'x'.repeat(65)}`,
  ])('are refused: %j', name => {
    expect(functionPatternProblem(name)).not.toBeNull();
    expect(() => parsePolicy({ functions: [name] })).toThrow('policy.functions[0]');
  });
  it('cover what is below them, and only that', () => {
    expect(coversFunction(['kv.*'], 'kv.get')).toBe(true);
    expect(coversFunction(['kv.*'], 'kv.a.b')).toBe(true);
    expect(coversFunction(['kv.*'], 'kv')).toBe(false);
    expect(coversFunction(['kv.*'], 'kvs.get')).toBe(false);
    expect(coversFunction(['kv.get'], 'kv.getAll')).toBe(false);
    expect(bothFunctions('kv.*', 'kv.get')).toBe('kv.get');
    expect(bothFunctions('kv.a.*', 'kv.*')).toBe('kv.a.*');
    expect(bothFunctions('kv.*', 'crm.*')).toBeNull();
  });
});

test('a grant of host functions is what policy and manifest both name, if the caller passes it on', () => {
  const policy = parsePolicy({ functions: ['crm.find', 'kv.*'] });
  const grant = decideGrant(policy, manifest(['crm.*', 'kv.get', 'mail.send']));
  expect(grant.policy.functions).toEqual(['crm.find', 'kv.get']);
  expect(grant.lines.map(({ subject, verdict, given }) => [subject, verdict, given])).toEqual([
    ['crm.*', 'partly', 'crm.find'],
    ['kv.get', 'granted', 'kv.get'],
    ['mail.send', 'refused', ''],
  ]);
  expect(explainGrant(grant)[1]).toContain('partly functions crm.*, as crm.find — policy.functions');
  expect(decideGrant(policy, manifest(['kv.get']), new Set(['network'])).policy.functions).toEqual([]);
  expect(decideGrant(policy, manifest(['kv.get']), new Set(['functions'])).policy.functions).toEqual([
    'kv.get',
  ]);
});

test('a version that asks for more host functions has wider permissions', () => {
  const kinds = (before: readonly string[], after: readonly string[]): readonly string[] =>
    diffPermissions(manifest(before), manifest(after)).widened.map(
      ({ kind, subject }) => `${kind} ${subject}`,
    );
  expect(kinds(['kv.get'], ['kv.*'])).toEqual(['functions kv.*']);
  expect(kinds(['kv.*'], ['kv.get', 'kv.set'])).toEqual([]);
  expect(kinds([], ['add'])).toEqual(['functions add']);
});
