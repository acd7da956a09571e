/** Addresses from bytes: what they are, what they carry, and who opens them. */
import { BlockList } from 'node:net';
import { describe, expect, test } from 'vitest';
import {
  type AddressDecision,
  classifyAddress,
  type Destination,
  decideAddress,
  decideUrl,
  parseNetworkPolicy,
} from '../../../../src/policy/egress/index.ts';
import { SPECIAL_BLOCKS } from '../../../../src/policy/egress/special.ts';
import { seeded } from '../../protocol/random.ts';

const BY_NAME: Destination = { scheme: 'https', port: 443, name: 'a.test' };
const judge = (policy: unknown, address: string | Uint8Array, to = BY_NAME): AddressDecision =>
  decideAddress(parseNetworkPolicy(policy, 'network'), address, to);
const PUBLIC_ONLY = parseNetworkPolicy({ allow: ['a.test'], allowIp: ['0.0.0.0/0', '::/0'] }, 'network');
const NAMES_ONLY = parseNetworkPolicy({ allow: ['a.test'] }, 'network');

describe('every special-purpose block is closed, from its first address to its last', () => {
  test.each(SPECIAL_BLOCKS)('%s (%s)', (block, kind) => {
    const { first, last } = ends(block);
    for (const bytes of [first, last]) {
      expect(classifyAddress(bytes)).not.toMatchObject({ kind: 'public' });
      for (const rules of [PUBLIC_ONLY, NAMES_ONLY]) {
        expect(decideAddress(rules, bytes, BY_NAME)).toMatchObject({
          allowed: false,
          reason: 'address-special',
        });
      }
    }
    expect(classifyAddress(first)?.kind).toBe(
      // The blocks for narrower purposes begin where these do.
      { '::/96': 'unspecified', '::/8': 'unspecified', '2001::/23': 'translation', '100::/8': 'reserved' }[
        block
      ] ?? kind,
    );
  });
});

describe('what is next to a block is public', () => {
  test.each([
    ['9.255.255.255', '11.0.0.0'],
    ['100.63.255.255', '100.128.0.0'],
    ['126.255.255.255', '128.0.0.0'],
    ['169.253.255.255', '169.255.0.0'],
    ['172.15.255.255', '172.32.0.0'],
    ['191.255.255.255', '192.0.1.0'],
    ['192.0.3.0', '192.88.98.255'],
    ['192.167.255.255', '192.169.0.0'],
    ['198.17.255.255', '198.20.0.0'],
    ['198.51.99.255', '198.51.101.0'],
    ['203.0.112.255', '203.0.114.0'],
    ['223.255.255.255', '1.0.0.0'],
    ['168.63.129.15', '168.63.129.17'],
    ['2001:200::', '2001:db7:ffff::'],
    ['2001:db9::', '2003::'],
    ['2000::', '3ffd:ffff::'],
    ['3fff:1000::', '2606:4700::1111'],
  ])('%s and %s', (...addresses) => {
    for (const address of addresses) {
      expect(classifyAddress(address)).toMatchObject({ kind: 'public', embedded: [] });
      expect(decideAddress(NAMES_ONLY, address, BY_NAME)).toMatchObject({ allowed: true, rule: null });
    }
  });
});

