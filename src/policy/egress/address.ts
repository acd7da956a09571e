/** Addresses as numbers: what is compared is never text. */

/** Big-endian 32-bit words: one for IPv4, four for IPv6. An IPv4-mapped address is held as the IPv4 address it is. */
export type Address = readonly number[];

/** Without leading zeros: the only form no two parsers disagree about. */
const DOTTED = /^(?:0|[1-9]\d{0,2})(?:\.(?:0|[1-9]\d{0,2})){3}$/;
const COLONS = /^[0-9a-f:.]{2,45}$/i;

export function parseAddress(given: string | Uint8Array): Address | null {
  const address = typeof given === 'string' ? fromText(given) : fromBytes(given);
  return address === null ? null : unmapped(address);
}

function fromText(text: string): Address | null {
  if (text.length > 45) return null;
  return text.includes(':') ? fromColons(text) : fromDotted(text);
}

function fromDotted(text: string): Address | null {
  if (!DOTTED.test(text)) return null;
  let word = 0;
  for (const part of text.split('.')) {
    if (Number(part) > 255) return null;
    word = word * 256 + Number(part);
  }
  return [word];
}

/** The platform's own URL parser reads the notation; what it writes is plain groups and at most one `::`. */
function fromColons(text: string): Address | null {
  if (!COLONS.test(text)) return null;
  const canonical = URL.parse(`http://[${text}]/`)?.hostname.slice(1, -1);
  if (canonical === undefined) return null;
  const [head = '', tail] = canonical.split('::');
  const left = groups(head);
  const right = tail === undefined ? [] : groups(tail);
  const all = [...left, ...new Array<number>(8 - left.length - right.length).fill(0), ...right];
  return [0, 2, 4, 6].map(i => (all[i] as number) * 0x10000 + (all[i + 1] as number));
}

function groups(text: string): number[] {
  return text === '' ? [] : text.split(':').map(group => Number.parseInt(group, 16));
}

function fromBytes(bytes: Uint8Array): Address | null {
  if (bytes.length !== 4 && bytes.length !== 16) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return Array.from({ length: bytes.length / 4 }, (_, i) => view.getUint32(i * 4));
}

/** ::ffff:a.b.c.d is how a socket of the newer family writes a.b.c.d: the connection is the same. */
function unmapped(address: Address): Address {
  const [a, b, c, d] = address;
  return a === 0 && b === 0 && c === 0xffff && d !== undefined ? [d] : address;
}

/** Canonical text. */
export function formatAddress(address: Address): string {
  const [first = 0] = address;
  if (address.length === 1) return [24, 16, 8, 0].map(shift => (first >>> shift) & 0xff).join('.');
  const text = address.map(word => `${(word >>> 16).toString(16)}:${(word & 0xffff).toString(16)}`).join(':');
  return URL.parse(`http://[${text}]/`)?.hostname.slice(1, -1) ?? text;
}

/**
 * IPv4 addresses inside an IPv6 one, which a translator, a tunnel or a kernel may unwrap and connect to.
 * https://www.rfc-editor.org/rfc/rfc6052#section-2.2 has the layouts of NAT64.
 */
export function embeddedIn(address: Address): readonly Address[] {
  const [a, b, c, d] = address;
  if (a === undefined || b === undefined || c === undefined || d === undefined) return [];
  // IPv4-compatible, IPv4-translated and NAT64's well-known prefix.
  if (a === 0 && b === 0 && (c === 0 || c === 0xffff_0000)) return d > 1 || c !== 0 ? [[d]] : [];
  if (a === 0x0064_ff9b && b === 0 && c === 0) return [[d]];
  if (a === 0x0064_ff9b && b >>> 16 === 1) return localNat64(b, c, d);
  // 6to4 has the address in its prefix, Teredo its server there and its client, inverted, at the end.
  if (a >>> 16 === 0x2002) return [[((a << 16) | (b >>> 16)) >>> 0]];
  if (a === 0x2001_0000) return [[b], [~d >>> 0]];
  // ISATAP, RFC 5214: an interface identifier under any prefix.
  if (c === 0x0000_5efe || c === 0x0200_5efe) return [[d]];
  return [];
}

/** The operator of 64:ff9b:1::/48 chooses where in it the address is; unused bits are zero. */
function localNat64(b: number, c: number, d: number): readonly Address[] {
  const found: number[] = [];
  if (c >>> 24 === 0) {
    const low = c & 0xff_ffff;
    if (d === 0 && (low & 0xff) === 0) found.push((((b & 0xffff) << 16) | (low >>> 8)) >>> 0);
    if (d === 0) found.push((((b & 0xff) << 24) | low) >>> 0);
    if ((d & 0xff_ffff) === 0) found.push(((low << 8) | (d >>> 24)) >>> 0);
  }
  if (d !== 0) found.push(d);
  // No layout says 0.0.0.0: it only means that the address is elsewhere.
  return found.filter(word => word !== 0).map(word => [word]);
}
