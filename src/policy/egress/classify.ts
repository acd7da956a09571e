/** Which kind of destination an address is, judged from its bytes. */
import { type Address, embeddedIn, formatAddress, parseAddress } from './address.ts';
import { type Cidr, contains, parseCidr } from './cidr.ts';
import { SPECIAL_BLOCKS, type SpecialKind } from './special.ts';

export interface SpecialBlock extends Cidr {
  readonly kind: SpecialKind;
  readonly name: string;
}

export interface AddressClass {
  /** Canonical text. */
  readonly address: string;
  readonly kind: SpecialKind | 'public';
  /** The narrowest special-purpose block it is in, in CIDR. */
  readonly block: string | null;
  readonly name: string | null;
  /** IPv4 addresses inside it, which somebody on the way may unwrap. */
  readonly embedded: readonly AddressClass[];
}

/** The narrowest first, so that the first to match is the one that counts. */
const BLOCKS: readonly (readonly SpecialBlock[])[] = [1, 4].map(words =>
  SPECIAL_BLOCKS.map(([block, kind, name]): SpecialBlock => {
    const cidr = parseCidr(block);
    if ('problem' in cidr) throw new Error(`${block} is no block`);
    return { ...cidr, kind, name };
  })
    .filter(({ network }) => network.length === words)
    .sort((x, y) => y.bits - x.bits),
);

/** `null` for a public address. */
export function specialBlockOf(address: Address): SpecialBlock | null {
  return BLOCKS[address.length === 1 ? 0 : 1]?.find(block => contains(block, address)) ?? null;
}

/** @returns `null` when it is not an address */
export function classifyAddress(given: string | Uint8Array): AddressClass | null {
  const address = parseAddress(given);
  return address === null ? null : classify(address);
}

function classify(address: Address): AddressClass {
  const block = specialBlockOf(address);
  return {
    address: formatAddress(address),
    kind: block?.kind ?? 'public',
    block: block === null ? null : `${formatAddress(block.network)}/${block.bits}`,
    name: block?.name ?? null,
    embedded: embeddedIn(address).map(classify),
  };
}
