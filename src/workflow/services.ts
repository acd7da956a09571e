/** What nodes act through: cells, the network controller, databases and installed plugins. Made when first asked for. */

import { SandboxError } from '../core/errors.ts';
import type { ExecutionResult, LogEntry } from '../core/result.ts';
import type { Value } from '../core/value.ts';
import { createEgress, type Egress, type SecretValues } from '../egress/index.ts';
import type { Caller } from '../gateway/index.ts';
import type { SqlRules, SqlVerb } from '../gateway/sql/index.ts';
import type { Sandbox } from '../host/api.ts';
import { netOf } from '../host/grants.ts';
import { createSandboxOn } from '../host/sandbox.ts';
import type { Platform } from '../platform/types.ts';
import { type PluginSecurityPolicy, parsePolicy, type ResolvedPolicy } from '../policy/index.ts';
import { Tools } from '../tools/tools.ts';
import type { Database } from './database/types.ts';
import type { WorkflowLimits } from './limits.ts';

/** What a plugin manager offers: it knows the plugins by name and holds each to its own policy. */
export interface PluginRunner {
  execute(
    name: string,
    input: Value,
    options: {
      readonly signal: AbortSignal;
      readonly onLog: (entry: LogEntry) => void;
      /** Left out where the run has none. */
      readonly caller?: Caller;
    },
  ): Promise<ExecutionResult>;
}

export interface DatabaseGrant {
  /** Called once, when a node first needs it. The engine closes what it gives. */
  readonly open: () => Database | Promise<Database>;
  /** What statements may do. Default: select. */
  readonly verbs?: readonly SqlVerb[];
  /** Tables they may name, all of them listed here. */
  readonly tables: SqlRules['tables'];
  readonly functions?: readonly string[];
  /** Whether they may be recursive. Default false: nothing but the database ends such a statement. */
  readonly recursive?: boolean;
}

export interface ServiceOptions {
  readonly policies: Readonly<Record<string, PluginSecurityPolicy>>;
  readonly sandbox: Sandbox | undefined;
  readonly modules: Readonly<Record<string, string>>;
  readonly secrets: SecretValues;
  readonly egressProxy: { readonly url: string; readonly token: string } | undefined;
  readonly databases: Readonly<Record<string, DatabaseGrant>>;
  readonly manager: PluginRunner | undefined;
  readonly limits: WorkflowLimits;
}

interface Domain {
  readonly policy: PluginSecurityPolicy;
  readonly rules: ResolvedPolicy;
  sandbox: Sandbox | undefined;
  egress: Egress | undefined;
}

const own = <T>(of: Readonly<Record<string, T>>, name: string): T | undefined =>
  Object.hasOwn(of, name) ? of[name] : undefined;

export class Services {
  readonly manager: PluginRunner | undefined;
  readonly limits: WorkflowLimits;
  /** What works on expressions and data of strangers. Its cells start when they are needed. */
  readonly tools: Tools;
  readonly #platform: Platform;
  readonly #options: ServiceOptions;
  readonly #domains: Map<string, Domain> = new Map();
  readonly #databases: Map<string, Promise<Database>> = new Map();

  /** @throws SandboxError for a policy that is wrong */
  constructor(platform: Platform, options: ServiceOptions) {
    this.#platform = platform;
    this.#options = options;
    this.manager = options.manager;
    this.limits = options.limits;
    this.tools = new Tools(platform);
    for (const [name, policy] of Object.entries(options.policies))
      this.#domains.set(name, {
        policy,
        rules: parsePolicy(policy),
        sandbox: name === 'default' ? options.sandbox : undefined,
        egress: undefined,
      });
  }

  get policies(): readonly string[] {
    return [...this.#domains.keys()];
  }

  get databases(): readonly string[] {
    return Object.keys(this.#options.databases);
  }

  policy(name: string): PluginSecurityPolicy | undefined {
    return this.#domains.get(name)?.policy;
  }

  rules(name: string): ResolvedPolicy | undefined {
    return this.#domains.get(name)?.rules;
  }

  sandbox(name: string): Sandbox {
    const domain = this.#domain(name);
    const { modules, egressProxy } = this.#options;
    domain.sandbox ??= createSandboxOn(this.#platform, {
      policy: domain.policy,
      modules: Object.fromEntries(
        Object.entries(modules).filter(([module]) => domain.rules.modules.javascript.includes(module)),
      ),
      secrets: this.#secretsOf(domain),
      ...(egressProxy === undefined ? {} : { egressProxy }),
    });
    return domain.sandbox;
  }

  egress(name: string): Egress {
    const domain = this.#domain(name);
    domain.egress ??= createEgress({
      rules: domain.rules.network,
      net: netOf(this.#platform, this.#options.egressProxy),
      secretRules: domain.rules.secrets,
      secrets: this.#secretsOf(domain),
    });
    return domain.egress;
  }

  database(
    name: string,
  ): { readonly grant: DatabaseGrant; readonly open: () => Promise<Database> } | undefined {
    const grant = own(this.#options.databases, name);
    if (grant === undefined) return undefined;
    return {
      grant,
      open: () => {
        let opened = this.#databases.get(name);
        if (opened === undefined) {
          opened = Promise.resolve().then(() => grant.open());
          this.#databases.set(name, opened);
          // The next node tries again.
          opened.catch(() => this.#databases.delete(name));
        }
        return opened;
      },
    };
  }

  async close(): Promise<void> {
    const databases = [...this.#databases.values()];
    this.#databases.clear();
    this.tools.close();
    await Promise.allSettled([
      ...[...this.#domains.values()].map(domain =>
        domain.sandbox === this.#options.sandbox ? undefined : domain.sandbox?.close(),
      ),
      ...databases.map(async opened => (await opened).close()),
    ]);
  }

  #domain(name: string): Domain {
    const domain = this.#domains.get(name);
    if (domain === undefined)
      throw new SandboxError('INVALID_ARGUMENT', `there is no policy ${JSON.stringify(name)}`);
    return domain;
  }

  #secretsOf({ rules }: Domain): SecretValues {
    return Object.fromEntries(
      Object.entries(this.#options.secrets).filter(([name]) => Object.hasOwn(rules.secrets, name)),
    );
  }
}
