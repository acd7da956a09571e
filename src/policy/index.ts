/** Pure decisions: no clock, no I/O. */
export { lowerLimits } from './limits.ts';
export { parsePolicy } from './parse.ts';
export {
  DEFAULT_BLOCKED_FUNCTIONS,
  type PluginSecurityPolicy,
  POLICY_CAPS,
  type ResolvedPolicy,
} from './policy.ts';