describe('an address inside another is judged, too', () => {
  const forms: readonly (readonly [name: string, wrap: (hex: string) => string, opened: string])[] = [
    ['compatible', hex => `::${hex}`, '::/96'],
    ['translated', hex => `::ffff:0:${hex}`, '::ffff:0:0:0/96'],
    ['NAT64', hex => `64:ff9b::${hex}`, '64:ff9b::/96'],
    ['local NAT64', hex => `64:ff9b:1::${hex}`, '64:ff9b:1::/48'],
    ['local NAT64 behind 64 bits', hex => nat64(hex, 64), '64:ff9b:1::/48'],
    ['local NAT64 behind 56 bits', hex => nat64(hex, 56), '64:ff9b:1::/48'],
    ['local NAT64 behind 48 bits', hex => nat64(hex, 48), '64:ff9b:1::/48'],
    ['6to4', hex => `2002:${hex}::1`, '2002::/16'],
    ['Teredo', hex => `2001:0:808:808:0:0:${inverted(hex)}`, '2001::/32'],
    ['Teredo’s server', hex => `2001:0:${hex}::f7f7:f7f7`, '2001::/32'],
  ];
  test.each(forms)('%s', (name, wrap, opened) => {
    for (const [inside, hex] of [
      ['127.0.0.1', '7f00:1'],
      ['10.1.2.3', 'a01:203'],
      ['169.254.169.254', 'a9fe:a9fe'],
    ] as const) {
      // Where it could be in several places, all of them are judged, and 127.0.0.1 in one is 0.0.1.0 in another.
      if (name.includes('behind') && inside !== '10.1.2.3') continue;
      const outer = wrap(hex);
      expect(classifyAddress(outer)?.embedded.map(({ address }) => address)).toContain(inside);
      expect(judge({}, outer)).toMatchObject({ allowed: false, reason: 'address-special' });
      // The tunnel alone opens nothing that is closed without it, and what is inside does not open the tunnel.
      expect(judge({ allowIp: [opened] }, outer)).toMatchObject({
        allowed: false,
        hint: expect.stringContaining(`"${inside}"`),
      });
      expect(judge({ allowIp: [inside] }, outer).allowed).toBe(false);
      expect(judge({ allowIp: [opened, inside] }, outer)).toMatchObject({ allowed: true, rule: opened });
      expect(judge({ allowIp: [opened, inside], denyIp: [`${inside}/32`] }, outer)).toMatchObject({
        reason: 'address-denied',
      });
    }
    expect(judge({ allowIp: [opened] }, wrap('808:808')).allowed).toBe(true);
    expect(judge({ allowIp: [opened], denyIp: ['8.8.8.0/24'] }, wrap('808:808')).allowed).toBe(false);
  });

  test('ISATAP hides one under any prefix', () => {
    for (const address of ['2606:4700::5efe:10.0.0.1', '2606:4700::200:5efe:7f00:1']) {
      expect(judge({}, address)).toMatchObject({ allowed: false, reason: 'address-special' });
    }
    expect(judge({}, '2606:4700::5efe:8.8.8.8').allowed).toBe(true);
  });

  test('an IPv4-mapped address is the IPv4 address', () => {
    expect(judge({ allowIp: ['127.0.0.1'] }, '::ffff:127.0.0.1')).toMatchObject({
      allowed: true,
      address: '127.0.0.1',
    });
    expect(judge({ denyIp: ['8.8.8.8'] }, '::ffff:808:808').allowed).toBe(false);
    expect(judge({}, '::ffff:8.8.8.8')).toMatchObject({ allowed: true, address: '8.8.8.8' });
  });
});

