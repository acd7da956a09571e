/** What each run may use of the network: one controller for the sandbox, and the secrets of the run. */
import { SandboxError } from '../core/errors.ts';
import { createEgress, type Egress, freshPlaceholder, type SecretValues } from '../egress/index.ts';
import type { NetPlatform } from '../platform/net.ts';
import { createProxyNet } from '../platform/net-proxy.ts';
import type { Platform } from '../platform/types.ts';
import type { ResolvedPolicy } from '../policy/index.ts';
import type { SandboxOptions } from './api.ts';
import type { NetworkGrant } from './network.ts';
import { checkSecrets } from './options.ts';

/** Trust domains whose placeholders are remembered; a forgotten one gets new ones, and its cells new images. */
const MOST_DOMAINS = 1_000;

type Placeholders = Readonly<Record<string, string>>;

export class Grants {
  readonly #egress: Egress;
  readonly #values: SecretValues;
  readonly #names: readonly string[];
  /** The same for all runs of a domain: what is made ready for a run is kept by its environment. */
  readonly #placeholders: Map<string, Record<string, string>> = new Map();
  readonly #plain: NetworkGrant;

  /** @throws SandboxError INVALID_ARGUMENT or UNENFORCEABLE */
  constructor(platform: Platform, { network, secrets }: ResolvedPolicy, options: SandboxOptions) {
    const { egressProxy } = options;
    this.#values = checkSecrets(options.secrets, 'options.secrets');
    this.#egress = createEgress({
      rules: network,
      net: netOf(platform, egressProxy),
      secretRules: secrets,
      secrets: this.#values,
    });
    this.#names = Object.keys(secrets);
    this.#plain = Object.freeze({
      egress: this.#egress,
      secrets: Object.freeze({}),
      placeholders: Object.freeze({}),
    });
  }

  /** @throws SandboxError INVALID_ARGUMENT for a value without a rule, or one that is none */
  grant(domain: string, secrets: SecretValues): NetworkGrant {
    const given = Object.keys(secrets);
    if (given.length > 0) this.#egress.check(secrets);
    const held = this.#names.filter(
      name => Object.hasOwn(secrets, name) || Object.hasOwn(this.#values, name),
    );
    if (held.length === 0) return this.#plain;
    return { egress: this.#egress, secrets, placeholders: this.#held(domain, held) };
  }

  #held(domain: string, names: readonly string[]): Placeholders {
    let known = this.#placeholders.get(domain);
    if (known === undefined) {
      if (this.#placeholders.size >= MOST_DOMAINS) this.#placeholders.clear();
      known = {};
      this.#placeholders.set(domain, known);
    }
    const held: Record<string, string> = {};
    for (const name of names) {
      known[name] ??= freshPlaceholder(name);
      held[name] = known[name];
    }
    return held;
  }
}

/** How requests leave: by themselves, or through a proxy. @throws SandboxError INVALID_ARGUMENT */
export function netOf(platform: Platform, egressProxy: SandboxOptions['egressProxy']): NetPlatform {
  return egressProxy === undefined ? platform.net() : createProxyNet(checkProxy(egressProxy));
}

function checkProxy(proxy: NonNullable<SandboxOptions['egressProxy']>): { url: string; token: string } {
  const { url, token } = proxy;
  const parsed = typeof url === 'string' ? URL.parse(url) : null;
  if (parsed === null || !/^https?:$/.test(parsed.protocol))
    throw new SandboxError('INVALID_ARGUMENT', 'options.egressProxy.url must be an http or https URL');
  if (typeof token !== 'string' || token === '')
    throw new SandboxError('INVALID_ARGUMENT', 'options.egressProxy.token must be the token the proxy knows');
  return { url: parsed.href, token };
}
