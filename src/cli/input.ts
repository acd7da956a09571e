/** `--input`: JSON, a file of it, or stdin. Integers that numbers leave out become BigInts: what is passed on is what was written. */
import { usage } from './fail.ts';
import { readJson, readJsonText } from './files.ts';

export async function inputOf(given: string): Promise<unknown> {
  if (given === '-') return readJson('-', 'bigint');
  if (!given.startsWith('@'))
    return readJsonText(given, '--input', 'bigint', `quote texts as '"text"', or name a file as @data.json`);
  if (given === '@') throw usage('--input @ names no file; write --input @data.json');
  return readJson(given.slice(1), 'bigint');
}
