/** `citadel run`. */
import { basename } from 'node:path';
import type { ExecutionResult, LogEntry } from '../core/result.ts';
import { cleanLine } from '../core/text.ts';
import type { Value } from '../core/value.ts';
import { createSandbox, type PluginSecurityPolicy, type RunOptions } from '../index.ts';
import { type OptionTable, onlyFile, type ParsedArgs, parseArgs } from './args.ts';
import { usage } from './fail.ts';
import { readBytes, readCode } from './files.ts';
import { guestFiles, saveFiles } from './guest-files.ts';
import { RUN_HELP } from './help.ts';
import { inputOf } from './input.ts';
import { onInterrupt } from './interrupt.ts';
import { learn } from './learn.ts';
import type { Output } from './output.ts';
import { block } from './output.ts';
import { PACKAGE_OPTION, readPackages } from './packages.ts';
import { printFailure, printJson, printText } from './print.ts';
import {
  kindOf,
  NETWORK_OPTIONS,
  POLICY_OPTIONS,
  type ProgramKind,
  readSettings,
  requireSources,
} from './settings.ts';

const OPTIONS: OptionTable = {
  ...POLICY_OPTIONS,
  input: { kind: 'value', example: `--input '{"a":1}', --input @data.json or --input -` },
  timeout: { kind: 'value', example: '--timeout 5s' },
  memory: { kind: 'value', example: '--memory 64MB' },
  fuel: { kind: 'value', example: '--fuel 1000000' },
  env: { kind: 'values', example: '--env NAME=VALUE' },
  ...NETWORK_OPTIONS,
  secret: { kind: 'values', example: '--secret TOKEN=@token.txt or --secret TOKEN=env:VARIABLE' },
  learn: { kind: 'flag' },
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
  const secrets = await readSecrets(args);
  const interrupt = onInterrupt();
  const run = async (granted: PluginSecurityPolicy): Promise<ExecutionResult> => {
    const sandbox = createSandbox({ policy: granted, modules, secrets });
    try {
      return await sandbox.run({
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
      await sandbox.close();
    }
  };
  let result: ExecutionResult;
  try {
    if (args.has('learn')) {
      result = await learn(policy, run, output);
      return result.success ? 0 : printFailure(result.error, output);
    }
    result = await run(policy);
  } finally {
    interrupt.release();
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
  if (args.has('learn') && (args.has('json') || args.has('save')))
    throw usage('--learn prints a policy; leave out --json and --save');
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

/** Values never come from the command line itself: other users of the machine can read it. */
async function readSecrets(args: ParsedArgs): Promise<Readonly<Record<string, string>>> {
  const secrets: Record<string, string> = {};
  for (const given of args.all('secret')) {
    const equals = given.indexOf('=');
    const name = given.slice(0, Math.max(0, equals));
    const source = given.slice(equals + 1);
    if (equals < 1 || !/^(?:@|env:)./.test(source)) {
      throw usage(
        `--secret needs NAME=@FILE or NAME=env:VARIABLE, got ${JSON.stringify(cleanLine(given.slice(0, equals + 1), 60))}`,
      );
    }
    if (source.startsWith('@')) secrets[name] = (await readCode(source.slice(1))).trim();
    else {
      const value = process.env[source.slice('env:'.length)];
      if (value === undefined) throw usage(`--secret ${name}: there is no such variable in the environment`);
      secrets[name] = value;
    }
  }
  return secrets;
}

function logLine({ level, text }: LogEntry): string {
  return block(`[${level}] `, text);
}

/** Boxed, because `undefined` is not the same as no input. */
async function readInput(args: ParsedArgs): Promise<{ readonly value: Value } | undefined> {
  const given = args.one('input');
  return given === undefined ? undefined : { value: (await inputOf(given)) as Value };
}
