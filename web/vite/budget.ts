/** Says what the page's first program weighs: what the built page's own scripts import before anything is asked for. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync } from 'node:zlib';

/** Bytes of JavaScript, packed with brotli, of a built page: its scripts and all they import statically. */
export function firstProgramBytes(dist: string): number {
  const html = readFileSync(join(dist, 'index.html'), 'utf8');
  const seen = new Set<string>();
  const follow = (file: string): void => {
    if (seen.has(file)) return;
    seen.add(file);
    const text = readFileSync(join(dist, file), 'utf8');
    for (const [, name = ''] of text.matchAll(/(?:from|import)\s*"\.\/([\w.-]+\.js)"/g))
      follow(`assets/${name}`);
  };
  for (const [, file = ''] of html.matchAll(/(?:src|href)="\.\/(assets\/[\w.-]+\.js)"/g)) follow(file);
  return [...seen].reduce((sum, file) => sum + brotliCompressSync(readFileSync(join(dist, file))).length, 0);
}
