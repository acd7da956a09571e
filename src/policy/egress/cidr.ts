/** Blocks of addresses. */
import { type Address, formatAddress, parseAddress } from './address.ts';

export interface Cidr {
  readonly network: Address;
  /** Leading bits that are fixed. */
  readonly bits: number;
  readonly text: string;
}

export type CidrProblem =
  | { readonly problem: 'syntax' | 'mapped' | 'too-many-bits' }
  /** The address is not the first of its block; `network` is the block it is in. */
  | { readonly problem: 'host-bits'; readonly network: string };

/** @param text `10.0.0.0/8`, or an address, which is a block of its own */
export function parseCidr(text: string): Cidr | CidrProblem {
  const slash = text.indexOf('/');
  const base = slash < 0 ? text : text.slice(0, slash);
  const network = parseAddress(base);
  if (network === null) return { problem: 'syntax' };
  if (network.length === 1 && base.includes(':')) return { problem: 'mapped' };
  const width = network.length * 32;
  const given = slash < 0 ? String(width) : text.slice(slash + 1);
  if (!/^(?:0|[1-9]\d{0,2})$/.test(given)) return { problem: 'syntax' };
  const bits = Number(given);
  if (bits > width) return { problem: 'too-many-bits' };
  const first = network.map((word, i) => (word & maskOf(bits, i)) >>> 0);
  const written = `${formatAddress(first)}/${bits}`;
  if (first.some((word, i) => word !== network[i])) return { problem: 'host-bits', network: written };
  return { network, bits, text: bits === width ? formatAddress(network) : written };
}

export function contains({ network, bits }: Cidr, address: Address): boolean {
  if (network.length !== address.length) return false;
  for (let i = 0; i * 32 < bits; i++) {
    if ((((address[i] as number) ^ (network[i] as number)) & maskOf(bits, i)) !== 0) return false;
  }
  return true;
}

/** Of the word `i`. */
function maskOf(bits: number, i: number): number {
  const fixed = Math.min(32, Math.max(0, bits - i * 32));
  return fixed === 0 ? 0 : -1 << (32 - fixed);
}
