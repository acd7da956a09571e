/**
 * Reads a file of the suite with wast2json. What that does not know (it is older than the suite) is taken out form by form,
 * and counted, so that one new instruction does not hide the hundred assertions around it.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Command } from './universe.ts';

/** From the parenthesis that opens a form of the outermost level to behind the one that closes it. */
interface Form {
  readonly start: number;
  readonly end: number;
}

export interface SuiteFile {
  readonly commands: readonly Command[];
  /** Why forms were taken out, and how many for each reason. */
  readonly unread: ReadonlyMap<string, number>;
}

/** Strings, both kinds of comments, parentheses. */
const TOKEN = /"(?:[^"\\]|\\.)*"|;;[^\n]*|\(;|;\)|[()]/gs;

function formsOf(text: string): Form[] {
  const forms: Form[] = [];
  let [depth, comments, start] = [0, 0, 0];
  for (const { 0: token, index } of text.matchAll(TOKEN)) {
    if (token === '(;') comments++;
    else if (token === ';)') comments--;
    else if (comments > 0) continue;
    else if (token === '(') {
      if (depth++ === 0) start = index;
    } else if (token === ')' && --depth === 0) forms.push({ start, end: index + 1 });
  }
  return forms;
}

/** The same length, and the same lines. */
const blanked = (text: string, { start, end }: Form): string =>
  text.slice(0, start) + text.slice(start, end).replace(/[^\n]/g, ' ') + text.slice(end);

const offsetOfLine = (text: string, line: number): number =>
  text.split('\n', line - 1).reduce((sum, part) => sum + part.length + 1, 0);

/** The form, and when it is a module what is said about it: everything up to the next module. */
function affected(text: string, forms: readonly Form[], at: number): Form[] {
  const isModule = ({ start }: Form): boolean => /^\(\s*module\b/.test(text.slice(start, start + 20));
  const first = forms.findIndex(({ end }) => end > at);
  if (first < 0) return [];
  const hit = forms[first] as Form;
  if (!isModule(hit)) return [hit];
  const next = forms.findIndex((form, i) => i > first && isModule(form));
  return forms.slice(first, next < 0 ? undefined : next);
}

const reasonOf = (message: string): string =>
  message
    .replace(/\$[^\s,]+|"[^"]*"$/g, '…')
    .replace(/, expected.*/, '')
    .trim();

/** Where wast2json stumbles over a text, and why; null when it reads it. */
type Stumble = { readonly at: number; readonly reason: string } | null;

function convert(text: string, source: string, target: string): Stumble {
  writeFileSync(source, text);
  const { status, stderr } = spawnSync('wast2json', ['--enable-all', '--no-check', source, '-o', target], {
    encoding: 'utf8',
  });
  if (status === 0) return null;
  const found = /\.wast:(\d+):\d+: error: (.*)/.exec(stderr);
  if (found) return { at: offsetOfLine(text, Number(found[1])) + 1, reason: reasonOf(found[2] as string) };
  // It has crashed, and says no place: the first form without which it does not.
  const forms = formsOf(text);
  let [good, bad] = [0, forms.length];
  while (bad - good > 1) {
    const middle = (good + bad) >> 1;
    writeFileSync(source, text.slice(0, (forms[middle - 1] as Form).end));
    const { status: part } = spawnSync('wast2json', ['--enable-all', '--no-check', source, '-o', target]);
    if (part === 0) good = middle;
    else bad = middle;
  }
  return { at: (forms[bad - 1] as Form).start, reason: 'it crashes' };
}

export function readSuiteFile(path: string, folder: string): SuiteFile {
  const name = basename(path, '.wast');
  const [source, target] = [join(folder, `${name}.wast`), join(folder, `${name}.json`)];
  const unread = new Map<string, number>();
  let text = readFileSync(path, 'utf8');
  for (;;) {
    const stumble = convert(text, source, target);
    if (stumble === null) break;
    const forms = formsOf(text);
    const gone = affected(text, forms, stumble.at);
    if (gone.length === 0) throw new Error(`${path}: ${stumble.reason}`);
    for (const form of gone) text = blanked(text, form);
    unread.set(stumble.reason, (unread.get(stumble.reason) ?? 0) + gone.length);
    // It does not take an empty file.
    if (gone.length === forms.length) return { commands: [], unread };
  }
  const { commands } = JSON.parse(readFileSync(target, 'utf8')) as { commands: readonly Command[] };
  return { commands, unread };
}
