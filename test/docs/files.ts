/** What the tests of documents share: the files of the repository and the parts of a page. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root: string = fileURLToPath(new URL('../..', import.meta.url));

/** Folders that hold nothing of ours; the same as in .gitignore. */
const FOREIGN = new Set(['node_modules', 'dist', '.git', '.cache', '.vite', 'test-results']);

/** Every file of the repository, relative to its root, sorted. */
export function repositoryFiles(folder = ''): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true })
    .flatMap(entry => {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory()) return FOREIGN.has(entry.name) ? [] : repositoryFiles(path);
      return [path];
    })
    .sort();
}

export function read(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

export interface CodeBlock {
  readonly language: string;
  readonly code: string;
}

/** Fenced blocks of a page, in order. */
export function codeBlocks(page: string): CodeBlock[] {
  return [...page.matchAll(/^```(\w*)\n([\s\S]*?)^```/gm)].map(([, language = '', code = '']) => ({
    language,
    code,
  }));
}

/** A page without its fenced blocks, in which nothing is a link or a heading. */
export function prose(page: string): string {
  return page.replace(/^ *```[\s\S]*?^ *```/gm, '');
}

/** The anchors a page offers, made from its headings as Git hosts do. */
export function anchors(page: string): Set<string> {
  const headings = [...prose(page).matchAll(/^#{1,6} +(.+)$/gm)].map(match => match[1] ?? '');
  return new Set(
    headings.map(heading =>
      heading
        .toLowerCase()
        .replace(/[^\p{L}\p{N}_\- ]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}
