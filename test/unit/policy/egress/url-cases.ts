/**
 * URLs that lead elsewhere than they look, by the id of the attack. Each has its payload and three variants, and the one
 * reason all of them are refused for by rules that allow `allowed.com`, what is below it, and every public address.
 */
import type { DenyReason } from '../../../../src/policy/egress/index.ts';

export type UrlRow = readonly [id: string, reason: DenyReason, urls: readonly string[]];

/** U+00AD, U+200D and U+3002 cannot be seen in source. */
const SHY = '\u00ad';
const ZWJ = '\u200d';
const IDEOGRAPHIC_STOP = '\u3002';

export const REFUSED: readonly UrlRow[] = [
  [
    'EG-URL-002',
    'address-special',
    ['http://0177.0.0.1/', 'http://0177.0.0.01/', 'http://012.0.0.1/', 'http://0251.0376.0251.0376/'],
  ],
  [
    'EG-URL-003',
    'address-special',
    ['http://0x7f.1/', 'http://0X7F.0.1/', 'http://0xa9.0xfe.43518/', 'http://0xA.1/'],
  ],
  [
    'EG-URL-004',
    'address-special',
    ['http://127.1/', 'http://127.0.1/', 'http://10.1/', 'http://192.168.257/'],
  ],
  [
    'EG-URL-005',
    'address-special',
    ['http://0x7f000001/', 'http://0x0a000001/', 'http://0xA9FEA9FE/', 'http://0x000000007f000001/'],
  ],
  [
    'EG-URL-006',
    'address-special',
    ['http://017700000001/', 'http://00000017700000001/', 'http://01200000001/', 'http://025177524776/'],
  ],
  ['EG-URL-007', 'address-special', ['http://0/', 'http://00/', 'http://0x0/', 'http://0x/']],
  [
    'EG-URL-008',
    'address-special',
    ['http://0.0.0.0/', 'http://0.0.0.0:443/', 'http://0.1.2.3/', 'http://0.255.255.255/'],
  ],
  [
    'EG-URL-009',
    'address-special',
    ['http://127.0.0.01/', 'http://127.000.000.001/', 'http://0012.0.0.1/', 'http://127.0.0.0x1/'],
  ],
  [
    'EG-URL-011',
    'address-special',
    ['http://127.0.0.1./', 'http://10.0.0.1.:80/', 'http://2130706433./', 'http://0x7f.1./'],
  ],
  [
    'EG-URL-012',
    'address-special',
    ['http://[::]/', 'http://[0:0:0:0:0:0:0:0]/', 'http://[0::0]/', 'http://[::0.0.0.0]/'],
  ],
  [
    'EG-URL-013',
    'address-special',
    ['http://[::1]/', 'http://[0:0:0:0:0:0:0:1]/', 'http://[::0.0.0.1]/', 'http://[0000::0001]/'],
  ],
  [
    'EG-URL-014',
    'address-special',
    [
      'http://[::ffff:127.0.0.1]/',
      'http://[::FFFF:7f00:1]/',
      'http://[0:0:0:0:0:ffff:10.0.0.1]/',
      'http://[::ffff:0:0]/',
    ],
  ],
  [
    'EG-URL-015',
    'address-special',
    [
      'http://[::ffff:169.254.169.254]/',
      'http://[::ffff:a9fe:a9fe]/',
      'http://[::ffff:100.100.100.200]/',
      'http://[::ffff:a83f:8110]/',
    ],
  ],
  [
    'EG-URL-017',
    'address-special',
    [
      'http://[::ffff:0:127.0.0.1]/',
      'http://[::ffff:0:a9fe:a9fe]/',
      'http://[::ffff:0:8.8.8.8]/',
      'http://[0:0:0:0:ffff:0:10.0.0.1]/',
    ],
  ],
  [
    'EG-URL-018',
    'address-special',
    [
      'http://[64:ff9b::7f00:1]/',
      'http://[64:ff9b::169.254.169.254]/',
      'http://[64:ff9b:1::10.0.0.1]/',
      'http://[64:ff9b:1:a00:0:100::]/',
    ],
  ],
  [
    'EG-URL-020',
    'address-special',
    [
      'http://[2002:7f00:1::]/',
      'http://[2002:a9fe:a9fe::1]/',
      'http://[2002:0a00:0001:0:0:0:0:1]/',
      'http://[2002:808:808::]/',
    ],
  ],
  [
    'EG-URL-021',
    'address-special',
    [
      'http://[2001::80ff:fffe]/',
      'http://[2001:0:4136:e378:8000:63bf:5601:5601]/',
      'http://[2001:0:a00:1::]/',
      'http://[2001:0:ffff:ffff:ffff:ffff:ffff:ffff]/',
    ],
  ],
  [
    'EG-URL-022',
    'address-special',
    [
      'http://[fe80::1]/',
      'http://[febf:ffff::1]/',
      'http://[FE80::A9FE:A9FE]/',
      'http://[fe80::5efe:10.0.0.1]/',
    ],
  ],
  [
    'EG-URL-024',
    'address-special',
    [
      'http://[fc00::1]/',
      'http://[fd12:3456:789a::1]/',
      'http://[fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]/',
      'http://[FC00:0:0::]/',
    ],
  ],
  [
    'EG-URL-025',
    'address-special',
    ['http://[fec0::1]/', 'http://[feff::1]/', 'http://[fec0:0:0:ffff::1]/', 'http://[FED0::]/'],
  ],
  [
    'EG-URL-026',
    'address-special',
    ['http://[ff02::1]/', 'http://[ff00::]/', 'http://[ff05::1:3]/', 'http://[ff3e::8000:1]/'],
  ],
  [
    'EG-URL-028',
    'address-special',
    [
      'http://[2001:db8::1]/',
      'http://[2001:0DB8:ffff::]/',
      'http://[3fff::1]/',
      'http://[3fff:fff:ffff::1]/',
    ],
  ],
  [
    'EG-URL-029',
    'address-special',
    [
      'http://[fd00:ec2::254]/',
      'http://[fd00:0ec2:0::0254]/',
      'http://[fd20:ce::254]/',
      'http://[fd00:ec2::23]/',
    ],
  ],
  [
    'EG-URL-031',
    'address-special',
    ['http://172.16.0.1/', 'http://172.31.255.255/', 'http://10.255.255.255/', 'http://192.168.0.1/'],
  ],
  [
    'EG-URL-033',
    'address-special',
    ['http://100.64.0.1/', 'http://100.127.255.255/', 'http://1681915905/', 'http://0x64.0x40.1/'],
  ],
  [
    'EG-URL-034',
    'address-special',
    ['http://100.100.100.200/', 'http://100.100.25800/', 'http://0x646464c8/', 'http://[::ffff:6464:64c8]/'],
  ],
  [
    'EG-URL-035',
    'address-special',
    [
      'http://169.254.169.254/',
      'http://169.254.170.2/v2/credentials',
      'http://169.254.0.1/',
      'http://169.254.169.254:80/latest/meta-data/',
    ],
  ],
  [
    'EG-URL-037',
    'address-special',
    ['http://168.63.129.16/', 'http://0xa83f8110/', 'http://168.63.33040/', 'http://[::ffff:168.63.129.16]/'],
  ],
  [
    'EG-URL-038',
    'address-special',
    ['http://192.0.0.192/', 'http://192.0.192/', 'http://192.0.0.1/', 'http://192.0.0.255/'],
  ],
  [
    'EG-URL-039',
    'address-special',
    ['http://192.0.2.1/', 'http://198.51.100.7/', 'http://203.0.113.255/', 'http://192.0.513/'],
  ],
  [
    'EG-URL-040',
    'address-special',
    ['http://198.18.0.1/', 'http://198.19.255.255/', 'http://198.1179648/', 'http://[2001:2::1]/'],
  ],
  [
    'EG-URL-043',
    'address-special',
    ['http://255.255.255.255/', 'http://4294967295/', 'http://240.0.0.1/', 'http://224.0.0.251/'],
  ],
  [
    'EG-URL-044',
    'address-special',
    ['http://192.88.99.1/', 'http://192.88.25345/', 'http://192.52.193.1/', 'http://192.175.48.42/'],
  ],
  [
    'EG-URL-045',
    'address-special',
    ['http://2852039166/', 'http://2130706433/', 'http://3232235521/', 'http://167772161/'],
  ],
  [
    'EG-URL-048',
    'host-unlisted',
    [
      'http://metadata.google.internal/',
      'http://METADATA.GOOGLE.INTERNAL./',
      'http://metadata/',
      'http://instance-data.ec2.internal/',
    ],
  ],
  [
    'EG-URL-050',
    'host-unlisted',
    ['http://localhost/', 'http://LOCALHOST/', 'http://localhost./', 'http://ⓛocalhost/'],
  ],
  [
    'EG-URL-052',
    'host-unlisted',
    [
      'http://foo.localhost/',
      'http://a.b.localhost/',
      'http://allowed.com.localhost/',
      'http://localhost.localdomain/',
    ],
  ],
  [
    'EG-URL-054',
    'host-unlisted',
    [
      'http://127.0.0.1.nip.io/',
      'http://10-0-0-1.sslip.io/',
      'http://7f000001.1u.ms/',
      'http://localtest.me/',
    ],
  ],
  [
    'EG-URL-057',
    'host-unlisted',
    ['http://printer.local/', 'http://router.lan/', 'http://nas.home.arpa/', 'http://_http._tcp.local/'],
  ],
  [
    'EG-URL-060',
    'address-special',
    [
      'http://①②⑦.0.0.1/',
      'http://１２７.０.０.１/',
      `http://127${IDEOGRAPHIC_STOP}0${IDEOGRAPHIC_STOP}0${IDEOGRAPHIC_STOP}1/`,
      `http://1${SHY}27.0.0.1/`,
    ],
  ],
  [
    'EG-URL-067',
    'address-special',
    [
      'http://127.0.0.1:80\\@allowed.com/',
      'http://127.0.0.1\\@allowed.com/',
      'http:\\\\10.0.0.1\\.allowed.com',
      'http://[::1]\\.allowed.com/',
    ],
  ],
  [
    'EG-URL-069',
    'host-unlisted',
    [
      'http://evil.com?@allowed.com/',
      'http://evil.com#@allowed.com/',
      'http://evil.com/@allowed.com/',
      'http://evil.com\\@allowed.com',
    ],
  ],
  [
    'EG-URL-071',
    'host-unlisted',
    [
      'http://allowed.com.evil.com/',
      'http://notallowed.com/',
      'http://allowed.com-evil.com/',
      'http://allowed-com/',
    ],
  ],
  [
    'EG-URL-075',
    'host-unlisted',
    [
      'http://ⓔⓥⓘⓛ.com/',
      'http://ｅｖｉｌ.com/',
      'http://аllowed.com/',
      `http://allowed.com${IDEOGRAPHIC_STOP}evil.com/`,
    ],
  ],
  [
    'EG-URL-077',
    'host-invalid',
    ['http://*.allowed.com/', 'http://*/', 'http://＊.allowed.com/', 'http://a*.allowed.com/'],
  ],
  [
    'EG-URL-078',
    'host-invalid',
    [
      'http://allowed.com../',
      'http://a..allowed.com/',
      'http://.allowed.com/',
      `http://allowed.com${IDEOGRAPHIC_STOP}./`,
    ],
  ],
  [
    'EG-URL-089',
    'url-credentials',
    [
      'http://user:pass@allowed.com/',
      'http://user@allowed.com/',
      'http://:pass@allowed.com/',
      'http://127.0.0.1:80@allowed.com/',
    ],
  ],
  [
    'EG-URL-091',
    'port',
    [
      'http://allowed.com:6379/',
      'https://allowed.com:22/',
      'http://allowed.com:8080/',
      'http://allowed.com:443/',
    ],
  ],
  [
    'EG-URL-092',
    'port',
    ['http://allowed.com:0/', 'https://allowed.com:00000/', 'http://a.allowed.com:0/', 'http://[::1]:0/'],
  ],
  [
    'EG-URL-095',
    'scheme',
    ['file:///etc/passwd', 'FILE://allowed.com/x', 'file:/C:/x', 'file://localhost/etc/passwd'],
  ],
  [
    'EG-URL-096',
    'scheme',
    [
      'gopher://127.0.0.1:6379/_x',
      'gophers://allowed.com/',
      'dict://127.0.0.1:11211/',
      'telnet://allowed.com/',
    ],
  ],
  [
    'EG-URL-097',
    'scheme',
    ['ftp://allowed.com/', 'ftps://allowed.com/', 'sftp://allowed.com/', 'tftp://allowed.com/x'],
  ],
  [
    'EG-URL-099',
    'scheme',
    [
      'blob:https://allowed.com/x',
      'filesystem:https://allowed.com/temporary/x',
      'data:text/html,x',
      'javascript:fetch("https://allowed.com")',
    ],
  ],
  ['EG-URL-101', 'scheme', ['about:blank', 'about:srcdoc', 'ABOUT:config', 'chrome:settings']],
  [
    'EG-URL-103',
    'scheme',
    ['jar:http://allowed.com!/', 'netdoc:///etc/passwd', 'wss://allowed.com/', 'ws://allowed.com/'],
  ],
  [
    'EG-URL-104',
    'scheme',
    ['ldap://127.0.0.1/', 'ldaps://allowed.com/', 'ldapi://%2fvar%2frun/', 'rmi://allowed.com/'],
  ],
  [
    'EG-URL-106',
    'scheme',
    ['chrome-extension://x/', 'moz-extension://x/', 'resource://gre/', 'ms-browser-extension://x/'],
  ],
  [
    'EG-URL-107',
    'scheme',
    [
      'view-source:http://allowed.com',
      'view-source:view-source:https://allowed.com',
      'feed:https://allowed.com',
      'intent://allowed.com#Intent;scheme=http;end',
    ],
  ],
  [
    'EG-URL-108',
    'scheme',
    [
      'unix:///var/run/docker.sock',
      'http+unix://%2Fvar%2Frun%2Fdocker.sock/x',
      'npipe:////./pipe/docker_engine',
      'unix:/tmp/x',
    ],
  ],
  ['EG-URL-112', 'url-invalid', ['//allowed.com/', '/x', 'allowed.com/x', '\\\\allowed.com\\']],
  ['EG-URL-113', 'url-invalid', ['', ' ', '#', '?']],
  [
    'EG-URL-115',
    'url-too-long',
    [
      `https://allowed.com/${'a'.repeat(1_000_000)}`,
      `https://allowed.com/?${'a'.repeat(8200)}`,
      `https://allowed.com/${'é'.repeat(3000)}`,
      `https://${'a.'.repeat(5000)}allowed.com/`,
    ],
  ],
  // Not in the catalogue: what bridges cut at, and what the parser drops without a word.
  [
    'NUL and control characters',
    'url-control',
    [
      'https://allowed.com\0.evil.com/',
      'https://evil.com\0/',
      'https://allo\twed.com/',
      '\u001fhttps://allowed.com/',
    ],
  ],
];

