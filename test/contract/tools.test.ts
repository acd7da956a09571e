/** The host's tools: the same result on the host's thread and in a cell, and an end to whatever does not end. */
import { describe, expect, onTestFinished, test } from 'vitest';
import { platform } from '#platform';
import { SandboxError } from '../../src/core/errors.ts';
import { type ToolConfigs, type ToolName, toolOf } from '../../src/tools/registry.ts';
import { Tools } from '../../src/tools/tools.ts';

function tools(): Tools {
  const made = new Tools(platform);
  onTestFinished(() => made.close());
  return made;
}

type Case = {
  [N in ToolName]: readonly [tool: N, config: ToolConfigs[N], small: unknown, large: unknown];
}[ToolName];

const text = 'a,"b ü"\n1,2\n';
const rows = (count: number) =>
  Array.from({ length: count }, (_, i) => ({ id: i, 1023: null, text: '<b>&' }));
const many = 3_000;

/** Of each tool a small input, which takes the host's thread, and a large one, which takes a cell. */
const CASES: readonly Case[] = [
  ['template', { text: '{{ item | json }}{% for i in item %}{{ i }}{% endfor %}', escape: 'html', chars: 1e6 }, { item: [1] }, { item: rows(many) }],
  ['template', { text: '<{{ item.a | upcase }}> {{ vars.b }}', escape: 'url', chars: 1e6 }, { item: { a: 'é' } }, { item: { a: 'é'.repeat(30_000) }, vars: { b: 1 } }],
  ['path', { path: '$..id', take: 'all' }, rows(2), rows(many)],
  ['path', { path: '$[?@.id > 5].text', take: 'first' }, rows(9), rows(many)],
  ['path', { path: '$..text', take: 'each' }, [rows(1), rows(1)], [rows(many), rows(1)]],
  ['date', { zone: 'Europe/Berlin', toZone: 'UTC', input: '', format: 'yyyy LLL dd ZZZZ', add: 'P1D' }, '2024-03-30T12:00', new Date(0)],
  ['date', { zone: 'UTC', toZone: 'Asia/Tokyo', input: 'd LLLL y z', format: '', add: '' }, '3 May 2024 Europe/Berlin', '3 May 2024 Europe/Berlin'],
  ['hash', { algorithm: 'sha3-256', encoding: 'base64' }, 'é', rows(many)],
  ['base64', { op: 'encode', as: 'text' }, 'é', 'é'.repeat(100_000)],
  ['base64', { op: 'decode', as: 'text' }, '77u_w6k', 'w6np'.repeat(30_000).replaceAll('w6np', 'YWJj')],
  ['table', { op: 'parse', header: true, delimiter: ',', numbers: true }, text, text + '3,4\n'.repeat(many)],
  ['table', { op: 'format', header: true, delimiter: ';', numbers: false }, rows(2), rows(many)],
  ['html', {}, '<b onclick=x>hi<script>', '<b>x</b>'.repeat(many)],
  ['markdown', {}, '# *a*', '[a](https://example.com) '.repeat(many)],
  ['csv', {}, '=1,2', '=1,2\n'.repeat(many)],
  ['validate', {}, { code: 'x = ;', language: 'javascript' }, { code: 'fetch("https://example.com");'.repeat(many), language: 'typescript' }],
  ['inspect', {}, Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0), new Uint8Array(30_000)],
  ['syntax', {}, ['1 +'], [';'.repeat(30_000), `${';'.repeat(30_000)})`]],
]; // biome-ignore format: a table

describe('tools', () => {
  test.each(CASES)(
    '%s gives the same in a cell as on the host’s thread (%#)',
    async (name, config, ...inputs) => {
      const own = tools();
      const run = own.open(name, config as never);
      for (const input of inputs) {
        const expected = toolOf(name)
          ?.prepare(config)
          .run(input as never);
        expect(await run(input as never)).toEqual(expected);
      }
    },
  );

  test('a tool answers small work at once and large work later', async () => {
    const run = tools().open('hash', { algorithm: 'sha-256', encoding: 'hex' });
    expect(typeof run('a')).toBe('string');
    const later = run('a'.repeat(100_000));
    expect(later).toBeInstanceOf(Promise);
    expect(await later).toMatch(/^[0-9a-f]{64}$/);
  });

  test('work that does not end is ended by its signal, and its cell is replaced', async () => {
    const own = tools();
    const stop = new AbortController();
    const endless = own.run(
      'path',
      { path: `$${'[*,*,*,*]'.repeat(40)}`, take: 'all' },
      Array.from({ length: 40 }).reduce<unknown>(held => [held], 1) as never,
      { signal: stop.signal },
    );
    const reason = new SandboxError('NODE_TIMEOUT', 'enough');
    setTimeout(() => stop.abort(reason), 300);
    await expect(endless).rejects.toBe(reason);
    expect(
      await own.run(
        'table',
        { op: 'parse', header: false, delimiter: ',', numbers: false },
        '1,2\n'.repeat(9_000),
      ),
    ).toHaveLength(9_000);
  });

  test('work that does not end is ended by its deadline while other work goes on', async () => {
    const own = tools();
    const endless = own.run(
      'date',
      { zone: 'UTC', toZone: '', input: `${'z-'.repeat(14)}!`, format: '', add: '' },
      '-'.repeat(200),
      { deadlineMs: 1_500 },
    );
    await expect(endless).rejects.toMatchObject({ code: 'NODE_TIMEOUT' });
  });

  test('failures are the same in a cell as on the host’s thread', async () => {
    const own = tools();
    const run = own.open('template', { text: '{{ item.a }}', escape: 'none', chars: 10 });
    const failure = { code: 'NODE_FAILED', message: expect.stringContaining('limits.templateChars = 10') };
    expect(() => run({ item: { a: 'x'.repeat(11) } })).toThrowError(expect.objectContaining(failure));
    await expect(run({ item: { a: 'x'.repeat(100_000) } })).rejects.toMatchObject(failure);
  });

  test('closing ends what goes on', async () => {
    const own = tools();
    const going = own.run('html', {}, '<b>x</b>'.repeat(10_000));
    own.close();
    await expect(going).rejects.toMatchObject({ code: 'CLOSED' });
    await expect(own.run('hash', { algorithm: 'md5', encoding: 'hex' }, '')).rejects.toMatchObject({
      code: 'CLOSED',
    });
  });
});
