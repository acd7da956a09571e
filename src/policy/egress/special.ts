/**
 * The blocks that are not ordinary destinations, one row each. What the tables do not name is public.
 *
 * IPv4: the IANA IPv4 Special-Purpose Address Registry, multicast and class E. IPv6: the IANA IPv6 Special-Purpose
 * Address Registry, and every block of the IPv6 address space that is not global unicast (2000::/3).
 * Blocks the registries call globally reachable (AS112, AMT, translators) are listed all the same: no plugin's
 * peer is there, and a translator leads wherever it likes.
 */
export type SpecialKind =
  | 'loopback'
  | 'unspecified'
  | 'private'
  | 'shared'
  | 'link-local'
  | 'metadata'
  | 'multicast'
  | 'broadcast'
  | 'documentation'
  | 'benchmarking'
  | 'protocol'
  /** Carries an IPv4 address that somebody else unwraps. */
  | 'translation'
  | 'reserved';

type Row = readonly [block: string, kind: SpecialKind, name: string];

export const SPECIAL_BLOCKS: readonly Row[] = [
  ['0.0.0.0/8', 'unspecified', '“this network”, RFC 791'],
  ['10.0.0.0/8', 'private', 'private use, RFC 1918'],
  ['100.64.0.0/10', 'shared', 'carrier-grade NAT, RFC 6598'],
  ['127.0.0.0/8', 'loopback', 'loopback, RFC 1122'],
  ['169.254.0.0/16', 'link-local', 'link-local, RFC 3927'],
  ['172.16.0.0/12', 'private', 'private use, RFC 1918'],
  ['192.0.0.0/24', 'protocol', 'protocol assignments, RFC 6890'],
  ['192.0.2.0/24', 'documentation', 'documentation, RFC 5737'],
  ['192.31.196.0/24', 'protocol', 'AS112, RFC 7535'],
  ['192.52.193.0/24', 'protocol', 'AMT, RFC 7450'],
  ['192.88.99.0/24', 'protocol', '6to4 relay, RFC 7526'],
  ['192.168.0.0/16', 'private', 'private use, RFC 1918'],
  ['192.175.48.0/24', 'protocol', 'AS112, RFC 7534'],
  ['198.18.0.0/15', 'benchmarking', 'benchmarking, RFC 2544'],
  ['198.51.100.0/24', 'documentation', 'documentation, RFC 5737'],
  ['203.0.113.0/24', 'documentation', 'documentation, RFC 5737'],
  ['224.0.0.0/4', 'multicast', 'multicast, RFC 1112'],
  ['240.0.0.0/4', 'reserved', 'reserved, RFC 1112'],
  ['255.255.255.255/32', 'broadcast', 'limited broadcast, RFC 8190'],

  // Where clouds hand out credentials. Rows of their own, so that a rule for the block around one does not open it.
  ['169.254.169.254/32', 'metadata', 'instance metadata of most clouds'],
  ['169.254.169.253/32', 'metadata', 'AWS name server'],
  ['169.254.170.2/32', 'metadata', 'AWS container credentials'],
  ['169.254.170.23/32', 'metadata', 'AWS pod identity'],
  ['169.254.0.23/32', 'metadata', 'Tencent Cloud metadata'],
  ['169.254.42.42/32', 'metadata', 'Scaleway metadata'],
  ['100.100.100.200/32', 'metadata', 'Alibaba Cloud metadata'],
  ['168.63.129.16/32', 'metadata', 'Azure wire server, a public address that leads to the host'],
  ['192.0.0.192/32', 'metadata', 'Oracle Cloud metadata'],
  ['fd00:ec2::254/128', 'metadata', 'AWS instance metadata'],
  ['fd00:ec2::253/128', 'metadata', 'AWS name server'],
  ['fd00:ec2::23/128', 'metadata', 'AWS pod identity'],
  ['fd20:ce::254/128', 'metadata', 'Google Cloud metadata'],
  ['fd00:42::42/128', 'metadata', 'Scaleway metadata'],
  ['fe80::a9fe:a9fe/128', 'metadata', 'OpenStack metadata'],

  ['::/128', 'unspecified', 'unspecified, RFC 4291'],
  ['::1/128', 'loopback', 'loopback, RFC 4291'],
  ['::/96', 'translation', 'IPv4-compatible, RFC 4291'],
  ['::ffff:0:0:0/96', 'translation', 'IPv4-translated, RFC 2765'],
  ['64:ff9b::/96', 'translation', 'NAT64, RFC 6052'],
  ['64:ff9b:1::/48', 'translation', 'local NAT64, RFC 8215'],
  ['100::/64', 'reserved', 'discard-only, RFC 6666'],
  ['100:0:0:1::/64', 'reserved', 'dummy prefix, RFC 9780'],
  ['2001::/23', 'protocol', 'protocol assignments, RFC 2928'],
  ['2001::/32', 'translation', 'Teredo, RFC 4380'],
  ['2001:2::/48', 'benchmarking', 'benchmarking, RFC 5180'],
  ['2001:10::/28', 'protocol', 'ORCHID, RFC 4843'],
  ['2001:20::/28', 'protocol', 'ORCHIDv2, RFC 7343'],
  ['2001:30::/28', 'protocol', 'drone remote ID, RFC 9374'],
  ['2001:db8::/32', 'documentation', 'documentation, RFC 3849'],
  ['2002::/16', 'translation', '6to4, RFC 3056'],
  ['2620:4f:8000::/48', 'protocol', 'AS112, RFC 7534'],
  ['3ffe::/16', 'reserved', 'the former 6bone, RFC 3701'],
  ['3fff::/20', 'documentation', 'documentation, RFC 9637'],
  ['5f00::/16', 'protocol', 'segment routing, RFC 9602'],
  ['fc00::/7', 'private', 'unique local, RFC 4193'],
  ['fe80::/10', 'link-local', 'link-local, RFC 4291'],
  ['fec0::/10', 'private', 'site-local, RFC 3879'],
  ['ff00::/8', 'multicast', 'multicast, RFC 4291'],

  ['::/8', 'reserved', 'reserved, RFC 4291'],
  ['100::/8', 'reserved', 'reserved, RFC 4291'],
  ['200::/7', 'reserved', 'reserved, RFC 4048'],
  ['400::/6', 'reserved', 'reserved, RFC 4291'],
  ['800::/5', 'reserved', 'reserved, RFC 4291'],
  ['1000::/4', 'reserved', 'reserved, RFC 4291'],
  ['4000::/3', 'reserved', 'reserved, RFC 4291'],
  ['6000::/3', 'reserved', 'reserved, RFC 4291'],
  ['8000::/3', 'reserved', 'reserved, RFC 4291'],
  ['a000::/3', 'reserved', 'reserved, RFC 4291'],
  ['c000::/3', 'reserved', 'reserved, RFC 4291'],
  ['e000::/4', 'reserved', 'reserved, RFC 4291'],
  ['f000::/5', 'reserved', 'reserved, RFC 4291'],
  ['f800::/6', 'reserved', 'reserved, RFC 4291'],
  ['fe00::/9', 'reserved', 'reserved, RFC 4291'],
];
