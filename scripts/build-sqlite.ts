/** Packs SQLite into dist/: the module as its authors publish it. Its JavaScript stays behind: src/runtimes/sqlite has the few calls. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeEngine } from './build-engine-files.ts';
import { root } from './stamp.ts';

export const buildSqlite = (): Promise<void> =>
  writeEngine('sqlite', readFileSync(join(root, 'node_modules/@sqlite.org/sqlite-wasm/dist/sqlite3.wasm')));

if (import.meta.main) await buildSqlite();