describe('a rule opens a block from within only', () => {
  test.each([
    ['0.0.0.0/0', '127.0.0.1', false],
    ['0.0.0.0/0', '10.0.0.1', false],
    ['126.0.0.0/7', '127.0.0.1', false],
    ['127.0.0.0/8', '127.0.0.1', true],
    ['127.0.0.1', '127.0.0.1', true],
    ['127.0.0.1', '127.0.0.2', false],
    ['10.0.0.0/8', '10.9.8.7', true],
    ['10.1.0.0/16', '10.2.0.1', false],
    ['169.254.0.0/16', '169.254.1.1', true],
    ['169.254.0.0/16', '169.254.169.254', false],
    ['169.254.169.254', '169.254.169.254', true],
    ['100.64.0.0/10', '100.100.100.200', false],
    ['168.63.0.0/16', '168.63.129.16', false],
    ['::/0', '::1', false],
    ['::/0', 'fe80::1', false],
    ['::/127', '::1', false],
    ['::1', '::1', true],
    ['fd00::/8', 'fd12::1', true],
    ['fd00::/8', 'fd00:ec2::254', false],
    ['fd00:ec2::/32', 'fd00:ec2::254', false],
    ['fd00:ec2::254', 'fd00:ec2::254', true],
    ['4000::/3', '5000::1', true],
    ['::/1', '5000::1', false],
  ])('%s and %s: %s', (rule, address, isAllowed) => {
    expect(judge({ allowIp: [rule] }, address).allowed).toBe(isAllowed);
  });

  test.each([
    ['127.0.0.1:8080', 8080, true],
    ['127.0.0.1:8080', 443, false],
    ['127.0.0.0/8:8080', 8080, true],
    ['[::1]:8080', 8080, false],
    ['127.0.0.1', 8080, true],
  ])('%s and a name’s port %i: %s', (rule, port, isAllowed) => {
    expect(judge({ allowIp: [rule] }, '127.0.0.1', { ...BY_NAME, port }).allowed).toBe(isAllowed);
  });

  test.each([
    ['127.0.0.1', 'http://127.0.0.1/', 'allowed'],
    ['127.0.0.1', 'http://127.0.0.1:8080/', 'address-special'],
    ['127.0.0.1:8080', 'http://127.0.0.1:8080/', 'allowed'],
    ['127.0.0.1:8080', 'http://127.0.0.1/', 'address-special'],
    ['[::1]:8080', 'http://[::1]:8080/', 'allowed'],
    ['127.0.0.1', 'http://[::ffff:7f00:1]/', 'allowed'],
    ['127.0.0.1', 'http://2130706433/', 'allowed'],
  ])('%s and %s: %s', (rule, url, reason) => {
    expect(decideUrl(parseNetworkPolicy({ allowIp: [rule] }, 'network'), url).reason).toBe(reason);
  });
});

test('denyIp beats every rule and every name', () => {
  const policy = {
    allow: ['a.test'],
    allowIp: ['10.0.0.0/8', '8.8.8.8'],
    denyIp: ['10.1.0.0/16', '8.0.0.0/8', '::/0'],
  };
  expect(judge(policy, '10.2.0.1').allowed).toBe(true);
  for (const address of ['10.1.2.3', '8.8.8.8', '2606:4700::1111', '::ffff:10.1.2.3']) {
    expect(judge(policy, address)).toMatchObject({ reason: 'address-denied', rule: expect.any(String) });
  }
  expect(decideUrl(parseNetworkPolicy(policy, 'network'), 'https://8.8.8.8/').reason).toBe('address-denied');
});

describe('EG-SCN-002: of a mixed answer the private address is refused', () => {
  test.each([
    ['10.0.0.1', ['93.184.216.34', '10.0.0.1']],
    ['::1', ['2606:4700::1111', '::1', '1.1.1.1']],
    ['169.254.169.254', ['169.254.169.254', '1.1.1.1']],
    ['0.0.0.0', ['1.1.1.1', '1.0.0.1', '0.0.0.0']],
  ])('%s of %j', (refused, answer) => {
    const denied = answer.filter(address => !decideAddress(NAMES_ONLY, address, BY_NAME).allowed);
    expect(denied).toEqual([refused]);
  });
});

test.each([['::ffff:127.0.0.1'], ['64:ff9b::7f00:1'], ['::ffff:0:10.0.0.1'], ['2002:7f00:1::']])(
  'EG-SCN-003: %s as an answer is refused',
  address => {
    for (const rules of [NAMES_ONLY, PUBLIC_ONLY]) {
      expect(decideAddress(rules, address, BY_NAME)).toMatchObject({
        allowed: false,
        reason: 'address-special',
      });
    }
  },
);

