/** Archives made to be misread (GW-ARC): each is refused before a file of it is used. */
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { packPackage, readArchive } from '../../../src/packages/index.ts';
import { type RawEntry, type RawOptions, rawZip } from './raw-zip.ts';

const refusal = (archive: Uint8Array): string => {
  try {
    readArchive(archive);
  } catch (error) {
    return (error as { code?: string }).code === 'ARCHIVE_INVALID'
      ? (error as Error).message
      : `threw ${String(error)}`;
  }
  return 'read';
};
const zip = (entries: readonly RawEntry[], options?: RawOptions): string => refusal(rawZip(entries, options));

test('the archives of these tests are right but for what each test changes', () => {
  const archive = rawZip([
    { name: 'dir/', mode: 0o040755 },
    { name: 'dir/a.txt', data: 'hello' },
    { name: 'é.txt', data: 'x'.repeat(5000), deflate: true },
    { name: 'no-mode', data: 'y', mode: 0, madeBy: 20 },
    {
      name: 'time',
      data: 'z',
      extra: Uint8Array.of(0x55, 0x54, 1, 0, 1),
      localExtra: Uint8Array.of(0x55, 0x54, 1, 0, 1),
    },
  ]);
  expect([...readArchive(archive).keys()]).toEqual(['dir/a.txt', 'é.txt', 'no-mode', 'time']);
});

describe('GW-ARC-001 names that lead elsewhere', () => {
  test.each([
    ...[
      '../../x',
      '..',
      'a/../../x',
      '/abs',
      '//host/share',
      'C:\\x',
      'C:x',
      'a\\b',
      '..\\x',
      '\\\\?\\C:\\x',
      './x',
      'a//b',
      'a/./b',
    ],
    ...[
      'a\0b',
      'con',
      'NUL.txt',
      'a/com1',
      'lpt9.log',
      'a.',
      'a ',
      ' a',
      '-rf',
      'a:stream',
      'a/.../b',
      '．．/x',
      'a／b',
      'A~1'.replace('1', '1') + ':',
      '',
    ],
    ...[
      '__proto__/x',
      'a'.repeat(201),
      'x/'.repeat(20) + 'y',
      'cafe\u0301',
      '\u202etxt.exe',
      'a\u200bb',
      'ﬁle',
    ],
  ])('refuses %j', name => {
    expect(zip([{ name, data: 'x' }])).not.toBe('read');
  });

  test.each([0o120777, 0o020666, 0o060666, 0o010644, 0o140755])('refuses what is no file: mode %o', mode => {
    expect(zip([{ name: 'link', data: '../../etc/passwd', mode }])).toContain('link or a device');
    expect(zip([{ name: 'link', data: 'x', mode, madeBy: 0x1314 }])).toContain('link or a device');
  });

  test('refuses a name that is another one elsewhere in the archive', () => {
    expect(zip([{ name: 'good.js', localName: '../bad', data: 'x' }])).toContain('two ways');
    expect(zip([{ name: 'good.js', localName: 'evil.js', data: 'x' }])).toContain('two ways');
    const unicodePath = Uint8Array.of(0x75, 0x70, 6, 0, 1, 0, 0, 0, 0, 120);
    expect(zip([{ name: 'good.js', data: 'x', extra: unicodePath }])).toContain('of its own');
    expect(zip([{ name: 'good.js', data: 'x', localExtra: unicodePath }])).toContain('of its own');
    expect(zip([{ name: Uint8Array.of(0xe9), data: 'x', flags: 0 }])).not.toBe('read');
    expect(zip([{ name: 'é', data: 'x', flags: 0 }])).toContain('characters');
  });

  test.each([
    ['a.js', 'a.js'],
    ['a.js', 'A.js'],
    ['é.js', 'É.js'],
    ['straße', 'STRASSE'],
    ['dir/a', 'DIR/a'],
    ['a', 'a/b'],
    ['a/b', 'A'],
  ])('refuses %j beside %j', (first, second) => {
    expect(
      zip([
        { name: first, data: '1' },
        { name: second, data: '2' },
      ]),
    ).not.toBe('read');
  });
});

