/** Packages that are not what somebody signed (SG): none of them is opened. */
import { CompactSign, importJWK } from 'jose';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  checkSignaturePolicy,
  generateKeys,
  type KeyPair,
  packArchive,
  packPackage,
  readArchive,
  SIGNATURE_FILE,
  type SignaturePolicy,
  signPackage,
  verifyPackage,
} from '../../../src/packages/index.ts';

const NOW = 1_800_000_000;
const text = new TextEncoder();
const MANIFEST = { name: 'geo', version: '1.2.0', runtime: 'javascript', entry: 'main.js' };

let author: KeyPair;
let other: KeyPair;
let unsigned: Uint8Array<ArrayBuffer>;
let signed: Uint8Array<ArrayBuffer>;

beforeAll(async () => {
  [author, other] = [await generateKeys(), await generateKeys()];
  unsigned = packPackage({
    'citadel.json': JSON.stringify(MANIFEST),
    'main.js': 'export default 1;',
    'data/table.csv': 'a,b\n1,2\n',
  });
  signed = await signPackage(unsigned, author.privateKey, { issuedAt: NOW });
});

const outcome = async (archive: Uint8Array, policy: SignaturePolicy, now: number = NOW): Promise<string> => {
  try {
    const { keyId } = await verifyPackage(archive, await checkSignaturePolicy(policy), now);
    return keyId === null ? 'unsigned' : `signed by ${keyId}`;
  } catch (error) {
    return (error as { code?: string }).code ?? `threw ${String(error)}`;
  }
};
const trusting = (...pairs: readonly KeyPair[]): SignaturePolicy => ({
  required: true,
  publicKeys: pairs.map(({ publicKey }) => ({ key: publicKey })),
});

/** The same package with some files changed. */
function changed(archive: Uint8Array, files: Readonly<Record<string, string | null>>): Uint8Array {
  const all = new Map(readArchive(archive));
  for (const [path, contents] of Object.entries(files)) {
    if (contents === null) all.delete(path);
    else all.set(path, text.encode(contents));
  }
  return packArchive(all);
}

const withSignature = (jws: string): Uint8Array => changed(unsigned, { [SIGNATURE_FILE]: jws });
const signatureOf = (archive: Uint8Array): string =>
  new TextDecoder().decode(readArchive(archive).get(SIGNATURE_FILE));
const b64 = (value: unknown): string =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

test('a package that is signed by a trusted key opens, in either mode', async () => {
  expect(await outcome(signed, trusting(author))).toBe(`signed by ${author.publicKey.kid}`);
  expect(await outcome(signed, { ...trusting(author), required: false })).toBe(
    `signed by ${author.publicKey.kid}`,
  );
});

test('SG-001 a package without a signature is refused when one is required, which is the default', async () => {
  expect(await outcome(unsigned, trusting(author))).toBe('SIGNATURE_INVALID');
  expect(await outcome(unsigned, {})).toBe('SIGNATURE_INVALID');
  expect(await outcome(changed(signed, { [SIGNATURE_FILE]: null }), trusting(author))).toBe(
    'SIGNATURE_INVALID',
  );
  expect(await outcome(withSignature(''), trusting(author))).toBe('SIGNATURE_INVALID');
  expect(await outcome(unsigned, { required: false })).toBe('unsigned');
});

test('SG-002 a key nobody trusts is refused, under its own id and under a trusted one', async () => {
  expect(
    await outcome(await signPackage(unsigned, other.privateKey), trusting(author), Date.now() / 1000),
  ).toBe('SIGNATURE_INVALID');
  const imitated = await signPackage(
    unsigned,
    { ...other.privateKey, kid: author.publicKey.kid },
    { issuedAt: NOW },
  );
  expect(await outcome(imitated, trusting(author))).toBe('SIGNATURE_INVALID');
  expect(await outcome(imitated, { ...trusting(author), required: false })).toBe('SIGNATURE_INVALID');
  const [, payload] = signatureOf(signed).split('.');
  const embedded = `${b64({ alg: 'Ed25519', typ: 'citadel-package+jws', kid: author.publicKey.kid, jwk: other.publicKey })}.${payload}`;
  expect(
    await outcome(withSignature(`${embedded}.${signatureOf(imitated).split('.')[2]}`), trusting(author)),
  ).toBe('SIGNATURE_INVALID');
});

