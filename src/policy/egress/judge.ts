/** One address against the rules: what it is, what it carries, and who opened it. */
import { cleanLine } from '../../core/text.ts';
import { type Address, embeddedIn, formatAddress } from './address.ts';
import { specialBlockOf } from './classify.ts';
import { type CompiledRules, covering, defaultPort, type IpMatcher } from './rules.ts';
import type { AddressDecision, AddressRefusal, DenyReason, Scheme } from './types.ts';

/** What of a request is judged with its address. A cleared URL is one. */
export interface Destination {
  readonly scheme: Scheme;
  readonly port: number;
  /** `null` when the URL itself names the address. */
  readonly name: string | null;
}

/** @param shown what messages call it when it is no address */
export function judge(
  { allowIp, denyIp }: CompiledRules,
  address: Address | null,
  shown: string,
  destination: Destination,
): AddressDecision {
  if (address === null) {
    return {
      address: null,
      allowed: false,
      reason: 'address-invalid',
      rule: null,
      message: `${cleanLine(shown, 60)} is not an address`,
      hint: 'check the resolver',
    };
  }
  const text = formatAddress(address);
  const refuse = (
    reason: DenyReason,
    message: string,
    hint: string,
    rule: string | null = null,
  ): AddressRefusal => ({
    address: text,
    allowed: false,
    reason,
    rule,
    message,
    hint,
  });
  const layers = [address, ...embeddedIn(address)];
  for (const layer of layers) {
    const denied = covering(denyIp, layer, () => true);
    if (denied === null) continue;
    const hint = `take ${JSON.stringify(denied.rule)} out of network.denyIp`;
    return refuse('address-denied', `${text} is denied by the policy`, hint, denied.rule);
  }
  const hasPort = (rule: IpMatcher): boolean => fitsPort(rule, destination);
  let rule: IpMatcher | null = null;
  for (const layer of layers) {
    const block = specialBlockOf(layer);
    if (block === null) continue;
    // A rule wider than the block does not mean it: 0.0.0.0/0 is the internet, not this machine.
    const opened = covering(allowIp, layer, candidate => candidate.bits >= block.bits && hasPort(candidate));
    if (opened === null) {
      const inside = formatAddress(layer);
      const carried = layer === address ? '' : `, which carries ${inside}`;
      return refuse(
        'address-special',
        `${text}${carried} is not a public address (${block.name})`,
        addTo(inside, destination),
      );
    }
    rule ??= opened;
  }
  if (destination.name === null && rule === null) {
    rule = covering(allowIp, address, hasPort);
    if (rule === null) {
      const isListed = covering(allowIp, address, () => true) !== null;
      return refuse(
        isListed ? 'port' : 'address-unlisted',
        isListed
          ? `port ${destination.port} is not allowed for ${text}`
          : `${text} is not allowed by the policy`,
        addTo(text, destination),
      );
    }
  }
  return { allowed: true, reason: 'allowed', rule: rule?.rule ?? null, address: text };
}

/** A rule without a port means the usual one in a URL, and whatever the name's own rule says behind a name. */
function fitsPort({ port }: IpMatcher, destination: Destination): boolean {
  if (port !== null) return port === destination.port;
  return destination.name !== null || destination.port === defaultPort(destination.scheme);
}

function addTo(text: string, { name, port, scheme }: Destination): string {
  const isUsual = name !== null || port === defaultPort(scheme);
  const wanted = isUsual ? text : text.includes(':') ? `[${text}]:${port}` : `${text}:${port}`;
  return `add ${JSON.stringify(wanted)} to network.allowIp`;
}