describe('GW-ARC-002 archives that unpack to too much', () => {
  const zeros = (bytes: number): Uint8Array => new Uint8Array(bytes);

  test('refuses by ratio, by size of a file and of all files', () => {
    expect(zip([{ name: 'bomb', data: zeros(8 << 20), deflate: true }])).toContain('200 times');
    expect(zip([{ name: 'small', data: zeros(1 << 20), deflate: true }])).toBe('read');
    expect(zip([{ name: 'big', data: 'x', size: (32 << 20) + 1, deflate: true }])).toContain('at most');
    const many = Array.from({ length: 65 }, (_, i) => ({
      name: `f${i}`,
      data: zeros(1 << 20),
      deflate: true,
    }));
    expect(zip(many)).toContain('unpacks to');
    expect(zip(many.slice(0, 64))).toBe('read');
  });

  test('refuses what states less, or more, than it unpacks to', () => {
    expect(zip([{ name: 'lie', data: zeros(900_000), deflate: true, size: 10 }])).toContain('size it states');
    expect(zip([{ name: 'lie', data: 'abc', deflate: true, size: 1000 }])).toContain('size it states');
    expect(zip([{ name: 'lie', data: 'abc', size: 2 }])).toContain('two ways');
    expect(zip([{ name: 'lie', data: 'abc', deflate: true, crc: 1 }])).toContain('checksum');
    expect(zip([{ name: 'lie', data: Uint8Array.of(255, 255, 255), method: 8 }])).toContain(
      'cannot be unpacked',
    );
  });

  test('refuses overlapping and hidden entries, and anything around them', () => {
    const shared = rawZip([
      { name: 'a', data: 'x' },
      { name: 'a', data: 'x', offset: 0 },
    ]);
    expect(refusal(shared)).not.toBe('read');
    expect(zip([{ name: 'a', data: 'x', after: Uint8Array.of(1, 2, 3) }])).toContain('overlap');
    expect(zip([{ name: 'a', data: 'x' }], { before: Uint8Array.of(1) })).toContain('before its first');
    expect(zip([{ name: 'a', data: 'x' }], { comment: 'hello' })).not.toBe('read');
    expect(zip([{ name: 'a', data: 'x' }], { trailing: Uint8Array.of(0) })).not.toBe('read');
    expect(zip([{ name: 'a', data: 'x' }], { count: 2 })).not.toBe('read');
    expect(zip([{ name: 'a', data: 'x' }], { count: 0 })).not.toBe('read');
  });

  test('refuses more entries than a package may have, and lets in as many as it may', () => {
    const named = (count: number): RawEntry[] => Array.from({ length: count }, (_, i) => ({ name: `f${i}` }));
    expect(zip(named(1000))).toBe('read');
    expect(zip(named(1001))).toContain('at most 1000');
    expect(zip(named(10), { count: 65_535 })).toContain('at most 1000');
  });

  test.each([
    ['encrypted', { name: 'a', data: 'x', flags: 1 }],
    ['strongly encrypted', { name: 'a', data: 'x', flags: 0x41 }],
    ['packed by another method', { name: 'a', data: 'x', method: 12 }],
    ['ZIP64', { name: 'a', data: 'x', size: 0xffff_ffff }],
    ['a directory with contents', { name: 'a/', data: 'x', mode: 0o040755 }],
    ['flags that differ', { name: 'a', data: 'x', localFlags: 8 }],
  ])('refuses what is %s', (_, entry) => {
    expect(zip([entry as RawEntry])).not.toBe('read');
  });
});

test('GW-ARC-004 refuses other formats: a tar with a link and a file through it, gzip, nothing', () => {
  const tar = new Uint8Array(2048);
  tar.set(new TextEncoder().encode('link'));
  tar[156] = 0x31;
  tar.set(new TextEncoder().encode('ustar'), 257);
  expect(refusal(tar)).toContain('no ZIP');
  expect(refusal(gzipSync(tar))).toContain('no ZIP');
  expect(refusal(new Uint8Array())).toContain('no ZIP');
  expect(refusal(new Uint8Array(22))).toContain('no ZIP');
});

test('damage anywhere never does anything but refuse', () => {
  const manifest = { name: 'a', version: '1.0.0', runtime: 'javascript', entry: 'a.js' };
  const archive = packPackage({
    'citadel.json': JSON.stringify(manifest),
    'a.js': 'export default 1;\n'.repeat(20),
  });
  let read = 0;
  for (let i = 0; i < archive.length; i++) {
    for (const flip of [0x01, 0x80, 0xff]) {
      const damaged = archive.slice();
      damaged[i] = (damaged[i] as number) ^ flip;
      const outcome = refusal(damaged);
      expect(outcome).not.toMatch(/^threw/);
      if (outcome === 'read') read++;
    }
  }
  // Versions, times and attributes of entries are looked at by nobody.
  expect(read).toBeLessThan(archive.length);
});

test('packing is deterministic, whatever the order', () => {
  const manifest = JSON.stringify({ name: 'a', version: '1.0.0', runtime: 'javascript', entry: 'a.js' });
  const one = packPackage({ 'citadel.json': manifest, 'a.js': '1', 'z.txt': 'z' });
  const two = packPackage({ 'z.txt': 'z', 'a.js': '1', 'citadel.json': manifest });
  expect(one).toEqual(two);
});
