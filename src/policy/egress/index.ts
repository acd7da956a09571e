/** What may leave, and whereto: pure decisions over canonical URLs and address bytes, without a clock and without I/O. */
export { type AddressClass, classifyAddress } from './classify.ts';
export { decideAddress, decideUrl, URL_CHARS } from './decide.ts';
export { checkHeaders, HEADER_LINES } from './headers.ts';
export type { Destination } from './judge.ts';
export { minimalNetwork } from './learn.ts';
export {
  DEFAULT_NETWORK_LIMITS,
  NETWORK_LIMIT_NAMES,
  NETWORK_LIMITS,
  type NetworkLimitName,
  type NetworkLimits,
  resolveNetworkLimits,
} from './limits.ts';
export { GRANTABLE_HEADERS, parseNetworkPolicy } from './parse.ts';
export { createRedactor, type Redaction, type Redactor, secretForms } from './redact.ts';
export { headersForOthers, isRedirect, nextHop } from './redirect.ts';
export { DEFAULT_METHODS } from './rules.ts';
export {
  fillSecret,
  isSecretValue,
  parseSecrets,
  placeholderFor,
  type RunSecret,
  refuseSecret,
  SECRET_CHARS,
  type SecretPlace,
  type SecretPolicy,
  type SecretRule,
  type SecretRules,
  secretsIn,
} from './secrets.ts';
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
