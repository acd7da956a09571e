/** Command-line words to named values. Unknown options are refused with a hint: a misspelt limit is no limit. */
import { cleanLine } from '../core/text.ts';
import { suggest } from '../policy/suggest.ts';
import { usage } from './fail.ts';

export interface OptionSpec {
  /**
   * `flag`: present or not. `value`: `--name VALUE` or `--name=VALUE`, once. `values`: the same, repeatable.
   * `inline`: `--name=VALUE` only, repeatable, because a word after it could be the file.
   */
  readonly kind: 'flag' | 'value' | 'values' | 'inline';
  /** For messages: what a right one looks like. */
  readonly example?: string;
}

export type OptionTable = Readonly<Record<string, OptionSpec>>;

export interface ParsedArgs {
  readonly words: readonly string[];
  has(name: string): boolean;
  one(name: string): string | undefined;
  all(name: string): readonly string[];
}

/** Names other tools use. */
const SYNONYMS: Readonly<Record<string, string>> = {
  'allow-network': 'allow-net',
  net: 'allow-net',
  ip: 'allow-ip',
  'block-net': 'deny-net',
  'block-ip': 'deny-ip',
  import: 'allow-module',
  'allow-import': 'allow-module',
  module: 'allow-module',
  wheel: 'package',
  packages: 'package',
  'memory-limit': 'memory',
  'max-memory': 'memory',
  mem: 'memory',
  'time-limit': 'timeout',
  deadline: 'timeout',
  'allow-env': 'env',
  data: 'input',
  stdin: 'input',
  gas: 'fuel',
  config: 'policy',
};

const SHORT: Readonly<Record<string, string>> = { '-h': 'help', '-V': 'version' };

/** @throws SandboxError INVALID_ARGUMENT naming the word and what to write instead */
export function parseArgs(argv: readonly string[], table: OptionTable): ParsedArgs {
  const words: string[] = [];
  const given = new Map<string, string[]>();
  let optionsEnded = false;
  for (let i = 0; i < argv.length; i++) {
    const word = argv[i] as string;
    if (optionsEnded || word === '-' || !word.startsWith('-')) {
      words.push(word);
      continue;
    }
    if (word === '--') {
      optionsEnded = true;
      continue;
    }
    const equals = word.indexOf('=');
    const written = equals < 0 ? word : word.slice(0, equals);
    const name = SHORT[written] ?? (written.startsWith('--') ? written.slice(2) : '');
    const spec = Object.hasOwn(table, name) ? table[name] : undefined;
    if (spec === undefined) throw usage(unknownOption(written, table));
    const inline = equals < 0 ? undefined : word.slice(equals + 1);
    const values = given.get(name) ?? [];
    given.set(name, values);
    if (spec.kind === 'flag') {
      if (inline !== undefined) throw usage(`--${name} takes no value; write --${name}`);
      values.push('');
      continue;
    }
    if (spec.kind === 'value' && values.length > 0) throw usage(`--${name} is given twice; keep one`);
    const value = inline ?? (spec.kind === 'inline' ? undefined : next(argv[i + 1]));
    if (value === undefined || value === '') throw usage(`--${name} needs a value; write ${spec.example}`);
    if (inline === undefined) i++;
    values.push(value);
  }
  return {
    words,
    has: name => given.has(name),
    one: name => given.get(name)?.[0],
    all: name => given.get(name) ?? [],
  };
}

/** A negative number is a value (and out of range, which its limit says better); a long option is not. */
function next(word: string | undefined): string | undefined {
  return word?.startsWith('--') ? undefined : word;
}

function unknownOption(written: string, table: OptionTable): string {
  const names = Object.keys(table);
  const key = written.replace(/^-+/, '');
  const near = Object.hasOwn(SYNONYMS, key) ? SYNONYMS[key] : suggest(key, names, '');
  const shown = cleanLine(written, 60);
  return near !== null && near !== undefined && names.includes(near)
    ? `unknown option ${shown}; did you mean --${near}?`
    : `unknown option ${shown}; citadel --help lists the options`;
}

/** The one file a command works on. */
export function onlyFile(args: ParsedArgs, command: string): string {
  const [file, extra] = args.words;
  if (file === undefined) {
    throw usage(
      `${command} needs a file; write citadel ${command} FILE, or - to read the program from stdin`,
    );
  }
  if (extra !== undefined) {
    throw usage(
      `${command} takes one file, got also ${JSON.stringify(cleanLine(extra, 60))}; pass data with --input`,
    );
  }
  return file;
}