describe('SG-003 another algorithm than the key’s', () => {
  const header = (alg: string): string => b64({ alg, typ: 'citadel-package+jws', kid: author.publicKey.kid });

  test.each(['none', 'None', 'HS256', 'HS512', 'ES256', 'RS256', 'EdDSA ', 'Ed448', ''])(
    '%j is refused',
    async alg => {
      const [, payload = '', signature = ''] = signatureOf(signed).split('.');
      expect(await outcome(withSignature(`${header(alg)}.${payload}.${signature}`), trusting(author))).toBe(
        'SIGNATURE_INVALID',
      );
      expect(await outcome(withSignature(`${header(alg)}.${payload}.`), trusting(author))).toBe(
        'SIGNATURE_INVALID',
      );
    },
  );

  test('HS256 with the public key as the secret is refused', async () => {
    const [, payload = ''] = signatureOf(signed).split('.');
    const jws = await new CompactSign(Buffer.from(payload, 'base64url'))
      .setProtectedHeader({ alg: 'HS256', typ: 'citadel-package+jws', kid: author.publicKey.kid })
      .sign(Buffer.from(author.publicKey.x, 'base64url'));
    expect(await outcome(withSignature(jws), trusting(author))).toBe('SIGNATURE_INVALID');
  });

  test('a signature of this key for another purpose is refused', async () => {
    const [, payload = ''] = signatureOf(signed).split('.');
    const key = await importJWK({ ...author.privateKey }, 'Ed25519');
    for (const typ of ['JWT', undefined]) {
      const jws = await new CompactSign(Buffer.from(payload, 'base64url'))
        .setProtectedHeader({
          alg: 'Ed25519',
          kid: author.publicKey.kid,
          ...(typ === undefined ? {} : { typ }),
        })
        .sign(key);
      expect(await outcome(withSignature(jws), trusting(author))).toBe('SIGNATURE_INVALID');
    }
  });
});

test.each([
  ['code', { 'main.js': 'export default 2;' }],
  ['manifest', { 'citadel.json': JSON.stringify({ ...MANIFEST, description: 'x' }) }],
  ['asset', { 'data/table.csv': 'a,b\n1,3\n' }],
  ['an added file', { 'extra.js': '1' }],
  ['a removed file', { 'data/table.csv': null }],
  ['a renamed file', { 'data/table.csv': null, 'data/tables.csv': 'a,b\n1,2\n' }],
])('SG-004 SG-007 a package changed after it was signed is refused: %s', async (_, files) => {
  expect(await outcome(changed(signed, files), trusting(author))).toBe('SIGNATURE_INVALID');
});

test('SG-005 bytes that mean nothing to a reader are covered all the same', async () => {
  const wasm = Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0);
  const manifest = JSON.stringify({ ...MANIFEST, runtime: 'wasm', entry: 'main.wasm' });
  const native = await signPackage(
    packPackage({ 'citadel.json': manifest, 'main.wasm': wasm }),
    author.privateKey,
    { issuedAt: NOW },
  );
  const longer = new Map(readArchive(native)).set('main.wasm', new Uint8Array([...wasm, 0, 3, 1, 120, 0]));
  expect(await outcome(packArchive(longer), trusting(author))).toBe('SIGNATURE_INVALID');
  for (const tail of [' ', '\n', '{}', '\0'])
    expect(
      await outcome(changed(signed, { 'citadel.json': JSON.stringify(MANIFEST) + tail }), trusting(author)),
    ).not.toMatch(/^signed/);
  expect(await outcome(new Uint8Array([...signed, 0]), trusting(author))).toBe('ARCHIVE_INVALID');
});

test.each([
  '{"name":"geo","name":"geo","version":"1.2.0","runtime":"javascript","entry":"main.js"}',
  '{"name":"geo","version":"1.2.0","runtime":"javascript","entry":"main.js","permissions":{},"permissions":{"network":[]}}',
  '{"name":"geo","version":"1.2.0","runtime":"javascript","entry":"main.js","permiss\\u0069ons":{},"permissions":{}}',
  '{"name":"geo","version":"1.2.0","runtime":"javascript","entry":"main.js","limits":{"fuel":1,"fuel":2}}',
])('SG-006 a manifest that says something twice is refused, even signed: %s', async manifest => {
  const files = new Map(readArchive(unsigned)).set('citadel.json', text.encode(manifest));
  expect(await outcome(packArchive(files), { required: false })).toBe('MANIFEST_INVALID');
});

test.each(['../main.js', '/etc/passwd', 'data/../../x.js', '..\\x.js'])(
  'SG-007 an entry outside the package is refused: %s',
  async entry => {
    const files = new Map(readArchive(unsigned)).set(
      'citadel.json',
      text.encode(JSON.stringify({ ...MANIFEST, entry })),
    );
    expect(await outcome(packArchive(files), { required: false })).toBe('MANIFEST_INVALID');
  },
);

