#!/usr/bin/env node
/** argv in, exit code out. */
import manifest from '../../package.json' with { type: 'json' };
import { ERROR_TABLE, SandboxError } from '../core/errors.ts';
import { cleanLine } from '../core/text.ts';
import { suggest } from '../policy/suggest.ts';
import { checkUrlCommand } from './check-url.ts';
import { egressProxyCommand } from './egress-proxy.ts';
import { usage } from './fail.ts';
import { HELP } from './help.ts';
import { inspectCommand } from './inspect.ts';
import { type Output, openOutput } from './output.ts';
import { runCommand } from './run.ts';
import { validateCommand } from './validate.ts';

const COMMANDS: Readonly<Record<string, (argv: readonly string[], output: Output) => Promise<number>>> = {
  run: runCommand,
  validate: validateCommand,
  inspect: inspectCommand,
  'check-url': checkUrlCommand,
  'egress-proxy': egressProxyCommand,
  // Loaded when they are asked for: a run needs none of their libraries.
  pack: async (argv, output) => (await import('./plugin-packages.ts')).packCommand(argv, output),
  keygen: async (argv, output) => (await import('./plugin-packages.ts')).keygenCommand(argv, output),
  sign: async (argv, output) => (await import('./plugin-packages.ts')).signCommand(argv, output),
  verify: async (argv, output) => (await import('./plugin-packages.ts')).verifyCommand(argv, output),
  explain: async (argv, output) => (await import('./plugin-packages.ts')).explainCommand(argv, output),
  types: async (argv, output) => (await import('./types.ts')).typesCommand(argv, output),
  install: async (argv, output) => (await import('./manager.ts')).installCommand(argv, output),
  upgrade: async (argv, output) => (await import('./manager.ts')).upgradeCommand(argv, output),
  uninstall: async (argv, output) => (await import('./manager.ts')).uninstallCommand(argv, output),
  list: async (argv, output) => (await import('./manager.ts')).listCommand(argv, output),
  exec: async (argv, output) => (await import('./manager.ts')).execCommand(argv, output),
  audit: async (argv, output) => (await import('./manager.ts')).auditCommand(argv, output),
};

async function main(argv: readonly string[], output: Output): Promise<number> {
  const [word, ...rest] = argv;
  if (word === undefined) throw usage('nothing to do; write citadel run FILE, or citadel --help');
  if (word === '--help' || word === '-h' || word === 'help') {
    output.out(HELP);
    return 0;
  }
  if (word === '--version' || word === '-V') {
    output.out(`citadel ${manifest.version}\n`);
    return 0;
  }
  const command = Object.hasOwn(COMMANDS, word) ? COMMANDS[word] : undefined;
  if (command === undefined) throw usage(unknownCommand(word));
  return command(rest, output);
}

function unknownCommand(word: string): string {
  const shown = cleanLine(word, 60);
  if (word.startsWith('-'))
    return `unknown option ${shown}; options follow a command: citadel run FILE ${shown}`;
  const names = Object.keys(COMMANDS);
  const near = suggest(word, names, '');
  if (near !== null && names.includes(near)) return `unknown command ${shown}; did you mean ${near}?`;
  if (/[./]/.test(word)) return `unknown command ${shown}; to run a file write citadel run ${shown}`;
  return `unknown command ${shown}; the commands are ${`${names.slice(0, -1).join(', ')} and ${names.at(-1)}`}`;
}

const output = openOutput();
try {
  process.exitCode = await main(process.argv.slice(2), output);
} catch (error) {
  if (error instanceof SandboxError) {
    output.note(error.code === 'INVALID_ARGUMENT' ? error.message : `${error.message}; ${error.help}`);
    process.exitCode = error.exitCode;
  } else {
    // Only a defect of ours comes here: the stack is what a report of it needs.
    output.note(
      `INTERNAL: ${error instanceof Error ? error.message : String(error)}; ${ERROR_TABLE.INTERNAL.help}`,
    );
    if (error instanceof Error && error.stack !== undefined) output.err(`${error.stack}\n`);
    process.exitCode = ERROR_TABLE.INTERNAL.exitCode;
  }
}
