/**
 * Runs the plugins of Extism's own tests in the sandbox, unmodified: `node --conditions=citadel-source
 * scripts/extism-suite.ts PATH`, where PATH is a checkout of extism/js-sdk. They are BSD-3-Clause and never part of this
 * repository. A module nobody wrote a case for counts as failed.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspect, isDeepStrictEqual } from 'node:util';
import { createSandbox } from '../src/index.ts';
import { type Answer, answerOf, CASES, type ExtismCase } from './extism-suite/cases.ts';

function holds(expected: Answer, actual: Answer): boolean {
  if ('data' in expected) {
    return (
      'data' in actual &&
      isDeepStrictEqual(actual.data, expected.data) &&
      (expected.logs === undefined || isDeepStrictEqual(actual.logs, expected.logs))
    );
  }
  return (
    'code' in actual &&
    actual.code === expected.code &&
    actual.says.includes(expected.says) &&
    isDeepStrictEqual(actual.denied, expected.denied ?? [])
  );
}

async function run(folder: string, { file, entry, input, policy = {}, files }: ExtismCase): Promise<Answer> {
  await using sandbox = createSandbox({
    policy: { ...policy, limits: { concurrency: 1, ...policy.limits } },
  });
  return answerOf(
    await sandbox.run({
      runtime: 'wasm',
      code: new Uint8Array(readFileSync(join(folder, file))),
      input,
      ...(entry === undefined ? {} : { entry }),
      ...(files === undefined ? {} : { files }),
    }),
  );
}

const show = (answer: Answer): string =>
  inspect('data' in answer ? answer.data : `${answer.code}: ${answer.says}`, {
    breakLength: Infinity,
    compact: true,
  });

const folder = join(process.argv[2] ?? '', 'wasm');
if (process.argv[2] === undefined || !existsSync(folder)) {
  console.error('Name a checkout of extism/js-sdk');
  process.exit(2);
}

let failed = 0;
for (const one of CASES) {
  const name = `${one.file} ${one.entry ?? '(no entry)'}`;
  const actual = existsSync(join(folder, one.file)) ? await run(folder, one) : null;
  const fine = actual !== null && holds(one.expected, actual);
  if (!fine) failed++;
  console.log(`${fine ? 'ok  ' : 'FAIL'} ${name}: ${actual === null ? 'not in the checkout' : show(actual)}`);
  if (!fine) console.log(`     expected ${inspect(one.expected)}, got ${inspect(actual)}`);
}
const known = new Set(CASES.map(({ file }) => file));
const unknown = readdirSync(folder).filter(file => file.endsWith('.wasm') && !known.has(file));
for (const file of unknown) console.log(`FAIL ${file}: no case says what should come of it`);
failed += unknown.length;
console.log(`${CASES.length + unknown.length - failed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
