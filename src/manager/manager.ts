/** Installed plugins: who may call which with what, what each is given, what it did. */
import type { AuditFacts, AuditKind, AuditLog } from '../audit/index.ts';
import { SandboxError } from '../core/errors.ts';
import { LIMITS } from '../core/limits.ts';
import { cleanLine } from '../core/text.ts';
import {
  type Caller,
  checkRate,
  hasScope,
  type InputLimits,
  inputLimits,
  KeyRing,
  type PluginAction,
  pluginScope,
} from '../gateway/index.ts';
import { declareFunctions } from '../host/functions/registry.ts';
import { createSandboxOn, createSharedCells, type SharedCells } from '../host/sandbox.ts';
import { type CheckedSignaturePolicy, checkSignaturePolicy } from '../packages/index.ts';
import type { Platform } from '../platform/types.ts';
import { decideGrant, type Grant, POWERS, type Power } from '../policy/grant/index.ts';
import { parsePolicy, type ResolvedPolicy } from '../policy/index.ts';
import { isPluginName } from '../policy/manifest/index.ts';
import { Tools } from '../tools/tools.ts';
import { execute } from './execute.ts';
import { checkMounts, type Mounts } from './files.ts';
import { applyPackage, removePlugin, weigh } from './install.ts';
import { type Enforced, type Loaded, LoadedPlugins, load } from './loaded.ts';
import { Metrics, type MetricsSnapshot } from './metrics.ts';
import { sandboxOptions } from './program.ts';
import { memoryStore, type PluginStore } from './store.ts';
import type {
  CallerOptions,
  Candidate,
  ExecuteOptions,
  InstallOptions,
  PluginInfo,
  PluginLimits,
  PluginManager,
  PluginManagerOptions,
  PluginResult,
} from './types.ts';
import { verifyStored } from './verify-stored.ts';

const KEYS: readonly string[] = [
  ...[
    'policy',
    'modules',
    'secrets',
    'functions',
    'onFunctionError',
    'egressProxy',
    'store',
    'signature',
    'apiKeys',
    'audit',
    'input',
    'perPlugin',
    'mounts',
    'approve',
    'meter',
  ],
];

const invalid = (message: string): SandboxError => new SandboxError('INVALID_ARGUMENT', message);
const range = (code: 'LIMIT_OUT_OF_RANGE', message: string): SandboxError => new SandboxError(code, message);

/** Remembered for one list of scopes. */
const DECISIONS = 10_000;

/** The program that made the manager. */
const SELF: Caller = Object.freeze({
  id: 'host',
  scopes: Object.freeze(
    ['execute', 'read', 'install', 'upgrade', 'uninstall'].map(action => `plugin:*:${action}`),
  ),
});

export class Manager implements PluginManager {
  readonly platform: Platform;
  readonly policy: ResolvedPolicy;
  readonly store: PluginStore;
  readonly signature: Promise<CheckedSignaturePolicy>;
  readonly audit: AuditLog | null;
  readonly metricsOf: Metrics;
  readonly inputLimits: InputLimits;
  readonly perPlugin: Required<Omit<PluginLimits, 'rate'>> & { readonly rate: PluginLimits['rate'] | null };
  readonly mounts: Mounts;
  readonly approve: PluginManagerOptions['approve'];
  /** For long texts that plugins return. */
  readonly tools: Tools;
  readonly #modules: Readonly<Record<string, string>>;
  readonly #network: Pick<PluginManagerOptions, 'secrets' | 'egressProxy' | 'functions' | 'onFunctionError'>;
  readonly #cells: SharedCells;
  readonly #loaded: LoadedPlugins;
  readonly #loading: Map<string, Promise<Loaded>> = new Map();
  readonly #keys: KeyRing | null;
  /** By list of scopes: plugin and action → allowed. */
  readonly #decided: WeakMap<readonly string[], Map<string, boolean>> = new WeakMap();
  /** Changes happen one after the other. */
  #changes: Promise<unknown> = Promise.resolve();
  #installed = 0;
  inFlight = 0;
  closed = false;

