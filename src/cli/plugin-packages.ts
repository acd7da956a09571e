/** `citadel pack`, `keygen`, `sign`, `verify` and `explain`: a plugin as one file. */
import { open, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ERROR_TABLE } from '../core/errors.ts';
import { cleanLine } from '../core/text.ts';
import { checkSignaturePolicy, openPackage, verifyPackage } from '../packages/index.ts';
import { explainGrant, generateKeys, type PrivateKey, packPackage, signPackage } from '../plugins.ts';
import { decideGrant, POWERS, type Power } from '../policy/grant/index.ts';
import { parsePolicy } from '../policy/index.ts';
import { type OptionTable, onlyFile, type ParsedArgs, parseArgs } from './args.ts';
import { usage } from './fail.ts';
import { display, readBytes, readJson } from './files.ts';
import { toJson } from './json.ts';
import type { Output } from './output.ts';
import { signaturePolicy } from './signature-options.ts';

export const PACKAGES_HELP: string = `citadel pack DIR --out FILE            pack a directory with a citadel.json into one file
citadel keygen --out FILE              make a key: FILE is secret, FILE.pub is for those who verify
citadel sign FILE --key KEY [options]  sign a package, in place or to --out
  --expires DATE                       the signature holds until then
citadel verify FILE --key PUB ...      say who signed a package, or why it is refused
  --signature FILE                     keys, their times and revocations, as JSON (docs/packages.md)
citadel explain FILE [options]         say line by line what a package would be given, and why
  --policy FILE                        of the operator; default: nothing is allowed
  --power NAME                         a power the caller passes on (${POWERS.join(', ')}); repeatable; default: all
  --json

Exit codes: 0 done, ${ERROR_TABLE.SIGNATURE_INVALID.exitCode} refused, ${ERROR_TABLE.INVALID_ARGUMENT.exitCode} wrong usage or a broken package.
`;

const HELP: OptionTable = { help: { kind: 'flag' }, json: { kind: 'flag' } };
const OUT: OptionTable = { out: { kind: 'value', example: '--out geo.zip' } };
/** Of a directory that is packed; no package may hold more. */
const FILES = 1000;

type Command = (argv: readonly string[], output: Output) => Promise<number>;

function command(table: OptionTable, run: (args: ParsedArgs, output: Output) => Promise<void>): Command {
  return async (argv, output) => {
    const args = parseArgs(argv, { ...HELP, ...table });
    if (args.has('help')) output.out(PACKAGES_HELP);
    else await run(args, output);
    return 0;
  };
}

const required = (args: ParsedArgs, name: string, example: string): string => {
  const value = args.one(name);
  if (value === undefined) throw usage(`--${name} is missing; write ${example}`);
  return value;
};

async function save(
  path: string,
  bytes: Uint8Array | string,
  options: { mode?: number; fresh?: boolean } = {},
): Promise<void> {
  try {
    await writeFile(path, bytes, { mode: options.mode ?? 0o644, flag: options.fresh === true ? 'wx' : 'w' });
  } catch (error) {
    const { code = 'an unknown error' } = error as NodeJS.ErrnoException;
    throw usage(
      code === 'EEXIST'
        ? `${display(path)} exists; a key is never overwritten`
        : `${display(path)} could not be written (${code})`,
    );
  }
}

export const packCommand: Command = command(OUT, async (args, output) => {
  const directory = onlyFile(args, 'pack');
  const out = required(args, 'out', '--out geo.zip');
  const archive = packPackage(await filesBelow(directory));
  await save(out, archive);
  const { manifest, digest } = openPackage(archive);
  output.out(`${manifest.name} ${manifest.version} ${digest}\n`);
});

