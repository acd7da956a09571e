/** `citadel run`. */
import { basename } from 'node:path';
import type { ExecutionResult, LogEntry } from '../core/result.ts';
import { cleanLine } from '../core/text.ts';
import type { Value } from '../core/value.ts';
import { createSandbox, type RunOptions } from '../index.ts';
import { type OptionTable, onlyFile, type ParsedArgs, parseArgs } from './args.ts';
import { usage } from './fail.ts';
import { parseJson, readBytes, readCode, readJson } from './files.ts';
import { guestFiles, saveFiles } from './guest-files.ts';
import { RUN_HELP } from './help.ts';
import type { Output } from './output.ts';
import { block } from './output.ts';
import { PACKAGE_OPTION, readPackages } from './packages.ts';
import { printJson, printText } from './print.ts';
import { kindOf, POLICY_OPTIONS, type ProgramKind, readSettings, requireSources } from './settings.ts';

const OPTIONS: OptionTable = {
  ...POLICY_OPTIONS,
  input: { kind: 'value', example: `--input '{"a":1}', --input @data.json or --input -` },
  timeout: { kind: 'value', example: '--timeout 5s' },
  memory: { kind: 'value', example: '--memory 64MB' },
  fuel: { kind: 'value', example: '--fuel 1000000' },
  env: { kind: 'values', example: '--env NAME=VALUE' },
  'allow-net': { kind: 'inline', example: '--allow-net=api.example.com' },
  report: { kind: 'flag' },
  entry: { kind: 'value', example: '--entry count_vowels' },
  arg: { kind: 'values', example: '--arg=-v' },
  output: { kind: 'value', example: '--output text' },
  file: { kind: 'values', example: '--file /data/table.csv=table.csv' },
  save: { kind: 'values', example: '--save /out=results' },
  package: PACKAGE_OPTION,
};

/** Options that only a native plugin has, and those that JavaScript has not. */
const NATIVE_OPTIONS = ['entry', 'arg', 'output'] as const;
const FILE_OPTIONS = ['file', 'save'] as const;

export async function runCommand(argv: readonly string[], output: Output): Promise<number> {
  const args = parseArgs(argv, OPTIONS);
  if (args.has('help')) {
    output.out(RUN_HELP);
    return 0;
  }
  const file = onlyFile(args, 'run');
  const kind = kindOf(file, args);
  checkOptions(kind, args);
  const settings = await readSettings(args);
  requireSources(settings);
  const input = await readInput(args);
  const program = await readProgram(file, kind, args);
  const packages = await readPackages(args, output);
  const json = args.has('json');

  const { modules, limits } = settings;
  const { policy, files, saved } = await guestFiles(args, settings.policy);
  const sandbox = createSandbox({ policy, modules });
  const interrupt = onInterrupt();
  let result: ExecutionResult;
  try {
    result = await sandbox.run({
      ...program,
      ...(kind === 'wasm' || kind === 'python' ? { files } : {}),
      ...(packages.length > 0 ? { packages } : {}),
      limits,
      signal: interrupt.signal,
      ...(input === undefined ? {} : { input: input.value }),
      ...(file === '-' ? {} : { fileName: cleanLine(basename(file), 256) }),
      ...(json ? {} : { onLog: entry => output.err(logLine(entry)) }),
    });
  } finally {
    interrupt.release();
    await sandbox.close();
  }
  if (result.success && saved.size > 0) {
    for (const path of await saveFiles(result.files, saved)) output.note(`saved ${path}`);
  }
  return json ? printJson(result, output) : printText(result, args.has('report'), output);
}

function checkOptions(kind: ProgramKind, args: ParsedArgs): void {
  const stray = kind === 'wasm' ? undefined : NATIVE_OPTIONS.find(name => args.has(name));
  if (stray !== undefined)
    throw usage(`--${stray} is for WebAssembly plugins; name a .wasm file, or add --ext wasm`);
  const script = kind === 'javascript' || kind === 'typescript';
  const file = script ? FILE_OPTIONS.find(name => args.has(name)) : undefined;
  if (file !== undefined)
    throw usage(`--${file} is for Python and WebAssembly plugins; name a .py or .wasm file, or add --ext`);
  if (kind !== 'python' && args.has('package'))
    throw usage('--package is for Python plugins; name a .py file, or add --ext py');
  if (!script && args.has('allow-module')) throw usage('--allow-module is for JavaScript; leave it out');
}

/** What the options say of the program itself. */
async function readProgram(file: string, kind: ProgramKind, args: ParsedArgs): Promise<RunOptions> {
  if (kind === 'python') return { runtime: 'python', code: await readCode(file) };
  if (kind !== 'wasm') return { runtime: 'javascript', language: kind, code: await readCode(file) };
  const entry = args.one('entry');
  const output = args.one('output');
  return {
    runtime: 'wasm',
    code: await readBytes(file),
    args: args.all('arg'),
    ...(entry === undefined ? {} : { entry }),
    ...(output === undefined ? {} : { output: output as NonNullable<RunOptions['output']> }),
  };
}

function logLine({ level, text }: LogEntry): string {
  return block(`[${level}] `, text);
}

/** Boxed, because `undefined` is not the same as no input. */
async function readInput(args: ParsedArgs): Promise<{ readonly value: Value } | undefined> {
  const given = args.one('input');
  if (given === undefined) return undefined;
  if (given === '-') return { value: (await readJson('-')) as Value };
  if (given.startsWith('@')) {
    if (given === '@') throw usage('--input @ names no file; write --input @data.json');
    return { value: (await readJson(given.slice(1))) as Value };
  }
  return {
    value: parseJson(given, '--input', `quote texts as '"text"', or name a file as @data.json`) as Value,
  };
}

/** The first interrupt cancels the run; a second one ends the process, as without us. */
function onInterrupt(): { readonly signal: AbortSignal; release(): void } {
  const controller = new AbortController();
  const cancel = (): void => controller.abort();
  process.once('SIGINT', cancel);
  process.once('SIGTERM', cancel);
  return {
    signal: controller.signal,
    release() {
      process.off('SIGINT', cancel);
      process.off('SIGTERM', cancel);
    },
  };
}