  constructor(platform: Platform, options: PluginManagerOptions) {
    const stray = Object.keys(options).find(key => !KEYS.includes(key));
    if (stray !== undefined)
      throw invalid(
        `createPluginManager() knows no option ${JSON.stringify(cleanLine(stray, 40))}; it knows ${KEYS.join(', ')}`,
      );
    this.platform = platform;
    this.policy = parsePolicy(options.policy);
    this.#modules = { ...options.modules };
    for (const name of this.policy.modules.javascript)
      if (!Object.hasOwn(this.#modules, name))
        throw invalid(
          `policy.modules.javascript lists ${JSON.stringify(name)}, but options.modules has no source for it`,
        );
    this.#network = {
      secrets: { ...options.secrets },
      ...(options.egressProxy === undefined ? {} : { egressProxy: options.egressProxy }),
      ...(options.functions === undefined ? {} : { functions: options.functions }),
      ...(options.onFunctionError === undefined ? {} : { onFunctionError: options.onFunctionError }),
    };
    for (const name of Object.keys(options.secrets ?? {}))
      if (!Object.hasOwn(this.policy.secrets, name))
        throw invalid(
          `options.secrets has ${JSON.stringify(cleanLine(name, 40))}, which policy.secrets does not list`,
        );
    // A mistake in them is told now, not when the first plugin runs.
    declareFunctions(options.functions, 'options.functions');
    this.store = options.store ?? memoryStore();
    this.signature = checkSignaturePolicy(options.signature);
    // Reported by the first call that needs it.
    this.signature.catch(() => {});
    this.#keys =
      options.apiKeys === undefined ? null : new KeyRing(options.apiKeys, { monotonic: platform.now });
    this.audit = options.audit ?? null;
    this.inputLimits = inputLimits(options.input);
    this.perPlugin = perPlugin(options.perPlugin, this.policy.limits.concurrency);
    this.mounts = checkMounts(options.mounts);
    this.approve = options.approve;
    this.metricsOf = new Metrics(options.meter);
    this.#cells = createSharedCells(platform, this.policy.limits, this.perPlugin.cells);
    this.tools = new Tools(platform);
    this.#loaded = new LoadedPlugins((name, plugin) => this.#release(name, plugin));
  }

  async install(archive: Uint8Array, options: InstallOptions = {}): Promise<PluginInfo> {
    return this.#change(() => applyPackage(this, archive, options, 'install'));
  }

  async upgrade(archive: Uint8Array, options: InstallOptions = {}): Promise<PluginInfo> {
    return this.#change(() => applyPackage(this, archive, options, 'upgrade'));
  }

  async uninstall(name: string, options: CallerOptions = {}): Promise<void> {
    return this.#change(() => removePlugin(this, name, options));
  }

  async list(options: CallerOptions = {}): Promise<readonly PluginInfo[]> {
    this.open();
    const caller = this.callerOf(options);
    const metas = await this.store.list();
    this.#installed = metas.filter(({ installed }) => installed !== null).length;
    return metas
      .flatMap(({ name, installed }) =>
        installed === null || !hasScope(caller.scopes, pluginScope(name, 'read'))
          ? []
          : [
              {
                name,
                version: installed.version,
                digest: installed.digest,
                keyId: installed.keyId,
                installedAt: installed.at,
              },
            ],
      )
      .toSorted((a, b) => (a.name < b.name ? -1 : 1));
  }

  async get(name: string, options: CallerOptions = {}): Promise<Awaited<ReturnType<PluginManager['get']>>> {
    this.open();
    const caller = this.callerOf(options);
    this.need(caller, name, 'read');
    const { manifest, digest, keyId } = await this.loadedOf(name);
    const at = (await this.store.read(name))?.meta.installed?.at ?? '';
    const grant = decideGrant(this.policy, manifest, powersOf(caller));
    return { name, version: manifest.version, digest, keyId, installedAt: at, manifest, grant };
  }

  async validate(archive: Uint8Array): Promise<Candidate> {
    this.open();
    return weigh(this, archive);
  }

  execute(name: string, input?: unknown, options: ExecuteOptions = {}): Promise<PluginResult> {
    return execute(this, name, input, options);
  }

  replaceKeys(keys: Parameters<PluginManager['replaceKeys']>[0]): void {
    if (this.#keys === null) throw invalid('the manager was made without apiKeys; pass [] to it to use keys');
    this.#keys.replace(keys);
  }

  metrics(): MetricsSnapshot {
    const { cells, bound } = this.#cells.pool.count();
    return this.metricsOf.snapshot({
      plugins: { installed: this.#installed, loaded: this.#loaded.size },
      cells: { budget: this.policy.limits.concurrency, bound, started: cells },
      inFlight: this.inFlight,
    });
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    this.#cells.pool.close();
    this.#cells.watchdog.close();
    this.tools.close();
    await this.#changes.catch(() => {});
    this.#loaded.clear();
    await this.store.close();
    await this.audit?.flush().catch(() => {});
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  open(): void {
    if (this.closed) throw new SandboxError('CLOSED', 'the plugin manager was closed');
    // What cannot be recorded does not happen.
    if (this.audit?.failed === true)
      throw new SandboxError('STORE_FAILED', 'the audit log cannot be written');
  }

  /** @throws SandboxError UNAUTHENTICATED, RATE_LIMITED or INVALID_ARGUMENT */
  callerOf({ apiKey, caller }: CallerOptions): Caller {
    if (apiKey !== undefined && caller !== undefined) throw invalid('pass apiKey or caller, not both');
    if (caller !== undefined) {
      if (typeof caller.id !== 'string' || caller.id.length > 128 || !Array.isArray(caller.scopes))
        throw invalid('caller must be { id, scopes }');
      return caller;
    }
    if (this.#keys === null) {
      if (apiKey !== undefined) throw new SandboxError('UNAUTHENTICATED', 'the API key is not valid');
      return SELF;
    }
    return this.#keys.authenticate(apiKey ?? '');
  }

  /** @throws SandboxError FORBIDDEN, whether there is such a plugin or not */
  need(caller: Caller, name: string, action: PluginAction): void {
    if (this.#allows(caller.scopes, name, action)) return;
    const shown = cleanLine(String(name), 64);
    // The program itself needs no scope: it made a mistake.
    if (caller === SELF) throw new SandboxError('PLUGIN_NOT_FOUND', `there is no plugin ${shown}`);
    this.record('denial', { caller: caller.id, plugin: shown, action });
    throw new SandboxError('FORBIDDEN', `the caller needs the scope plugin:${shown}:${action}`);
  }

  #allows(scopes: readonly string[], name: string, action: PluginAction): boolean {
    const decide = (): boolean => isPluginName(name) && hasScope(scopes, pluginScope(name, action));
    // A list that cannot change is asked once for each plugin.
    if (!Object.isFrozen(scopes) || typeof name !== 'string') return decide();
    let known = this.#decided.get(scopes);
    if (known === undefined || known.size >= DECISIONS) {
      known = new Map();
      this.#decided.set(scopes, known);
    }
    const key = `${name}:${action}`;
    let allowed = known.get(key);
    if (allowed === undefined) {
      allowed = decide();
      known.set(key, allowed);
    }
    return allowed;
  }

  record(kind: AuditKind, facts: AuditFacts): void {
    if (this.audit?.failed === false) this.audit.add(kind, facts);
  }

  /** @throws SandboxError PLUGIN_NOT_FOUND, SIGNATURE_INVALID, STORE_FAILED */
  loadedOf(name: string): Promise<Loaded> | Loaded {
    const loaded = this.#loaded.get(name);
    if (loaded !== undefined) return loaded;
    let loading = this.#loading.get(name);
    if (loading === undefined) {
      loading = this.#load(name).finally(() => this.#loading.delete(name));
      this.#loading.set(name, loading);
    }
    return loading;
  }

  async #load(name: string): Promise<Loaded> {
    const opened = await verifyStored(this, name);
    const plugin = await load(opened, this.perPlugin.rate ?? null, this.platform.now());
    this.#loaded.add(name, plugin);
    return plugin;
  }

  /** The sandbox that holds this plugin to what this caller may pass on; made when it is first needed. */
  enforce(plugin: Loaded, caller: Caller): Enforced {
    const powers = powersOf(caller);
    const key = powers === null ? '*' : POWERS.filter(power => powers.has(power)).join();
    const known = plugin.enforced.get(key);
    if (known !== undefined) return known;
    const grant: Grant = decideGrant(this.policy, plugin.manifest, powers);
    const granted = Object.keys(grant.policy.secrets ?? {});
    const options = {
      ...sandboxOptions(plugin.program, grant, this.#modules),
      ...this.#network,
      secrets: Object.fromEntries(
        Object.entries(this.#network.secrets ?? {}).filter(([name]) => granted.includes(name)),
      ),
    };
    const enforced = { grant, sandbox: createSandboxOn(this.platform, options, this.#cells, grant.plugin) };
    plugin.enforced.set(key, enforced);
    this.record('grant', {
      plugin: grant.plugin,
      version: grant.version,
      granted: grant.lines
        .filter(({ verdict }) => verdict !== 'refused')
        .map(({ kind, given }) => `${kind} ${given}`),
      refused: grant.lines
        .filter(({ verdict }) => verdict === 'refused')
        .map(({ kind, subject }) => `${kind} ${subject}`),
    });
    return enforced;
  }

  forget(name: string): void {
    this.#loaded.drop(name);
  }

  #release(_: string, { enforced, program }: Loaded): void {
    for (const { sandbox } of enforced.values()) void sandbox.close();
    for (const engine of ['quickjs', 'wasm', 'pyodide'])
      this.#cells.pool.release(`${engine} ${program.run.plugin}`);
  }

  #change<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#changes.then(() => {
      this.open();
      return work();
    });
    this.#changes = result.catch(() => {});
    return result;
  }
}

/** By list of scopes that cannot change. */
const POWERS_OF: WeakMap<readonly string[], ReadonlySet<Power> | null> = new WeakMap();

/** Scopes `power:network` and so on; a caller that has none of them passes on everything. */
function powersOf({ scopes }: Caller): ReadonlySet<Power> | null {
  const known = POWERS_OF.get(scopes);
  if (known !== undefined) return known;
  const named = scopes.filter(scope => scope.startsWith('power:'));
  const powers =
    named.length === 0 ? null : new Set(POWERS.filter(power => hasScope(named, `power:${power}`)));
  if (Object.isFrozen(scopes)) POWERS_OF.set(scopes, powers);
  return powers;
}

function perPlugin(given: PluginLimits = {}, concurrency: number): Manager['perPlugin'] {
  const { cells = concurrency, inFlight = 100, rate } = given;
  const most = LIMITS.queueLength.ceiling;
  if (!Number.isSafeInteger(cells) || cells < 1 || cells > concurrency)
    throw range(
      'LIMIT_OUT_OF_RANGE',
      `perPlugin.cells must be an integer from 1 to ${concurrency}, the policy’s limits.concurrency`,
    );
  if (!Number.isSafeInteger(inFlight) || inFlight < 1 || inFlight > most)
    throw range('LIMIT_OUT_OF_RANGE', `perPlugin.inFlight must be an integer from 1 to ${most}`);
  try {
    return Object.freeze({
      cells,
      inFlight,
      rate: rate === undefined ? null : checkRate(rate, 'perPlugin.rate'),
    });
  } catch (error) {
    throw range('LIMIT_OUT_OF_RANGE', (error as Error).message);
  }
}
