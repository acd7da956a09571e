/** The network controller: decides by `policy/egress`, acts through a `NetPlatform`. */
export { Desk } from './desk.ts';
export { createEgress, type Egress, type EgressOptions } from './egress.ts';
export { createProxyHandler, type ProxyOptions } from './proxy.ts';
export { type ProxyClient, SHORTEST_TOKEN } from './proxy-clients.ts';
export { freshPlaceholder, type SecretProvider, type SecretValues } from './secrets.ts';
export type { EgressSession, SessionOptions } from './session.ts';
export {
  type BodyPart,
  type CookieStore,
  type EgressAnswer,
  type EgressBody,
  EgressBodyError,
  type EgressDenial,
  type EgressFailure,
  type EgressRecord,
  type EgressRequest,
  type EgressResponse,
  type EgressUsage,
} from './types.ts';
