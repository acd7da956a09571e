/**
 * What may leave, and whereto: pure decisions over canonical URLs and address bytes, without a clock and without I/O.
 *
 *   parseNetworkPolicy(value: unknown, path: string): EgressRules
 *   decideUrl(rules: EgressRules, rawUrl: string, method?: string): UrlDecision
 *   decideAddress(rules: EgressRules, address: string | Uint8Array, request: UrlClearance): AddressDecision
 *   classifyAddress(address: string | Uint8Array): AddressClass | null
 *   nextHop(rules: EgressRules, from: UrlClearance, location: string, status: number, headers: readonly Header[]): RedirectDecision
 *   checkHeaders(headers: readonly Header[], mostBytes: number): HeaderDecision
 */
export {
  DEFAULT_NETWORK_LIMITS,
  NETWORK_LIMIT_NAMES,
  NETWORK_LIMITS,
  type NetworkLimitName,
  type NetworkLimits,
  resolveNetworkLimits,
} from './limits.ts';
export type {
  AddressClearance,
  AddressDecision,
  AddressRefusal,
  DenyReason,
  EgressRules,
  Header,
  HeaderDecision,
  Hop,
  HostRule,
  NetworkPolicy,
  RedirectDecision,
  Refusal,
  Scheme,
  UrlClearance,
  UrlDecision,
  UrlRefusal,
} from './types.ts';
