/** What a cell answers about a Python program is hostile until it is read. */
import { expect, it } from 'vitest';
import type { Value } from '../../../src/core/value.ts';
import { readPythonReport, UnreadableReport } from '../../../src/validate/python.ts';

const good = ['syntax', 'error', 'invalid syntax', 1, 5, 1, 6];

it('a report is read', () => {
  expect(readPythonReport(['script', []])).toEqual({
    valid: true,
    form: 'script',
    problems: [],
    truncated: false,
  });
  expect(readPythonReport([null, [good]])).toEqual({
    valid: false,
    form: null,
    problems: [
      {
        rule: 'syntax',
        severity: 'error',
        message: 'invalid syntax',
        line: 1,
        column: 5,
        endLine: 1,
        endColumn: 6,
      },
    ],
    truncated: false,
  });
});

it('text of a cell is cleaned and cut', () => {
  const { problems } = readPythonReport([
    null,
    [['syntax', 'error', `\u001b[31m${'x'.repeat(5000)}`, 1, 1, 1, 2]],
  ]);
  expect(problems[0]?.message).not.toContain('\u001b');
  expect(problems[0]?.message.length).toBeLessThanOrEqual(1024);
});

it.each<[Value]>([
  [undefined],
  [null],
  [{}],
  [[]],
  [['script']],
  [['script', {}]],
  [['body', []]],
  [['__proto__', []]],
  [['script', [5]]],
  [['script', Array.from({ length: 1001 }, () => good)]],
  ...[
    ['shutdown', 'error', 'm', 1, 1, 1, 1],
    ['toString', 'error', 'm', 1, 1, 1, 1],
    ['syntax', 'fatal', 'm', 1, 1, 1, 1],
    ['syntax', 'error', 5, 1, 1, 1, 1],
    ['syntax', 'error', 'm', 0, 1, 1, 1],
    ['syntax', 'error', 'm', 1, -1, 1, 1],
    ['syntax', 'error', 'm', 1, 1, 1.5, 1],
    ['syntax', 'error', 'm', 1, 1, 1, Number.NaN],
    ['syntax', 'error', 'm', 1, 1, 1, 2 ** 40],
    ['syntax', 'error', 'm', 1, 1, 1, '1'],
    ['syntax', 'error', 'm'],
  ].map(problem => [['script', [problem]]] as [Value]),
])('%j is none', value => {
  expect(() => readPythonReport(value)).toThrow(UnreadableReport);
});
