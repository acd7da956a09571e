/** Signatures and keys in other spellings than the one they have (HOST-SIGN). */
import { beforeAll, describe, expect, test } from 'vitest';
import {
  checkPublicKey,
  checkSignaturePolicy,
  generateKeys,
  type KeyPair,
  packArchive,
  packPackage,
  readArchive,
  SIGNATURE_FILE,
  signPackage,
  verifyPackage,
} from '../../../src/packages/index.ts';

const text = new TextEncoder();
let author: KeyPair;
let signed: Uint8Array<ArrayBuffer>;
let jws: string;

const b64 = (value: string | Uint8Array): string => Buffer.from(value).toString('base64url');
const parts = (): [string, string, string] => jws.split('.') as [string, string, string];

beforeAll(async () => {
  author = await generateKeys();
  const manifest = { name: 'geo', version: '1.0.0', runtime: 'javascript', entry: 'main.js' };
  signed = await signPackage(
    packPackage({ 'citadel.json': JSON.stringify(manifest), 'main.js': 'export default 1' }),
    author.privateKey,
  );
  jws = new TextDecoder().decode(readArchive(signed).get(SIGNATURE_FILE));
});

async function outcome(signature: string | Uint8Array): Promise<string> {
  const files = new Map(readArchive(signed));
  files.set(
    SIGNATURE_FILE,
    typeof signature === 'string' ? text.encode(signature) : new Uint8Array(signature),
  );
  const policy = await checkSignaturePolicy({ publicKeys: [{ key: author.publicKey }] });
  return verifyPackage(packArchive(files), policy, Date.now() / 1000).then(
    () => 'verified',
    (error: { code: string }) => error.code,
  );
}

/** The last character, with a bit set that is not read. */
function padded(part: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  return part.slice(0, -1) + alphabet[alphabet.indexOf(part.at(-1) as string) ^ 1];
}

test('what signPackage writes verifies', async () => expect(await outcome(jws)).toBe('verified'));

describe('HOST-SIGN-001 a signature file has one spelling', () => {
  const L = 2n ** 252n + 27742317777372353535851937790883648493n;
  const plusOrder = (signature: string): string => {
    const bytes = Buffer.from(signature, 'base64url');
    let s = L;
    for (let i = 0; i < 32; i++) s += BigInt(bytes[32 + i] as number) << BigInt(8 * i);
    for (let i = 0; i < 32; i++) bytes[32 + i] = Number((s >> BigInt(8 * i)) & 255n);
    return b64(bytes);
  };
  const header = (change: (text: string) => string): string => {
    const [head, payload, signature] = parts();
    return `${b64(change(Buffer.from(head, 'base64url').toString()))}.${payload}.${signature}`;
  };

  test.each<readonly [string, () => string]>([
    ['a line end', () => `${jws}\n`],
    ['a carriage return', () => `${jws}\r\n`],
    ['a space before it', () => ` ${jws}`],
    ['a byte order mark', () => `\ufeff${jws}`],
    ['padding', () => `${jws}==`],
    ['padding of its header', () => jws.replace('.', '=.')],
    ['white space within', () => jws.replace('.', '.\n')],
    ['NUL at its end', () => `${jws}\0`],
    ['the other alphabet', () => jws.replace('.', '.+/')],
    ['a fourth part', () => `${jws}.`],
    ['no payload', () => `${parts()[0]}..${parts()[2]}`],
    ['bits that nobody reads', () => `${parts()[0]}.${parts()[1]}.${padded(parts()[2])}`],
    ['a signature in another form', () => `${parts()[0]}.${parts()[1]}.${plusOrder(parts()[2])}`],
    ['a space in its header', () => header(text => text.replace(':', ': '))],
    [
      'a key of its header twice',
      () => header(text => text.replace('}', `,"kid":"${author.publicKey.kid}"}`)),
    ],
    [
      'another order in its header',
      () =>
        header(text =>
          JSON.stringify(Object.fromEntries(Object.entries(JSON.parse(text) as object).toReversed())),
        ),
    ],
    ['more in its header', () => header(text => text.replace('}', ',"x":1}'))],
    ['another type', () => header(text => text.replace('citadel-package+jws', 'JWT'))],
    ['nothing', () => ''],
  ])('%s is refused', async (_, spelled) => expect(await outcome(spelled())).toBe('SIGNATURE_INVALID'));

  test('bytes that are no text are refused', async () => {
    expect(await outcome(new Uint8Array([0xff, 0xfe, 46, 65, 46, 65]))).toBe('SIGNATURE_INVALID');
  });
});

describe('HOST-SIGN-002 a key of small order is nobody’s', () => {
  const P = 2n ** 255n - 19n;
  // Of order 8, as RFC 8032 writes points: the lowest byte first.
  const EIGHTH = BigInt(
    `0x${Buffer.from('c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a', 'hex').reverse().toString('hex')}`,
  );
  const heights = [0n, 1n, P - 1n, EIGHTH, P - EIGHTH, P, P + 1n, P + 2n, P + 18n];
  const points = heights.flatMap(y => [y, y + 2n ** 255n]);
  const bytesOf = (y: bigint): Uint8Array =>
    Uint8Array.from({ length: 32 }, (_, i) => Number((y >> BigInt(8 * i)) & 255n));

  test.each(points)('%s', async y => {
    const key = { kty: 'OKP', crv: 'Ed25519', x: b64(bytesOf(y)) } as const;
    await expect(checkPublicKey(key, 'key')).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    await expect(checkSignaturePolicy({ publicKeys: [{ key }] })).rejects.toThrow(
      /signature\.publicKeys\[0\]\.key must be another key/,
    );
    const secret = { ...key, d: author.privateKey.d, kid: 'weak' };
    await expect(signPackage(signed, secret)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  });

  test('a key in another spelling is refused, others are taken', async () => {
    const { publicKey } = author;
    await expect(checkPublicKey({ ...publicKey, x: padded(publicKey.x) }, 'key')).rejects.toThrow(
      'must be an Ed25519',
    );
    await expect(checkPublicKey({ ...publicKey, x: `${publicKey.x}=` }, 'key')).rejects.toThrow(
      'must be an Ed25519',
    );
    expect(await checkPublicKey(publicKey, 'key')).toEqual(publicKey);
    for (let i = 0; i < 20; i++) await checkPublicKey((await generateKeys()).publicKey, 'key');
  });
});
