/** Compiles what hosts import, from src/ to dist/, with types. */
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { filesBelow, root } from './stamp.ts';

/** Relative to the root, as tsconfig.build.json says. */
const EMITTED = '.cache/emit';

/**
 * What users' compilers need beyond what TypeScript emits: `./x.ts` is rewritten in code, but not in declarations,
 * where only newer compilers read it; and `AsyncDisposable` is in no `lib` most projects name.
 */
function forAnyCompiler(declarations: string): string {
  const text = declarations.replace(/((?:from|import)\s*\(?\s*['"]\.{1,2}\/[^'"]*)\.ts(['"])/g, '$1.js$2');
  return /\bAsyncDisposable\b/.test(text) ? `/// <reference lib="esnext.disposable" />\n${text}` : text;
}

/** Returns the files it wrote, relative to the root. */
export function buildLibrary(): string[] {
  rmSync(join(root, EMITTED), { recursive: true, force: true });
  const { status } = spawnSync(
    process.execPath,
    [join(root, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.build.json'],
    { cwd: root, stdio: 'inherit' },
  );
  if (status !== 0) throw new Error('Fix the type errors above: the library does not compile');
  return filesBelow(`${EMITTED}/src`).map(file => {
    const target = `dist${file.slice(`${EMITTED}/src`.length)}`;
    const text = readFileSync(join(root, file), 'utf8');
    mkdirSync(dirname(join(root, target)), { recursive: true });
    writeFileSync(join(root, target), file.endsWith('.d.ts') ? forAnyCompiler(text) : text);
    if (text.startsWith('#!')) chmodSync(join(root, target), 0o755);
    return target;
  });
}