describe('SG-010 time and revocation', () => {
  const sign = (options: object): Promise<Uint8Array> =>
    signPackage(unsigned, author.privateKey, { issuedAt: NOW - 1000, ...options });
  const key = (): SignaturePolicy['publicKeys'] => [{ key: author.publicKey }];

  test('a signature holds from its first second to its last, and a clock may differ by a minute', async () => {
    expect(await outcome(await sign({ expires: NOW + 10 }), trusting(author))).toMatch(/^signed/);
    expect(await outcome(await sign({ expires: NOW - 60 }), trusting(author))).toMatch(/^signed/);
    expect(await outcome(await sign({ expires: NOW - 61 }), trusting(author))).toBe('SIGNATURE_INVALID');
    expect(await outcome(await sign({ notBefore: NOW + 60 }), trusting(author))).toMatch(/^signed/);
    expect(await outcome(await sign({ notBefore: NOW + 61 }), trusting(author))).toBe('SIGNATURE_INVALID');
    expect(await outcome(await sign({ issuedAt: NOW + 3600 }), trusting(author))).toBe('SIGNATURE_INVALID');
  });

  test('a key holds within its own time, whatever date a signature claims', async () => {
    const within = (notBefore: string, notAfter: string): SignaturePolicy => ({
      publicKeys: [{ key: author.publicKey, notBefore, notAfter }],
    });
    const iso = (seconds: number): string => new Date(seconds * 1000).toISOString();
    expect(await outcome(signed, within(iso(NOW - 10), iso(NOW + 10)))).toMatch(/^signed/);
    expect(await outcome(signed, within(iso(NOW - 1000), iso(NOW - 100)))).toBe('SIGNATURE_INVALID');
    expect(await outcome(signed, within(iso(NOW + 100), iso(NOW + 1000)))).toBe('SIGNATURE_INVALID');
    const backdated = await signPackage(unsigned, author.privateKey, { issuedAt: NOW - 500 });
    expect(await outcome(backdated, within(iso(NOW - 1000), iso(NOW - 100)))).toBe('SIGNATURE_INVALID');
  });

  test('a revoked key, digest or version is refused, also where no signature is required', async () => {
    const { kid } = author.publicKey;
    const { digest } = await verifyPackage(signed, await checkSignaturePolicy(trusting(author)), NOW);
    for (const required of [true, false]) {
      expect(await outcome(signed, { required, publicKeys: key() ?? [], revoked: { keys: [kid] } })).toBe(
        'SIGNATURE_INVALID',
      );
      expect(await outcome(signed, { required, revoked: { keys: [kid] } })).toBe('SIGNATURE_INVALID');
      expect(
        await outcome(signed, { required, publicKeys: key() ?? [], revoked: { digests: [digest] } }),
      ).toBe('SIGNATURE_INVALID');
      expect(
        await outcome(signed, { required, publicKeys: key() ?? [], revoked: { below: { geo: '1.2.1' } } }),
      ).toBe('SIGNATURE_INVALID');
    }
    expect(await outcome(signed, { publicKeys: key() ?? [], revoked: { below: { geo: '1.2.0' } } })).toMatch(
      /^signed/,
    );
    expect(await outcome(unsigned, { required: false, revoked: { digests: [digest] } })).toBe(
      'SIGNATURE_INVALID',
    );
  });

  test('a key signs only the plugins it may', async () => {
    const only = (...plugins: string[]): SignaturePolicy => ({
      publicKeys: [{ key: author.publicKey, plugins }],
    });
    expect(await outcome(signed, only('geo'))).toMatch(/^signed/);
    expect(await outcome(signed, only('geo.*', 'weather'))).toBe('SIGNATURE_INVALID');
    const scoped = await signPackage(
      changed(unsigned, { 'citadel.json': JSON.stringify({ ...MANIFEST, name: 'geo.maps' }) }),
      author.privateKey,
      { issuedAt: NOW },
    );
    expect(await outcome(scoped, only('geo.*'))).toMatch(/^signed/);
    expect(await outcome(scoped, only('geo'))).toBe('SIGNATURE_INVALID');
  });
});

test('a private key in a policy, another curve, or two keys of one id are mistakes', async () => {
  await expect(checkSignaturePolicy({ publicKeys: [{ key: author.privateKey }] })).rejects.toThrow(
    'private key',
  );
  await expect(
    checkSignaturePolicy({ publicKeys: [{ key: { ...author.publicKey, crv: 'X25519' as 'Ed25519' } }] }),
  ).rejects.toThrow('Ed25519');
  await expect(checkSignaturePolicy(trusting(author, author))).rejects.toThrow('two keys');
  await expect(checkSignaturePolicy({ require: false } as SignaturePolicy)).rejects.toThrow('require');
  await expect(signPackage(unsigned, { ...author.privateKey, d: other.privateKey.d })).rejects.toThrow(
    'belong together',
  );
});
