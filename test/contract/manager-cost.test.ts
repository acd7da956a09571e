/** What a package makes of its own results must not hold its host (HOST), in every environment. */
import { describe, expect, test } from 'vitest';
import { markdownToHtml, sanitizeCsv, sanitizeHtml } from '../../src/gateway/content/index.ts';
import {
  createPluginManager,
  type PluginManager,
  type PluginResult,
  packPackage,
} from '../../src/plugins.ts';
import type { PluginSecurityPolicy } from '../../src/policy/policy.ts';

async function evil(
  code: string,
  manifest: object,
  limits: PluginSecurityPolicy['limits'] = {},
): Promise<PluginManager> {
  const plugins = createPluginManager({
    policy: { limits: { concurrency: 2, ...limits } },
    signature: { required: false },
  });
  await plugins.install(
    packPackage({
      'citadel.json': JSON.stringify({
        name: 'evil',
        version: '1.0.0',
        runtime: 'javascript',
        entry: 'main.js',
        ...manifest,
      }),
      'main.js': `export default input => { ${code} }`,
    }),
  );
  return plugins;
}

const codeOf = (result: PluginResult): string => (result.success ? 'ok' : result.error.code);

describe('HOST-MANAGER-001 long texts are made safe as short ones are, wherever that happens', () => {
  test.each([
    ['html', '<b>x</b><script>y</script>', 4000, sanitizeHtml],
    ['markdown', '**a** [b](https://c.example)\n\n', 1500, markdownToHtml],
    ['csv', 'a,=1+1,"x"\n', 9000, sanitizeCsv],
  ] as const)('%s', async (content, unit, many, sanitize) => {
    const code = 'const text = input.unit.repeat(input.count); return [text, text, { a: "short", b: text }]';
    await using plugins = await evil(code, { content });
    for (const count of [many, 3]) {
      const result = await plugins.execute('evil', { unit, count });
      if (!result.success) throw result.error;
      const safe = sanitize(unit.repeat(count));
      expect(result.data).toEqual([safe, safe, { a: sanitize('short'), b: safe }]);
    }
  });

  test('what cannot be made safe is refused in the same words', async () => {
    await using plugins = await evil('return "<i>".repeat(input)', { content: 'html' });
    for (const count of [101, 200_000]) {
      const result = await plugins.execute('evil', count);
      expect(result).toMatchObject({
        success: false,
        error: { code: 'OUTPUT_REFUSED', message: 'the HTML is nested deeper than 100 elements' },
      });
    }
  });
});

test('HOST-MANAGER-002 making a result safe ends with the run', async () => {
  // What this takes is more than the machine can do in the time that the run has left.
  const texts = 'return Array.from({ length: 40 }, (_, i) => "<b>x</b>".repeat(45_000) + i)';
  await using plugins = await evil(
    texts,
    { content: 'html' },
    { outputBytes: 64 * 1024 * 1024, maxExecutionTimeMs: 900 },
  );
  expect(codeOf(await plugins.execute('evil', 1))).toBe('RUN_TIMEOUT');
  const abort = new AbortController();
  setTimeout(() => abort.abort(), 300);
  expect(['CANCELLED', 'RUN_TIMEOUT']).toContain(
    codeOf(await plugins.execute('evil', 1, { signal: abort.signal })),
  );
});

describe('HOST-MANAGER-003 hostile packages are answered by name, and their host serves the next', () => {
  const shared = (text: string, count: number): string =>
    `const o = { s: ${text} }; return Array(${count}).fill(o)`;
  const heavy = { items: { allOf: Array.from({ length: 400 }, () => ({ minimum: -1, maximum: 2 })) } };

  test.each<readonly [string, string, object]>([
    ['one HTML text in 100,000 places', shared('"<b>x</b>".repeat(40000)', 100_000), { content: 'html' }],
    ['one Markdown text in 300 places', shared('"*a_ ".repeat(24000)', 300), { content: 'markdown' }],
    ['one CSV text in 300 places', shared('"=a,b\\n".repeat(19000)', 300), { content: 'csv' }],
    ['one text of characters that are escaped', shared('"<".repeat(900000)', 40_000), { content: 'html' }],
    ['one text of braces', shared('"{".repeat(900000)', 3000), { content: 'html' }],
    ['400 schemas over 300,000 numbers', 'return Array(300000).fill(1)', { output: heavy }],
    [
      '400 schemas over shared lists',
      'const a = Array(1000).fill(1); return Array(3900).fill(a)',
      { output: { items: heavy } },
    ],
  ])('%s', async (_, code, manifest) => {
    await using plugins = await evil(`if (input === 0) return "fine"; ${code}`, manifest);
    expect(['ok', 'OUTPUT_REFUSED', 'OUTPUT_TOO_LARGE']).toContain(codeOf(await plugins.execute('evil', 1)));
    const next = await plugins.execute('evil', 0);
    if ('content' in manifest) expect(next.success).toBe(true);
  });
});
