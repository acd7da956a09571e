/**
 * WebAssembly/testsuite, run twice: `npm run suite:spec -- PATH [FILTER]`, where PATH is a checkout. Every assertion that
 * holds for a module as it came has to hold for the same module metered. Needs `wast2json` (Debian's wabt) on the PATH;
 * a file it cannot read is named, not counted. The checkout is never part of this repository.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { type Command, Universe } from './spec-suite/universe.ts';
import { assemble } from './wat.ts';

const [checkout, filter = ''] = process.argv.slice(2);
if (checkout === undefined || spawnSync('wast2json', ['--version']).status !== 0) {
  console.error(
    'Name a checkout of WebAssembly/testsuite, and have wast2json on the PATH (apt-get install wabt)',
  );
  process.exit(2);
}

const adapter = new WebAssembly.Module(
  await assemble('tick', '(module (import "e" "tick" (func $t)) (export "tick" (func $t)))'),
);
const folder = mkdtempSync(join(tmpdir(), 'spec-suite-'));
const totals = { held: 0, brokenAsItCame: 0, diverged: 0 };
const refusals = new Map<string, number>();
const unreadable: string[] = [];

for (const file of readdirSync(checkout).filter(name => name.endsWith('.wast') && name.includes(filter))) {
  const target = join(folder, `${basename(file, '.wast')}.json`);
  const { status } = spawnSync('wast2json', ['--enable-all', join(checkout, file), '-o', target]);
  if (status !== 0) {
    unreadable.push(file);
    continue;
  }
  const { commands } = JSON.parse(readFileSync(target, 'utf8')) as { commands: readonly Command[] };
  const plain = new Universe(folder, null);
  const metered = new Universe(folder, adapter);
  for (const command of commands) {
    const expected = plain.execute(command);
    // A module that the instrumenter refuses takes the assertions about it along, on both sides.
    const actual = metered.execute(command);
    if (actual.refused !== undefined) {
      if (command.type === 'module') refusals.set(actual.refused, (refusals.get(actual.refused) ?? 0) + 1);
      continue;
    }
    if (expected.holds === null || actual.holds === null) continue;
    if (!expected.holds) totals.brokenAsItCame++;
    else if (actual.holds) totals.held++;
    else {
      totals.diverged++;
      console.log(
        `DIVERGED ${file}:${command.line} ${command.type}: ${actual.said} instead of ${expected.said}`,
      );
    }
  }
}
rmSync(folder, { recursive: true, force: true });

console.log(`assertions that hold for both: ${totals.held}`);
console.log(`assertions that do not hold for the module as it came: ${totals.brokenAsItCame}`);
for (const [reason, count] of [...refusals].sort((a, b) => b[1] - a[1]))
  console.log(`refused ${count} modules: ${reason}`);
if (unreadable.length > 0)
  console.log(`not read by wast2json: ${unreadable.length} files (${unreadable.join(' ')})`);
console.log(`${totals.held} passed, ${totals.diverged} failed`);
process.exitCode = totals.diverged === 0 && totals.held > 0 ? 0 : 1;
