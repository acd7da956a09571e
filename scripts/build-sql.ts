/**
 * Builds PostgreSQL's own parser into dist/: the module as libpg-query publishes it, packed, and what the names of its
 * imports and exports stand for. Its JavaScript, a file system and a terminal included, stays behind: src/gateway/sql
 * has the few lines that are needed.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { deflateRawSync } from 'node:zlib';
import { root } from './stamp.ts';

const SOURCE = 'node_modules/libpg-query/wasm/libpg-query';
const OUTPUT = 'dist/engines/sql';

/** `a:invoke_iii,b:…` of the glue's table of imports. */
function importNames(glue: string): Record<string, string> {
  const [, table] = /var wasmImports=\{([^}]*)\}/.exec(glue) ?? [];
  if (table === undefined) throw new Error('Look at libpg-query: its table of imports is not where it was');
  return Object.fromEntries(
    table.split(',').map(entry => {
      const [short = '', name = ''] = entry.split(':');
      return [short, name.replace(/^_+/, '')];
    }),
  );
}

/** `_malloc=Module["_malloc"]=wasmExports["C"]`, and those the glue keeps to itself. */
function exportNames(glue: string): Record<string, string> {
  const [, body] = /function assignWasmExports\(wasmExports\)\{([^}]*)\}/.exec(glue) ?? [];
  const start = /wasmExports\["(\w+)"\]\(\);FS\.ignorePermissions/.exec(glue)?.[1];
  if (body === undefined || start === undefined)
    throw new Error('Look at libpg-query: its table of exports is not where it was');
  const names = body
    .split(';')
    .filter(Boolean)
    .map(line => {
      const [, name = '', short = ''] = /^_*(\w+)=.*wasmExports\["(\w+)"\]$/.exec(line) ?? [];
      if (name === '') throw new Error(`Look at libpg-query: it exports ${line}`);
      return [name, short];
    });
  return Object.fromEntries([...names, ['ctors', start]]);
}

/** Returns the files it wrote, relative to the root. */
export function buildSql(): string[] {
  const wasm = readFileSync(join(root, `${SOURCE}.wasm`));
  const glue = readFileSync(join(root, `${SOURCE}.js`), 'utf8');
  const parser = {
    sha256: createHash('sha256').update(wasm).digest('hex'),
    wasm: deflateRawSync(wasm, { level: 9 }).toString('base64'),
    imports: importNames(glue),
    exports: exportNames(glue),
  };
  mkdirSync(join(root, 'dist/engines'), { recursive: true });
  writeFileSync(join(root, `${OUTPUT}.js`), `export const parser = ${JSON.stringify(parser)};\n`);
  writeFileSync(
    join(root, `${OUTPUT}.d.ts`),
    `export declare const parser: {
  readonly sha256: string;
  readonly wasm: string;
  readonly imports: Readonly<Record<string, string>>;
  readonly exports: Readonly<Record<string, string>>;
};
`,
  );
  return [`${OUTPUT}.js`, `${OUTPUT}.d.ts`];
}

if (import.meta.main) buildSql();
