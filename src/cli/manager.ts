/** `citadel install`, `upgrade`, `uninstall`, `list`, `exec` and `audit`: plugins in a directory. */
import { ERROR_TABLE, SandboxError } from '../core/errors.ts';
import { cleanLine } from '../core/text.ts';
import { AuditLog, createPluginManager, type PluginManager, verifyAudit } from '../plugins.ts';
import { directoryMount, directoryStore, fileSink } from '../plugins-node.ts';
import type { PluginSecurityPolicy } from '../policy/policy.ts';
import { type OptionTable, onlyFile, type ParsedArgs, parseArgs } from './args.ts';
import { usage } from './fail.ts';
import { readBytes, readCode, readJson } from './files.ts';
import { inputOf } from './input.ts';
import { onInterrupt } from './interrupt.ts';
import { toJson } from './json.ts';
import { block, type Output } from './output.ts';
import { linesOf, SIGNATURE_OPTIONS } from './plugin-packages.ts';
import { printJson, printText } from './print.ts';
import { signaturePolicy } from './signature-options.ts';

export const MANAGER_HELP: string = `citadel install FILE --store DIR [options]     verify a package and install it
citadel upgrade FILE --store DIR [options]     replace the installed version; --accept takes wider permissions
citadel uninstall NAME --store DIR [options]
citadel list --store DIR [--json]
citadel exec NAME --store DIR [options]        run an installed plugin and print its result
citadel audit FILE [--head HASH]               say whether an audit log is whole

  --store DIR                where plugins are kept
  --key PUB                  a key whose signatures count; repeatable
  --signature FILE           keys, their times and revocations, as JSON (docs/packages.md)
  --unsigned                 take packages that nobody signed, too
  --policy FILE              what plugins may be given at most (docs/policy.md); default: nothing
  --allow-module NAME=FILE   the source of a module that the policy allows; repeatable
  --audit FILE               append every decision to this log
  --input JSON|@FILE|-       exec: the plugin's input
  --mount DIR=PATH           exec: let the plugin read PATH as the granted directory DIR
  --mount-write DIR=PATH     exec: and write to it
  --report, --json           exec: as for citadel run

Exit codes: 0 done, ${ERROR_TABLE.SIGNATURE_INVALID.exitCode} refused, ${ERROR_TABLE.INVALID_ARGUMENT.exitCode} wrong usage; of exec those of citadel run.
`;

const OPTIONS: OptionTable = {
  ...SIGNATURE_OPTIONS,
  store: { kind: 'value', example: '--store plugins' },
  policy: { kind: 'value', example: '--policy policy.json' },
  'allow-module': { kind: 'values', example: '--allow-module money=./money.js' },
  audit: { kind: 'value', example: '--audit audit.jsonl' },
  accept: { kind: 'flag' },
  json: { kind: 'flag' },
  help: { kind: 'flag' },
};

const EXEC_OPTIONS: OptionTable = {
  ...OPTIONS,
  input: { kind: 'value', example: `--input '{"a":1}'` },
  mount: { kind: 'values', example: '--mount /data=./data' },
  'mount-write': { kind: 'values', example: '--mount-write /out=./out' },
  report: { kind: 'flag' },
};

type Command = (argv: readonly string[], output: Output) => Promise<number>;
type Work = (plugins: PluginManager, args: ParsedArgs, output: Output) => Promise<number>;

function command(table: OptionTable, work: Work): Command {
  return async (argv, output) => {
    const args = parseArgs(argv, table);
    if (args.has('help')) {
      output.out(MANAGER_HELP);
      return 0;
    }
    const plugins = await open(args);
    try {
      return await work(plugins, args, output);
    } finally {
      await plugins.close();
    }
  };
}

async function open(args: ParsedArgs): Promise<PluginManager> {
  const directory = args.one('store');
  if (directory === undefined) throw usage('--store is missing; write --store DIR');
  const policy = args.one('policy');
  const audit = args.one('audit');
  const pairs = (name: string): (readonly [string, string])[] =>
    args.all(name).map(text => pairOf(text, name));
  const modules = await Promise.all(
    pairs('allow-module').map(async ([name, file]) => [name, await readCode(file)] as const),
  );
  const mounts = [
    ...pairs('mount').map(([at, path]) => [at, directoryMount(path)] as const),
    ...pairs('mount-write').map(([at, path]) => [at, directoryMount(path, { write: true })] as const),
  ];
  return createPluginManager({
    store: await directoryStore(directory),
    signature: await signaturePolicy(args),
    policy: policy === undefined ? {} : ((await readJson(policy)) as PluginSecurityPolicy),
    modules: Object.fromEntries(modules),
    mounts: Object.fromEntries(mounts),
    ...(audit === undefined ? {} : { audit: await AuditLog.open(await fileSink(audit, true)) }),
  });
}

function pairOf(text: string, option: string): readonly [string, string] {
  const equals = text.indexOf('=');
  if (equals < 1 || equals === text.length - 1)
    throw usage(`--${option} needs NAME=PLACE, got ${JSON.stringify(cleanLine(text, 60))}`);
  return [text.slice(0, equals), text.slice(equals + 1)];
}

const shown = ({
  name,
  version,
  digest,
  keyId,
}: {
  name: string;
  version: string;
  digest: string;
  keyId: string | null;
}): string => `${name} ${version} ${digest} ${keyId === null ? 'unsigned' : cleanLine(keyId, 128)}\n`;

export const installCommand: Command = command(OPTIONS, async (plugins, args, output) => {
  output.out(shown(await plugins.install(await readBytes(onlyFile(args, 'install')))));
  return 0;
});

export const upgradeCommand: Command = command(OPTIONS, async (plugins, args, output) => {
  const accept = args.has('accept');
  output.out(shown(await plugins.upgrade(await readBytes(onlyFile(args, 'upgrade')), { accept })));
  return 0;
});

export const uninstallCommand: Command = command(OPTIONS, async (plugins, args) => {
  await plugins.uninstall(onlyFile(args, 'uninstall'));
  return 0;
});

export const listCommand: Command = command(OPTIONS, async (plugins, args, output) => {
  const all = await plugins.list();
  output.out(args.has('json') ? `${toJson(all, 0)}\n` : all.map(shown).join(''));
  return 0;
});

export const execCommand: Command = command(EXEC_OPTIONS, async (plugins, args, output) => {
  const name = onlyFile(args, 'exec');
  const given = args.one('input');
  const input = given === undefined ? undefined : await inputOf(given);
  const interrupt = onInterrupt();
  const json = args.has('json');
  try {
    const result = await plugins.execute(name, input, {
      signal: interrupt.signal,
      ...(json ? {} : { onLog: ({ level, text }) => output.err(block(`[${level}] `, text)) }),
    });
    return json ? printJson(result, output) : printText(result, args.has('report'), output);
  } finally {
    interrupt.release();
  }
});

export async function auditCommand(argv: readonly string[], output: Output): Promise<number> {
  const args = parseArgs(argv, { head: { kind: 'value', example: '--head HASH' }, help: { kind: 'flag' } });
  if (args.has('help')) {
    output.out(MANAGER_HELP);
    return 0;
  }
  const verdict = await verifyAudit(linesOf(onlyFile(args, 'audit')), args.one('head'));
  if (verdict.ok) {
    output.out(`${verdict.records} records, whole; head ${verdict.head}\n`);
    return 0;
  }
  output.out(`broken at record ${verdict.at}: ${verdict.problem}\n`);
  return new SandboxError('SIGNATURE_INVALID', '').exitCode;
}