test.each([
  '',
  'a.test',
  '1.2.3',
  '1.2.3.4.5',
  '01.2.3.4',
  '0x7f.0.0.1',
  '2130706433',
  '256.1.1.1',
  '1.2.3.4 ',
  '１.2.3.4',
  'fe80::1%eth0',
  'fe80::1%25eth0',
  '[::1]',
  '::1]@a[',
  '1::2::3',
  '::ffff:1.2.3',
  ':::',
  '1:2:3:4:5:6:7:8:9',
  '::1\0',
  '1'.repeat(10_000),
])('%j is no address, and is refused', text => {
  expect(classifyAddress(text)).toBeNull();
  expect(decideAddress(PUBLIC_ONLY, text, BY_NAME)).toMatchObject({
    allowed: false,
    reason: 'address-invalid',
  });
});

test.each([0, 1, 3, 5, 15, 17, 32])('%i bytes are no address', length => {
  expect(classifyAddress(new Uint8Array(length))).toBeNull();
});

describe('random addresses in every notation', () => {
  const { int: below } = seeded(0x0e97e55);
  const bytes = (length: number): Uint8Array => Uint8Array.from({ length }, () => below(256));
  /** A second opinion from RFC 6890 and its successors, matched by Node.js. */
  const closed4 = new BlockList();
  for (const [block] of SPECIAL_BLOCKS) {
    const [network = '', bits] = block.split('/');
    if (!block.includes(':')) closed4.addSubnet(network, Number(bits), 'ipv4');
  }

  test('IPv4', () => {
    let refused = 0;
    for (let i = 0; i < 2000; i++) {
      // Half of them from a special-purpose block: at random they are rare.
      const block = SPECIAL_BLOCKS.filter(([text]) => !text.includes(':'))[below(33)]?.[0];
      const address = i % 2 === 0 || block === undefined ? bytes(4) : inBlock(block, bytes(4));
      const text = address.join('.');
      const isClosed = closed4.check(text, 'ipv4');
      if (isClosed) refused += 1;
      expect(decideAddress(NAMES_ONLY, address, BY_NAME)).toMatchObject({
        allowed: !isClosed,
        address: text,
      });
      expect(decideAddress(NAMES_ONLY, text, BY_NAME).allowed).toBe(!isClosed);
      for (const notation of notations(address)) {
        const decision = decideUrl(PUBLIC_ONLY, `http://${notation}/`);
        expect(decision.allowed, `${text} as ${notation}`).toBe(!isClosed);
        expect(decideUrl(NAMES_ONLY, `http://${notation}/`).allowed).toBe(false);
      }
    }
    expect(refused).toBeGreaterThan(900);
  });

  test('IPv6', () => {
    for (let i = 0; i < 2000; i++) {
      const block = SPECIAL_BLOCKS.filter(([text]) => text.includes(':'))[below(45)]?.[0];
      const address = i % 2 === 0 || block === undefined ? bytes(16) : inBlock(block, bytes(16));
      const groups = Array.from(
        { length: 8 },
        (_, g) => ((address[g * 2] ?? 0) << 8) | (address[g * 2 + 1] ?? 0),
      );
      const full = groups.map(group => group.toString(16).padStart(4, '0')).join(':');
      const short = groups.map(group => group.toString(16).toUpperCase()).join(':');
      const dotted = `${groups
        .slice(0, 6)
        .map(group => group.toString(16))
        .join(':')}:${address.slice(12).join('.')}`;
      const canonical = new URL(`http://[${full}]/`).hostname.slice(1, -1);
      const decision = decideAddress(NAMES_ONLY, address, BY_NAME);
      for (const text of [full, short, dotted, canonical]) {
        expect(decideAddress(NAMES_ONLY, text, BY_NAME)).toEqual(decision);
        expect(decideUrl(PUBLIC_ONLY, `http://[${text}]/`).allowed).toBe(decision.allowed);
        expect(decideUrl(NAMES_ONLY, `http://[${text}]/`).allowed).toBe(false);
      }
      const isGlobal = ((address[0] ?? 0) & 0xe0) === 0x20;
      if (!isGlobal || (block !== undefined && i % 2 === 1)) expect(decision.allowed).toBe(false);
    }
  });
});

