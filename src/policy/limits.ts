/** From the limits a caller names to the limits in force. */
import { SandboxError } from '../core/errors.ts';
import {
  checkLimit,
  DEFAULT_LIMITS,
  LIMIT_NAMES,
  type LimitName,
  type Limits,
  SANDBOX_LIMITS,
} from '../core/limits.ts';
import { copyJson, type Json, keyPath } from './copy.ts';
import { suggest } from './suggest.ts';

function isLimit(name: string): name is LimitName {
  return (LIMIT_NAMES as readonly string[]).includes(name);
}

function unknownLimit(key: string, path: string): string {
  const hint = suggest(key, LIMIT_NAMES, 'limits.');
  const tail = hint === null ? `; known are ${LIMIT_NAMES.join(', ')}` : `; did you mean ${hint}?`;
  return `${keyPath(path, key)} is not a limit${tail}`;
}

/** All limits of a policy. `given` is a copy. */
export function resolveLimits(given: { readonly [key: string]: Json }, path: string): Limits {
  const limits: Record<LimitName, number> = { ...DEFAULT_LIMITS };
  for (const key of Object.keys(given)) {
    if (!isLimit(key)) throw new SandboxError('POLICY_INVALID', unknownLimit(key, path));
    if (given[key] !== undefined) limits[key] = checkLimit(key, given[key], `${path}.${key}`);
  }
  return Object.freeze(limits);
}

/**
 * The limits of one run: those of the policy, some of them lowered.
 * @param override what the caller passed; undefined lowers nothing
 * @param path what messages call it, for example 'limits'
 * @throws SandboxError INVALID_ARGUMENT for what is not a limit of a run, LIMIT_OUT_OF_RANGE for a value that is
 * out of its range or above the policy's
 */
export function lowerLimits(limits: Limits, override: unknown, path: string): Limits {
  if (override === undefined) return limits;
  const given = copyJson(override, path, 'INVALID_ARGUMENT');
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw new SandboxError('INVALID_ARGUMENT', `${path} must be an object of limits`);
  }
  const lowered: Record<LimitName, number> = { ...limits };
  for (const [key, value] of Object.entries(given as { readonly [key: string]: Json })) {
    if (!isLimit(key)) throw new SandboxError('INVALID_ARGUMENT', unknownLimit(key, path));
    if (value === undefined) continue;
    if (SANDBOX_LIMITS.includes(key)) {
      throw new SandboxError(
        'INVALID_ARGUMENT',
        `${path}.${key} holds for a whole sandbox; set policy.limits.${key} instead`,
      );
    }
    const checked = checkLimit(key, value, `${path}.${key}`);
    if (checked > limits[key]) {
      throw new SandboxError(
        'LIMIT_OUT_OF_RANGE',
        `${path}.${key} must be at most ${limits[key]}, the policy’s value, got ${checked}`,
      );
    }
    lowered[key] = checked;
  }
  return Object.freeze(lowered);
}
