/**
 * Runs every check and test, stage by stage, and adds up what they came to: `node scripts/test.ts [STAGE…] [FILE…]`.
 * Without a stage it runs all of them; files narrow the stages that run tests. The last line is
 * `N passed, M failed`, with `, K skipped` when tests were skipped.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { COUNTS_FILE, type Counts } from './count-reporter.ts';

const root: string = fileURLToPath(new URL('..', import.meta.url));

interface Outcome extends Counts {
  /** Why the stage failed although no test did. */
  readonly note?: string;
}

interface Stage {
  readonly name: string;
  /** Another word on the command line that means this stage too. */
  readonly group?: string;
  /** True when it reads what the build writes. */
  readonly needsBuild: boolean;
  run(files: readonly string[]): Outcome;
}

/** A stage that hangs must not hang the machine that runs it; the longest needs a quarter of this. */
const STAGE_MINUTES = 25;

/** Runs a script of Node.js with this very Node.js, whatever else is installed. */
function run(script: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): boolean {
  const { status, error } = spawnSync(process.execPath, [join(root, script), ...args], {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, ...env },
    timeout: STAGE_MINUTES * 60_000,
    killSignal: 'SIGKILL',
  });
  if (error) console.error(`${script}: ${error.message}`);
  return status === 0;
}

/** One command that succeeds or fails as a whole. */
function command(name: string, needsBuild: boolean, script: string, ...args: string[]): Stage {
  return {
    name,
    needsBuild,
    run: () =>
      run(script, args) ? { passed: 1, failed: 0, skipped: [] } : { passed: 0, failed: 1, skipped: [] },
  };
}

function readCounts(file: string): Counts | null {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Counts;
  } catch {
    return null;
  }
}

/** One project of vitest.config.ts. */
function tests(name: string, group?: string): Stage {
  return {
    name,
    needsBuild: true,
    ...(group === undefined ? {} : { group }),
    run(files) {
      const file = join(root, '.cache', 'test', `${name}.json`);
      rmSync(file, { force: true });
      const succeeded = run(
        'node_modules/vitest/vitest.mjs',
        ['run', '--project', name, '--reporter=dot', '--reporter=./scripts/count-reporter.ts', ...files],
        { [COUNTS_FILE]: file },
      );
      const counts = readCounts(file) ?? { passed: 0, failed: 0, skipped: [] };
      // What did not run proves nothing, and a failure that belongs to no test is still one.
      if (counts.passed + counts.failed === 0) return { ...counts, failed: 1, note: 'no test ran' };
      if (!succeeded && counts.failed === 0) return { ...counts, failed: 1, note: 'Vitest failed' };
      return counts;
    },
  };
}

const BUILD = command('build', false, 'scripts/build.ts', '--if-stale');

/** The build comes first: types and tests read the declarations and programs it generates. */
const STAGES: readonly Stage[] = [
  BUILD,
  command('types', true, 'node_modules/typescript/bin/tsc', '-p', '.'),
  command('lint', false, 'node_modules/@biomejs/biome/bin/biome', 'check', '--error-on-warnings'),
  command('floors', false, 'scripts/floors.ts'),
  command('lockfile', false, 'scripts/lockfile.ts'),
  tests('unit'),
  tests('contract-node', 'contract'),
  tests('contract-chromium', 'contract'),
  tests('contract-chromium-isolated', 'contract'),
  tests('security'),
  tests('e2e'),
  command('fuzz-host', true, 'test/fuzz/host/main.ts', '--quiet', '--cases', '3000', '--slack', '4'),
  tests('docs'),
  command('package', true, 'scripts/pack-check.ts'),
];

function chosen(words: readonly string[]): { stages: Stage[]; files: string[] } {
  const names = new Set(STAGES.flatMap(({ name, group }) => [name, ...(group ? [group] : [])]));
  const wanted = words.filter(word => names.has(word));
  const files = words.filter(word => !names.has(word));
  if (wanted.length === 0) return { stages: [...STAGES], files };
  const stages = STAGES.filter(({ name, group }) => wanted.includes(name) || wanted.includes(group ?? name));
  const needsBuild = stages.some(stage => stage.needsBuild) && !stages.includes(BUILD);
  return { stages: needsBuild ? [BUILD, ...stages] : stages, files };
}

function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map(row => row[column]?.length ?? 0)));
  return rows
    .map(row => row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))))
    .map(cells => `  ${cells.join('  ')}`.trimEnd())
    .join('\n');
}

function main(words: readonly string[]): number {
  const { stages, files } = chosen(words);
  const rows: string[][] = [['stage', 'passed', 'failed', 'skipped', 'seconds']];
  const skipped: { stage: string; name: string; reason: string | null }[] = [];
  let passed = 0;
  let failed = 0;
  for (const stage of stages) {
    console.log(`\n── ${stage.name}`);
    const started = performance.now();
    const outcome = stage.run(files);
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    const unexplained = outcome.skipped.filter(({ reason }) => !reason);
    passed += outcome.passed;
    failed += outcome.failed + unexplained.length;
    for (const skip of outcome.skipped) skipped.push({ stage: stage.name, ...skip });
    const note = unexplained.length > 0 ? 'a skip names no reason' : outcome.note;
    rows.push([
      stage.name,
      String(outcome.passed),
      String(outcome.failed + unexplained.length),
      String(outcome.skipped.length - unexplained.length),
      seconds,
      ...(note === undefined ? [] : [note]),
    ]);
    // Without a build, every later stage would say the same in more words.
    if (stage === BUILD && outcome.failed > 0) break;
  }
  const explained = skipped.filter(({ reason }) => reason);
  console.log(`\n${table(rows)}`);
  if (skipped.length > 0) console.log('\nskipped:');
  for (const { stage, name, reason } of skipped)
    console.log(
      `  ${stage}: ${name}: ${reason ?? 'NO REASON: pass one to skip(), which counts as a failure'}`,
    );
  console.log(
    `\n${passed} passed, ${failed} failed${explained.length > 0 ? `, ${explained.length} skipped` : ''}`,
  );
  return failed > 0 || passed === 0 ? 1 : 0;
}

process.exitCode = main(process.argv.slice(2));
