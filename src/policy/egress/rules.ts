/** The compiled form of a network policy, and what a compiled rule says of a request. */
import type { Address } from './address.ts';
import { type Cidr, contains } from './cidr.ts';
import type { HostTable } from './host.ts';
import { coversLoosely, coversPath, isAmbiguousPath, looseSegmentsOf, segmentsOf } from './paths.ts';
import type { EgressRules, Scheme } from './types.ts';

/** Methods a rule without `methods` allows. */
export const DEFAULT_METHODS: readonly string[] = Object.freeze([
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'PATCH',
  'DELETE',
  'OPTIONS',
]);

export interface HostMatcher {
  /** Canonical text, for reports. */
  readonly text: string;
  readonly host: string;
  /** `null` is the default of its list. */
  readonly ports: ReadonlySet<number> | null;
  readonly schemes: ReadonlySet<Scheme> | null;
  readonly methods: ReadonlySet<string> | null;
  readonly paths: readonly (readonly string[])[] | null;
}

export interface IpMatcher extends Cidr {
  /** With its port. */
  readonly rule: string;
  readonly port: number | null;
}

export interface CompiledRules {
  readonly allow: HostTable<HostMatcher>;
  readonly deny: HostTable<HostMatcher>;
  readonly allowIp: readonly IpMatcher[];
  readonly denyIp: readonly IpMatcher[];
}

/** Beside the rules, not in them: what a policy holds stays plain data that can be shown, compared and parsed again. */
const COMPILED: WeakMap<EgressRules, CompiledRules> = new WeakMap();

export function attach(rules: EgressRules, compiled: CompiledRules): EgressRules {
  COMPILED.set(rules, compiled);
  return rules;
}

export function compiledOf(rules: EgressRules): CompiledRules {
  const compiled = COMPILED.get(rules);
  if (compiled === undefined) throw new TypeError('rules must come from parseNetworkPolicy');
  return compiled;
}

/** What rules judge. Its path is taken apart when the first rule asks: a thousand rules may name one host. */
export class Asked {
  readonly scheme: Scheme;
  readonly port: number;
  readonly method: string;
  readonly #pathname: string;
  #strict: readonly string[] | null | undefined;
  #loose: readonly string[] | undefined;

  constructor(scheme: Scheme, port: number, method: string, pathname: string) {
    this.scheme = scheme;
    this.port = port;
    this.method = method;
    this.#pathname = pathname;
  }

  /** `null` when somebody could read it as another path. */
  get segments(): readonly string[] | null {
    if (this.#strict === undefined) {
      this.#strict = isAmbiguousPath(this.#pathname) ? null : segmentsOf(this.#pathname);
    }
    return this.#strict;
  }

  get looseSegments(): readonly string[] {
    this.#loose ??= looseSegmentsOf(this.#pathname);
    return this.#loose;
  }
}

export function defaultPort(scheme: Scheme): number {
  return scheme === 'https' ? 443 : 80;
}

/** In the order they are checked: the later one came closer. */
export type Mismatch = 'scheme' | 'port' | 'path' | 'method';

/** What keeps an allow rule from covering a request; `null` when nothing does. */
export function mismatch(rule: HostMatcher, asked: Asked): Mismatch | null {
  const { schemes, ports, paths, methods } = rule;
  if (schemes !== null && !schemes.has(asked.scheme)) return 'scheme';
  if (ports === null ? asked.port !== defaultPort(asked.scheme) : !ports.has(asked.port)) return 'port';
  if (paths !== null) {
    const { segments } = asked;
    if (segments === null || !paths.some(prefix => coversPath(prefix, segments))) return 'path';
  }
  if (methods === null ? !DEFAULT_METHODS.includes(asked.method) : !methods.has(asked.method))
    return 'method';
  return null;
}

/** Whether a deny rule covers a request, or could. */
export function denies(rule: HostMatcher, asked: Asked): boolean {
  const { schemes, ports, paths, methods } = rule;
  if (schemes !== null && !schemes.has(asked.scheme)) return false;
  if (ports !== null && !ports.has(asked.port)) return false;
  if (methods !== null && !methods.has(asked.method)) return false;
  if (paths === null || asked.segments === null) return true;
  return paths.some(prefix => coversLoosely(prefix, asked.looseSegments));
}

export function covering(
  rules: readonly IpMatcher[],
  address: Address,
  fits: (rule: IpMatcher) => boolean,
): IpMatcher | null {
  for (const rule of rules) if (contains(rule, address) && fits(rule)) return rule;
  return null;
}
