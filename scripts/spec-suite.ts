/**
 * WebAssembly/testsuite, run twice: `npm run suite:spec -- PATH [FILTER]`, where PATH is a checkout. Every assertion that
 * holds for a module as it came has to hold for the same module metered. Needs `wast2json` (Debian's wabt) on the PATH;
 * what that cannot read, what is refused and what cannot be asked is counted by reason. The checkout is never part of this
 * repository. SPEC_SUITE_BROKEN=1 lists what does not hold for the module as it came either.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readSuiteFile } from './spec-suite/read.ts';
import { Universe } from './spec-suite/universe.ts';
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
const totals = { held: 0, brokenAsItCame: 0, diverged: 0, lost: 0 };
const refusals = new Map<string, number>();
const unasked = new Map<string, number>();
const unread = new Map<string, number>();
const count = (map: Map<string, number>, reason: string, by = 1): void => {
  map.set(reason, (map.get(reason) ?? 0) + by);
};

for (const file of readdirSync(checkout).filter(name => name.endsWith('.wast') && name.includes(filter))) {
  const read = readSuiteFile(join(checkout, file), folder);
  for (const [reason, forms] of read.unread) count(unread, reason, forms);
  const plain = new Universe(folder, null);
  const metered = new Universe(folder, adapter);
  for (const command of read.commands) {
    const expected = plain.execute(command);
    // A module that the instrumenter refuses takes the assertions about it along, on both sides.
    const actual = metered.execute(command);
    if (actual.refused !== undefined) {
      if (command.type === 'module') count(refusals, actual.refused);
      else if (command.type.startsWith('assert_')) totals.lost++;
      continue;
    }
    const silence = expected.unasked ?? actual.unasked;
    if (silence !== undefined) count(unasked, silence);
    if (expected.holds === null || actual.holds === null) continue;
    if (!expected.holds) {
      totals.brokenAsItCame++;
      if (process.env['SPEC_SUITE_BROKEN'] !== undefined)
        console.log(`as it came, ${file}:${command.line} ${command.type}: ${expected.said}`);
    } else if (actual.holds) totals.held++;
    else {
      totals.diverged++;
      console.log(
        `DIVERGED ${file}:${command.line} ${command.type}: ${actual.said} instead of ${expected.said}`,
      );
    }
  }
}
rmSync(folder, { recursive: true, force: true });

const list = (title: string, map: ReadonlyMap<string, number>): void => {
  for (const [reason, number] of [...map].sort((a, b) => b[1] - a[1]))
    console.log(`${title} ${number}: ${reason}`);
};
console.log(`assertions that hold for both: ${totals.held}`);
console.log(`assertions that do not hold for the module as it came: ${totals.brokenAsItCame}`);
console.log(`assertions about modules that are refused: ${totals.lost}`);
list('modules refused', refusals);
list('assertions not asked', unasked);
list('forms wast2json does not read, with what is said about them', unread);
console.log(`${totals.held} passed, ${totals.diverged} failed`);
process.exitCode = totals.diverged === 0 && totals.held > 0 ? 0 : 1;