/** Plain files; links are not followed, and names that begin with a dot are left out. */
async function filesBelow(directory: string): Promise<Record<string, Uint8Array>> {
  const files: Record<string, Uint8Array> = {};
  const walk = async (prefix: string): Promise<void> => {
    const entries = await readdir(join(directory, prefix), { withFileTypes: true }).catch(
      (error: NodeJS.ErrnoException) => {
        throw usage(
          `${display(directory)} could not be read (${error.code}); name a directory with a citadel.json`,
        );
      },
    );
    for (const entry of entries) {
      const path = `${prefix}${entry.name}`;
      if (entry.name.startsWith('.')) continue;
      if (entry.isSymbolicLink()) throw usage(`${display(path)} is a link; pack plain files`);
      if (entry.isDirectory()) await walk(`${path}/`);
      if (!entry.isFile()) continue;
      if (Object.keys(files).length >= FILES)
        throw usage(`${display(directory)} has more than ${FILES} files`);
      files[path] = await readBytes(join(directory, path));
    }
  };
  await walk('');
  return files;
}

export const keygenCommand: Command = command(OUT, async (args, output) => {
  const [extra] = args.words;
  if (extra !== undefined) throw usage('keygen takes no file; write citadel keygen --out FILE');
  const out = required(args, 'out', '--out author.key');
  const { privateKey, publicKey } = await generateKeys();
  await save(out, `${JSON.stringify(privateKey)}\n`, { mode: 0o600, fresh: true });
  await save(`${out}.pub`, `${JSON.stringify(publicKey)}\n`, { fresh: true });
  output.out(`${publicKey.kid}\n`);
});

export const signCommand: Command = command(
  {
    ...OUT,
    key: { kind: 'value', example: '--key author.key' },
    expires: { kind: 'value', example: '--expires 2027-01-31' },
  },
  async (args, output) => {
    const file = onlyFile(args, 'sign');
    const key = (await readJson(required(args, 'key', '--key author.key'))) as PrivateKey;
    const until = args.one('expires');
    const expires = until === undefined ? undefined : Date.parse(until) / 1000;
    if (expires !== undefined && Number.isNaN(expires))
      throw usage('--expires must be a date such as 2027-01-31');
    const signed = await signPackage(await readBytes(file), key, expires === undefined ? {} : { expires });
    await save(args.one('out') ?? file, signed);
    output.out(`signed by ${cleanLine(key.kid, 128)}\n`);
  },
);

export const SIGNATURE_OPTIONS: OptionTable = {
  key: { kind: 'values', example: '--key author.key.pub' },
  signature: { kind: 'value', example: '--signature signature.json' },
  unsigned: { kind: 'flag' },
};

export const verifyCommand: Command = command(SIGNATURE_OPTIONS, async (args, output) => {
  const archive = await readBytes(onlyFile(args, 'verify'));
  const policy = await checkSignaturePolicy(await signaturePolicy(args));
  const { manifest, digest, keyId, signedAt } = await verifyPackage(archive, policy, Date.now() / 1000);
  const { name, version } = manifest;
  if (args.has('json')) output.out(`${toJson({ name, version, digest, keyId, signedAt }, 0)}\n`);
  else
    output.out(
      `${name} ${version} ${digest} ${keyId === null ? 'not signed by a trusted key' : `signed by ${cleanLine(keyId, 128)}`}\n`,
    );
});

export const explainCommand: Command = command(
  {
    policy: { kind: 'value', example: '--policy policy.json' },
    power: { kind: 'values', example: '--power network' },
  },
  async (args, output) => {
    const { manifest } = openPackage(await readBytes(onlyFile(args, 'explain')));
    const file = args.one('policy');
    const policy = parsePolicy(file === undefined ? {} : await readJson(file));
    for (const power of args.all('power'))
      if (!POWERS.includes(power as Power)) throw usage(`--power must be one of ${POWERS.join(', ')}`);
    const powers = args.has('power') ? new Set(args.all('power') as Power[]) : null;
    const grant = decideGrant(policy, manifest, powers);
    output.out(args.has('json') ? `${JSON.stringify(grant)}\n` : `${explainGrant(grant).join('\n')}\n`);
  },
);

/** Lines of a file, without holding all of it. */
export async function* linesOf(path: string): AsyncGenerator<string> {
  const file = await open(path).catch((error: NodeJS.ErrnoException) => {
    throw usage(`${display(path)} could not be read (${error.code})`);
  });
  try {
    yield* file.readLines();
  } finally {
    await file.close();
  }
}
