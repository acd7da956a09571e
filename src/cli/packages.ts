/** Wheels that the command line brings along for a Python plugin. */
import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import type { PythonPackage } from '../index.ts';
import type { OptionSpec, ParsedArgs } from './args.ts';
import { usage } from './fail.ts';
import { display, readBytes } from './files.ts';
import type { Output } from './output.ts';

export const PACKAGE_OPTION: OptionSpec = { kind: 'values', example: '--package demo-1.0-py3-none-any.whl' };
const PIN = '#sha256=';

/** Reads what `--package FILE.whl[#sha256=HEX]` names. Of a file without a hash the hash is told, so that it can be pinned. */
export async function readPackages(args: ParsedArgs, output: Output): Promise<readonly PythonPackage[]> {
  const packages: PythonPackage[] = [];
  for (const given of args.all('package')) {
    const at = given.lastIndexOf(PIN);
    const path = at < 0 ? given : given.slice(0, at);
    if (at >= 0 && !/^[0-9a-f]{64}$/i.test(given.slice(at + PIN.length)))
      throw usage(`--package ${display(path)}: write 64 hexadecimal digits after ${PIN}`);
    if (path === '-') throw usage('--package needs the name of a file; a wheel says there what it is for');
    const bytes = await readBytes(path);
    const sha256 = at < 0 ? createHash('sha256').update(bytes).digest('hex') : given.slice(at + PIN.length);
    if (at < 0)
      output.note(`${display(path)} is not pinned; write --package ${display(path)}${PIN}${sha256}`);
    packages.push({ fileName: basename(path), bytes, sha256 });
  }
  return packages;
}
