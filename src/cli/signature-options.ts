/** Whom to trust, from `--key`, `--signature` and `--unsigned`. */
import type { PublicKey, SignaturePolicy } from '../plugins.ts';
import type { ParsedArgs } from './args.ts';
import { usage } from './fail.ts';
import { display, readJson } from './files.ts';

export async function signaturePolicy(args: ParsedArgs): Promise<SignaturePolicy> {
  const file = args.one('signature');
  const base = file === undefined ? {} : await readJson(file);
  if (typeof base !== 'object' || base === null || Array.isArray(base))
    throw usage(`${display(file ?? '')} must hold one JSON object`);
  const given = base as SignaturePolicy;
  const keys = await Promise.all(
    args.all('key').map(async path => ({ key: (await readJson(path)) as PublicKey })),
  );
  return {
    ...given,
    publicKeys: [...(given.publicKeys ?? []), ...keys],
    ...(args.has('unsigned') ? { required: false } : {}),
  };
}
