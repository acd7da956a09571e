/** `citadel inspect`. */
import { ERROR_TABLE } from '../core/errors.ts';
import { type InspectedFunction, type InspectionReport, inspect } from '../validate/index.ts';
import { type OptionTable, onlyFile, parseArgs } from './args.ts';
import { display, readBytes } from './files.ts';
import { INSPECT_HELP } from './help.ts';
import { toJson } from './json.ts';
import type { Output } from './output.ts';
import { readSettings } from './settings.ts';

const OPTIONS: OptionTable = {
  policy: { kind: 'value', example: '--policy policy.json' },
  memory: { kind: 'value', example: '--memory 64MB' },
  json: { kind: 'flag' },
  help: { kind: 'flag' },
};

const MAX_LISTED = 50;

export async function inspectCommand(argv: readonly string[], output: Output): Promise<number> {
  const args = parseArgs(argv, OPTIONS);
  if (args.has('help')) {
    output.out(INSPECT_HELP);
    return 0;
  }
  const file = onlyFile(args, 'inspect');
  const { policy } = await readSettings(args);
  const report = inspect({ code: await readBytes(file), policy });
  if (args.has('json')) output.out(`${toJson(report, 2)}\n`);
  else print(display(file), report, output);
  const [problem] = report.problems;
  return problem === undefined ? 0 : ERROR_TABLE[problem.code].exitCode;
}

function signature({ name, params, results }: InspectedFunction): string {
  const answer =
    results.length === 0 ? '' : ` → ${results.length === 1 ? results[0] : `(${results.join(', ')})`}`;
  return `${name}(${params.join(', ')})${answer}`;
}

function list(title: string, lines: readonly string[], output: Output): void {
  if (lines.length === 0) return;
  output.out(`${title}\n`);
  for (const line of lines.slice(0, MAX_LISTED)) output.out(`  ${line}\n`);
  if (lines.length > MAX_LISTED) output.out(`  and ${lines.length - MAX_LISTED} more\n`);
}

const INTERFACES = {
  wasi: 'a WASI command',
  extism: 'an Extism plugin',
  core: 'a plugin of the core interface',
  functions: 'exported functions',
};

function print(name: string, report: InspectionReport, output: Output): void {
  const { abi, bytes, functions, memoryPages, grantedPages, start } = report;
  if (abi !== null) {
    output.out(`${name}: ${INTERFACES[abi]}, ${bytes.toLocaleString('en')} bytes, ${functions} functions\n`);
    if (memoryPages !== null) {
      const { initial, maximum } = memoryPages;
      output.out(
        `memory: ${initial} pages of 64 KiB at first, ${maximum ?? 'any number'} at most by its own account, ${grantedPages} granted\n`,
      );
    }
    if (start) output.out('a start function runs first\n');
    list('can be called:', report.entries.map(signature), output);
    list(
      'imports:',
      report.imports.map(
        ({ module, name: imported, granted }) => `${module}.${imported}${granted ? '' : '  NOT GRANTED'}`,
      ),
      output,
    );
  }
  list(
    'would be refused:',
    report.problems.map(({ code, message }) => `${code}: ${message}`),
    output,
  );
}
