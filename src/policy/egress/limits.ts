/** How much of the network one run may use. A value outside its range is refused, never clipped. */
import { SandboxError } from '../../core/errors.ts';
import { isWithin, type LimitSpec, limitSpec } from '../../core/limits.ts';
import { type Json, keyPath } from '../copy.ts';
import { suggest } from '../suggest.ts';
import { describe, objectOf } from './read.ts';

const KiB = 1024;
const MiB = 1024 * KiB;
const GiB = 1024 * MiB;

export type NetworkLimitName =
  | 'requests'
  | 'concurrency'
  | 'uploadBytes'
  | 'downloadBytes'
  | 'requestTimeoutMs'
  | 'redirects'
  | 'responseHeaderBytes'
  | 'requestHeaderBytes'
  | 'expansion';

export type NetworkLimits = { readonly [K in NetworkLimitName]: number };

/** `name → default, min, ceiling, doc`. Frozen. */
export const NETWORK_LIMITS: Readonly<Record<NetworkLimitName, LimitSpec>> = Object.freeze({
  requests: limitSpec(
    100,
    0,
    100_000,
    'Requests of one run. Each hop of a redirect counts, and so does a denied one.',
  ),
  concurrency: limitSpec(
    6,
    1,
    256,
    'Requests of one run under way at the same time; more wait for their turn.',
  ),
  uploadBytes: limitSpec(
    10 * MiB,
    0,
    16 * GiB,
    'What one run sends: bodies, and of each hop the URL, the method and the headers the guest gave.',
  ),
  downloadBytes: limitSpec(
    50 * MiB,
    0,
    16 * GiB,
    'Bodies one run receives, after their content coding is taken off. The transfer that goes over is cut.',
  ),
  requestTimeoutMs: limitSpec(
    30_000,
    1,
    3_600_000,
    'Wall time of one request with its redirects, from when it has its turn to the last byte of the body.',
  ),
  redirects: limitSpec(10, 0, 20, 'Redirects one request follows.'),
  responseHeaderBytes: limitSpec(64 * KiB, 1 * KiB, 1 * MiB, 'Status line and headers of one response.'),
  requestHeaderBytes: limitSpec(32 * KiB, 1 * KiB, 256 * KiB, 'Headers the guest gives one request.'),
  expansion: limitSpec(
    200,
    1,
    100_000,
    'Decoded bytes of a response for each byte on the wire, beyond the first MiB. Node.js only.',
  ),
});

export const NETWORK_LIMIT_NAMES: readonly NetworkLimitName[] = Object.freeze(
  Object.keys(NETWORK_LIMITS) as NetworkLimitName[],
);

export const DEFAULT_NETWORK_LIMITS: NetworkLimits = Object.freeze(
  Object.fromEntries(NETWORK_LIMIT_NAMES.map(name => [name, NETWORK_LIMITS[name].default])) as NetworkLimits,
);

/**
 * @param given a copy; absent means the defaults
 * @throws SandboxError POLICY_INVALID for what is not a limit, LIMIT_OUT_OF_RANGE for a value out of its range
 */
export function resolveNetworkLimits(given: Json, path: string): NetworkLimits {
  const limits: Record<NetworkLimitName, number> = { ...DEFAULT_NETWORK_LIMITS };
  for (const [key, value] of Object.entries(objectOf(given, path))) {
    if (!Object.hasOwn(NETWORK_LIMITS, key)) {
      const near = suggest(key, NETWORK_LIMIT_NAMES, '');
      const tail =
        near !== null && Object.hasOwn(NETWORK_LIMITS, near)
          ? `did you mean ${near}?`
          : `known are ${NETWORK_LIMIT_NAMES.join(', ')}`;
      throw new SandboxError(
        'POLICY_INVALID',
        `${keyPath(path, key)} is not a limit of the network; ${tail}`,
      );
    }
    if (value === undefined) continue;
    const name = key as NetworkLimitName;
    const { min, ceiling } = NETWORK_LIMITS[name];
    if (!isWithin(NETWORK_LIMITS[name], value)) {
      throw new SandboxError(
        'LIMIT_OUT_OF_RANGE',
        `${path}.${name} must be an integer from ${min} to ${ceiling}, got ${typeof value === 'number' ? value : describe(value)}`,
      );
    }
    limits[name] = value;
  }
  return Object.freeze(limits);
}
