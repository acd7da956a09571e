/** Bundles the texts of a browser cell into dist/cells/shell-browser.js, and the served form of its frame. */
import { createHash } from 'node:crypto';
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';
import { frameDocument } from '../src/platform/browser/document.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

async function bundle(input: string): Promise<string> {
  const build = await rolldown({ cwd: root, input, platform: 'browser' });
  const { output } = await build.generate({
    format: 'iife',
    minify: true,
    codeSplitting: false,
    strict: true,
  });
  await build.close();
  return output[0].code.trim();
}

/** In one step: test files that run side by side build it, too, and must not read half a file. */
function write(path: string, text: string): void {
  const draft = `${root}${path}.${process.pid}`;
  writeFileSync(draft, text);
  renameSync(draft, root + path);
}

export async function buildBrowserShell(): Promise<void> {
  const [warden, shell] = await Promise.all([
    bundle('src/platform/browser/warden.ts'),
    bundle('src/platform/browser/shell.ts'),
  ]);
  // Text that would end the inline script early, or start a comment in it, would also break its hash.
  if (/<\/script|<!--/i.test(warden))
    throw new Error('Change the warden: its text cannot stand in a script element');
  const wardenHash = `sha256-${createHash('sha256').update(warden).digest('base64')}`;
  const texts = { warden, wardenHash, shell };
  mkdirSync(`${root}dist/cells`, { recursive: true });
  mkdirSync(`${root}dist/assets`, { recursive: true });
  write(
    'dist/cells/shell-browser.js',
    Object.entries(texts)
      .map(([name, text]) => `export const ${name} = ${JSON.stringify(text)};\n`)
      .join(''),
  );
  write(
    'dist/cells/shell-browser.d.ts',
    Object.keys(texts)
      .map(name => `export declare const ${name}: string;\n`)
      .join(''),
  );
  write('dist/assets/sandbox.html', `${frameDocument(warden, wardenHash)}\n`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildBrowserShell();
