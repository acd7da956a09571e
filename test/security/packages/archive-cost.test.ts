/** A large package must not hold its host while it is read (HOST-PACKAGE). */
import { expect, test } from 'vitest';
import { crc32, summing } from '../../../src/packages/crc32.ts';
import {
  checkSignaturePolicy,
  openPackage,
  packPackage,
  verifyPackage,
} from '../../../src/packages/index.ts';

const MiB = 1024 * 1024;
const manifest = JSON.stringify({ name: 'geo', version: '1.0.0', runtime: 'javascript', entry: 'main.js' });

/** Neither zeros, which would be refused as a bomb, nor what cannot be packed. */
function packed(bytes: number): Uint8Array<ArrayBuffer> {
  const data = Uint8Array.from({ length: bytes }, (_, i) => ((i * 7) % 251) ^ (i >> 9));
  return packPackage({ 'citadel.json': manifest, 'main.js': 'export default 1', 'data.bin': data });
}

/** Pieces of a work, and what it comes to. */
function pieces(bytes: Uint8Array): number {
  let count = 0;
  const work = summing(bytes);
  while (work.next().done !== true) count++;
  return count;
}

test('HOST-PACKAGE-001 others have their turns while a package is unpacked and hashed', async () => {
  const archive = packed(24 * MiB);
  const policy = await checkSignaturePolicy({ required: false });
  let turns = 0;
  const timer = setInterval(() => turns++, 0);
  const opened = await verifyPackage(archive, policy, Date.now() / 1000);
  clearInterval(timer);
  expect(turns).toBeGreaterThan(2);
  expect(opened.digest).toBe(openPackage(archive).digest);
});

test('HOST-PACKAGE-002 a work has a piece for each quarter of a mebibyte, whatever the size', () => {
  expect(pieces(new Uint8Array(0))).toBe(0);
  expect(pieces(new Uint8Array(256 * 1024))).toBe(1);
  expect(pieces(new Uint8Array(256 * 1024 + 1))).toBe(2);
  expect(pieces(new Uint8Array(16 * MiB))).toBe(64);
  expect(crc32(new TextEncoder().encode('123456789'))).toBe(0xcbf4_3926);
});

test('HOST-PACKAGE-003 what is wrong is found in pieces as it is at once', async () => {
  const policy = await checkSignaturePolicy({ required: false });
  for (const at of [40, 2000, -30]) {
    const archive = packed(MiB);
    const place = at < 0 ? archive.length + at : at;
    archive[place] = ~(archive[place] as number);
    let code = 'ok';
    try {
      openPackage(archive);
    } catch (error) {
      code = (error as { code: string }).code;
    }
    const sliced = await verifyPackage(archive, policy, 0).then(
      () => 'ok',
      (error: { code: string }) => error.code,
    );
    expect(sliced).toBe(code);
  }
});