/** IDNA that is none: the platform refuses most of it, the rest is refused here. */
export const NOT_A_NAME: readonly (readonly [id: string, urls: readonly string[]])[] = [
  [
    'EG-URL-080',
    [
      'http://xn--/',
      'http://xn--.allowed.com/',
      'http://xn--a-.allowed.com/',
      'http://a.xn--allowed-.allowed.com/',
    ],
  ],
  [
    'EG-URL-081',
    [
      `http://allowed${ZWJ}.com/`,
      `http://${ZWJ}.allowed.com/`,
      `http://allowed.com${ZWJ}/`,
      `http://a${ZWJ}a.allowed.com/`,
    ],
  ],
];

/** What looks odd and is a listed host all the same: the canonical URL is what is asked for. */
export const CANONICAL: readonly (readonly [id: string, given: string, canonical: string])[] = [
  ['EG-URL-083', `http://allowed.com${SHY}/`, 'http://allowed.com/'],
  ['EG-URL-083', `http://${SHY}allow${SHY}ed.com/x`, 'http://allowed.com/x'],
  ['EG-URL-083', `http://allowed${IDEOGRAPHIC_STOP}com/`, 'http://allowed.com/'],
  ['EG-URL-083', 'http://ＡＬＬＯＷＥＤ.com/', 'http://allowed.com/'],
  ['EG-URL-086', 'http:allowed.com', 'http://allowed.com/'],
  ['EG-URL-086', 'https:/allowed.com', 'https://allowed.com/'],
  ['EG-URL-086', 'HTTP:\\allowed.com\\x', 'http://allowed.com/x'],
  ['EG-URL-086', 'https:a.allowed.com', 'https://a.allowed.com/'],
  ['EG-URL-087', 'http:///allowed.com', 'http://allowed.com/'],
  ['EG-URL-087', 'https://///allowed.com/', 'https://allowed.com/'],
  ['EG-URL-087', 'http:\\\\\\allowed.com', 'http://allowed.com/'],
  ['EG-URL-087', 'http:/\\/allowed.com/', 'http://allowed.com/'],
  ['EG-URL-084', ' https://allowed.com/ ', 'https://allowed.com/'],
  ['case and the trailing dot', 'HTTPS://AlloWed.COM./A?B#c', 'https://allowed.com/A?B'],
  ['default ports', 'https://allowed.com:443/', 'https://allowed.com/'],
  ['percent-encoded hosts', 'http://%61llowed.com/', 'http://allowed.com/'],
  ['empty credentials and fragments', 'http://@allowed.com/?#', 'http://allowed.com/?'],
  ['dot segments', 'https://allowed.com/a/../b/%2e%2E/c/./d', 'https://allowed.com/c/d'],
];

/** Refused, as control characters are, although the platform would take them for the listed host. */
export const DROPPED: readonly (readonly [id: string, url: string])[] = [
  ['EG-URL-084', 'ht\ntp://allowed.com/'],
  ['EG-URL-084', 'http://allowed.com/\r\nHost: evil.com'],
  ['EG-URL-084', 'http://al\tlowed.com/'],
  ['EG-URL-084', '\nhttp://allowed.com/'],
];
