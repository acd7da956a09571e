/** How much of the network one run may use. A value outside its range is refused, never clipped. */
import { SandboxError } from '../core/errors.ts';
import type { LimitSpec } from '../core/limits.ts';

export type QuotaName =
  | 'requests'
  | 'concurrency'
  | 'uploadBytes'
  | 'downloadBytes'
  | 'requestTimeoutMs'
  | 'redirects'
  | 'responseHeaderBytes'
  | 'requestHeaderBytes'
  | 'expansion';

export type EgressQuotas = { readonly [K in QuotaName]: number };

const KiB = 1024;
const MiB = 1024 * KiB;
const GiB = 1024 * MiB;
const spec = (def: number, min: number, ceiling: number, doc: string): LimitSpec =>
  Object.freeze({ default: def, min, ceiling, doc });

/** `name → default, min, ceiling, doc`. Frozen. */
export const QUOTAS: Readonly<Record<QuotaName, LimitSpec>> = Object.freeze({
  requests: spec(
    100,
    0,
    100_000,
    'Requests of one run. Each hop of a redirect counts, and so does a denied one.',
  ),
  concurrency: spec(6, 1, 256, 'Requests of one run under way at the same time; more wait for their turn.'),
  uploadBytes: spec(
    10 * MiB,
    0,
    16 * GiB,
    'What one run sends: bodies, and of each hop the URL, the method and the headers the guest gave.',
  ),
  downloadBytes: spec(
    50 * MiB,
    0,
    16 * GiB,
    'Bodies one run receives, after their content coding is taken off. The transfer that goes over is cut.',
  ),
  requestTimeoutMs: spec(
    30_000,
    1,
    3_600_000,
    'Wall time of one request with its redirects, from when it has its turn to the last byte of the body.',
  ),
  redirects: spec(10, 0, 20, 'Redirects one request follows.'),
  responseHeaderBytes: spec(64 * KiB, 1 * KiB, 1 * MiB, 'Status line and headers of one response.'),
  requestHeaderBytes: spec(32 * KiB, 1 * KiB, 256 * KiB, 'Headers the guest gives one request.'),
  expansion: spec(
    200,
    1,
    100_000,
    'Decoded bytes of a response for each byte on the wire, beyond the first MiB. Node.js only.',
  ),
});

const NAMES: readonly QuotaName[] = Object.freeze(Object.keys(QUOTAS) as QuotaName[]);

/** @throws SandboxError LIMIT_OUT_OF_RANGE or INVALID_ARGUMENT */
export function resolveQuotas(given: Partial<EgressQuotas> = {}, path = 'quotas'): EgressQuotas {
  for (const name of Object.keys(given)) {
    if (!Object.hasOwn(QUOTAS, name)) {
      throw new SandboxError('INVALID_ARGUMENT', `${path} has no ${name}; it has ${NAMES.join(', ')}`);
    }
  }
  const resolved: Partial<Record<QuotaName, number>> = {};
  for (const name of NAMES) {
    const { default: usual, min, ceiling } = QUOTAS[name];
    const value = given[name] ?? usual;
    if (!Number.isSafeInteger(value) || value < min || value > ceiling) {
      throw new SandboxError(
        'LIMIT_OUT_OF_RANGE',
        `${path}.${name} must be an integer from ${min} to ${ceiling}, got ${String(value)}`,
      );
    }
    resolved[name] = value;
  }
  return Object.freeze(resolved as EgressQuotas);
}
