/** Vitest reporter that counts what a run of tests came to, for scripts/test.ts. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Reporter, TestModule } from 'vitest/node';

export interface Counts {
  readonly passed: number;
  /** Failed tests, files that could not be loaded, and errors that belong to no test. */
  readonly failed: number;
  readonly skipped: readonly { readonly name: string; readonly reason: string | null }[];
}

/** Where the counts go. */
export const COUNTS_FILE = 'CITADEL_COUNTS_FILE';

export function countTests(modules: readonly TestModule[], strayErrors: number): Counts {
  let passed = 0;
  let failed = strayErrors;
  const skipped: { name: string; reason: string | null }[] = [];
  for (const module of modules) {
    const before = failed;
    for (const test of module.children.allTests()) {
      const result = test.result();
      if (result.state === 'passed') passed += 1;
      else if (result.state === 'skipped')
        skipped.push({ name: `${module.relativeModuleId} > ${test.fullName}`, reason: result.note ?? null });
      else failed += 1;
    }
    // A file that does not load, or a hook that throws, has errors of its own and perhaps no test to blame.
    if (failed === before && !module.ok()) failed += 1;
  }
  return { passed, failed, skipped };
}

export default class CountReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    const file = process.env[COUNTS_FILE];
    if (file === undefined) return;
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, JSON.stringify(countTests(modules, errors.length)));
  }
}
