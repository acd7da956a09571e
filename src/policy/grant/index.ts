/** From what a policy allows and a manifest asks for to what is in force. Pure. */
export { diffPermissions } from './diff.ts';
export { explainDiff, explainGrant } from './explain.ts';
export { decideGrant, POWERS } from './grant.ts';
export type { Grant, GrantLine, PermissionDiff, Power, Widening } from './types.ts';