/** What WHATWG reads as the same IPv4 address. */
function notations(address: Uint8Array): string[] {
  const [a = 0, b = 0, c = 0, d = 0] = address;
  const word = ((a << 24) | (b << 16) | (c << 8) | d) >>> 0;
  const hex = (value: number): string => `0x${value.toString(16)}`;
  const octal = (value: number): string => `0${value.toString(8)}`;
  return [
    `${a}.${b}.${c}.${d}`,
    `${a}.${b}.${c}.${d}.`,
    `${word}`,
    hex(word),
    octal(word),
    `${octal(a)}.${b}.${c}.${octal(d)}`,
    `${hex(a)}.${hex(b)}.${hex(c)}.${hex(d)}`,
    `${a}.${hex(word & 0xffffff)}`,
    `${hex(a)}.${octal(b)}.${word & 0xffff}`,
    `000${octal(a)}.${b}.${c}.${d}`,
    `[::ffff:${a}.${b}.${c}.${d}]`,
    `[::FFFF:${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}]`,
    [...`${a}.${b}.${c}.${d}`]
      .map(char => (char === '.' ? '。' : String.fromCharCode(0xff10 + Number(char))))
      .join(''),
    `%3${String(a)[0]}${String(a).slice(1)}.${b}.${c}.${d}`,
  ];
}

function toBytes(network: string): Uint8Array {
  if (!network.includes(':')) return Uint8Array.from(network.split('.'), Number);
  const [head = '', tail = ''] = new URL(`http://[${network}]/`).hostname.slice(1, -1).split('::');
  const groups = (text: string): number[] =>
    text === '' ? [] : text.split(':').map(group => Number.parseInt(group, 16));
  const all = [...groups(head), ...new Array<number>(8).fill(0)];
  all.splice(
    groups(head).length,
    8,
    ...new Array<number>(8 - groups(head).length - groups(tail).length).fill(0),
    ...groups(tail),
  );
  return Uint8Array.from(all.flatMap(group => [group >> 8, group & 0xff]));
}

/** The bytes after the block's fixed bits are `rest`'s. */
function inBlock(block: string, rest: Uint8Array): Uint8Array {
  const [network = '', digits] = block.split('/');
  return toBytes(network).map((byte, i) => {
    const fixed = Math.min(8, Math.max(0, Number(digits) - i * 8));
    const mask = (0xff00 >> fixed) & 0xff;
    return (byte & mask) | ((rest[i] ?? 0) & ~mask & 0xff);
  });
}

function ends(block: string): { first: Uint8Array; last: Uint8Array } {
  const width = block.includes(':') ? 16 : 4;
  return {
    first: inBlock(block, new Uint8Array(width)),
    last: inBlock(block, new Uint8Array(width).fill(255)),
  };
}

function inverted(hex: string): string {
  return hex
    .split(':')
    .map(group => (~Number.parseInt(group, 16) & 0xffff).toString(16))
    .join(':');
}

/** RFC 6052, section 2.2: the address after so many bits, around the byte that stays zero. */
function nat64(hex: string, bits: 48 | 56 | 64): string {
  const [a = 0, b = 0, c = 0, d = 0] = hex
    .split(':')
    .flatMap(group => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 0xff]);
  const layout = {
    48: [a, b, 0, c, d, 0, 0, 0, 0, 0],
    56: [0, a, 0, b, c, d, 0, 0, 0, 0],
    64: [0, 0, 0, a, b, c, d, 0, 0, 0],
  }[bits];
  const groups = Array.from({ length: 5 }, (_, i) =>
    (((layout[i * 2] ?? 0) << 8) | (layout[i * 2 + 1] ?? 0)).toString(16),
  );
  return `64:ff9b:1:${groups.join(':')}`;
}
