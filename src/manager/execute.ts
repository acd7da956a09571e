/** One call of a plugin, from who asks to what comes back. */
import { SandboxError } from '../core/errors.ts';
import type { ExecutionResult } from '../core/result.ts';
import { type Caller, filterInput } from '../gateway/index.ts';
import type { RunOptions } from '../host/api.ts';
import { filesBack, filesFrom } from './files.ts';
import type { Enforced, Loaded } from './loaded.ts';
import type { Manager } from './manager.ts';
import { safeOutput } from './output.ts';
import { newTraceId } from './trace.ts';
import type { ExecuteOptions, PluginResult } from './types.ts';

const OPTIONS: readonly string[] = ['apiKey', 'caller', 'signal', 'onLog', 'limits', 'files', 'traceId'];

export async function execute(
  manager: Manager,
  name: string,
  input: unknown,
  options: ExecuteOptions,
): Promise<PluginResult> {
  let plugin: Loaded;
  let caller: Caller;
  let checked: RunOptions['input'];
  try {
    manager.open();
    const stray = Object.keys(options).find(key => !OPTIONS.includes(key));
    if (stray !== undefined)
      throw new SandboxError(
        'INVALID_ARGUMENT',
        `execute() knows no option ${JSON.stringify(stray).slice(0, 60)}; it knows ${OPTIONS.join(', ')}`,
      );
    caller = manager.callerOf(options);
    manager.need(caller, name, 'execute');
    const loaded = manager.loadedOf(name);
    plugin = loaded instanceof Promise ? await loaded : loaded;
    admit(manager, plugin);
    checked = filterInput(input, manager.inputLimits);
    const problem = plugin.checkInput(checked);
    if (problem !== null)
      throw new SandboxError(
        'INPUT_REFUSED',
        `the input does not fit the manifest’s input schema: ${problem}`,
      );
  } catch (error) {
    if (error instanceof SandboxError) manager.metricsOf.refused(error.code);
    throw error;
  }
  const traceId = traceOf(options.traceId);
  const started = manager.platform.now();
  plugin.inFlight++;
  manager.inFlight++;
  try {
    const result = await run(manager, plugin, manager.enforce(plugin, caller), checked, options);
    const outcome = result.success ? 'ok' : result.error.code;
    const ms = manager.platform.now() - started;
    manager.metricsOf.run(name, outcome, ms);
    recordRun(manager, plugin, caller, traceId, outcome, ms, result);
    const { manifest, digest } = plugin;
    return { ...result, traceId, plugin: { name, version: manifest.version, digest } };
  } finally {
    plugin.inFlight--;
    manager.inFlight--;
  }
}

/** @throws SandboxError RATE_LIMITED or QUEUE_FULL */
function admit({ perPlugin, platform }: Manager, plugin: Loaded): void {
  const { name } = plugin.manifest;
  if (plugin.inFlight >= perPlugin.inFlight)
    throw new SandboxError(
      'QUEUE_FULL',
      `${plugin.inFlight} runs of ${name} wait or run already, perPlugin.inFlight = ${perPlugin.inFlight}`,
    );
  const wait = plugin.bucket?.take(platform.now()) ?? 0;
  if (wait > 0)
    throw new SandboxError('RATE_LIMITED', `${name} has used up its rate; try again in ${wait} ms`);
}

async function run(
  manager: Manager,
  plugin: Loaded,
  { grant, sandbox }: Enforced,
  input: RunOptions['input'],
  { signal, onLog, limits, files }: ExecuteOptions,
): Promise<ExecutionResult> {
  const { program } = plugin;
  const started = manager.platform.now();
  const hasFiles = program.run.runtime !== 'javascript';
  const mounted =
    hasFiles && manager.mounts.size > 0
      ? await filesFrom(manager.mounts, grant.policy, grant.policy.limits?.fileBytes ?? 0)
      : {};
  const result = await sandbox.run({
    ...program.run,
    input,
    ...(hasFiles ? { files: { ...mounted, ...files, ...program.files } } : {}),
    ...(signal === undefined ? {} : { signal }),
    ...(onLog === undefined ? {} : { onLog }),
    ...(limits === undefined ? {} : { limits }),
  });
  if (!result.success) return result;
  try {
    const data = await safeOutput(result.data, plugin, manager.tools, {
      limits: { ...grant.policy.limits, ...limits },
      signal,
      passedMs: manager.platform.now() - started,
    });
    if (hasFiles && manager.mounts.size > 0) await filesBack(manager.mounts, grant.policy, result.files);
    return data === result.data ? result : { ...result, data };
  } catch (error) {
    // What libraries throw on a stranger's text is the text's fault.
    const refusal =
      error instanceof SandboxError
        ? error
        : new SandboxError('OUTPUT_REFUSED', 'the result cannot be made safe', { cause: error });
    return { success: false, error: refusal, report: result.report };
  }
}

function traceOf(given: string | undefined): string {
  if (given === undefined) return newTraceId();
  if (typeof given !== 'string' || !/^[0-9a-f]{32}$/.test(given))
    throw new SandboxError('INVALID_ARGUMENT', 'traceId must be 32 hexadecimal digits');
  return given;
}

function recordRun(
  manager: Manager,
  plugin: Loaded,
  caller: Caller,
  traceId: string,
  outcome: string,
  ms: number,
  { report }: ExecutionResult,
): void {
  if (manager.audit === null) return;
  const { name, version } = plugin.manifest;
  for (const { method, url, decision, reason, status } of report.egress)
    manager.record('egress', { trace: traceId, plugin: name, method, url, decision, reason, status });
  for (const { name: called, outcome, ms: took, inputBytes, outputBytes, error } of report.calls)
    manager.record('call', {
      trace: traceId,
      plugin: name,
      function: called,
      outcome,
      ms: took,
      inputBytes,
      outputBytes,
      error,
    });
  manager.record('run', {
    trace: traceId,
    caller: caller.id,
    plugin: name,
    version,
    digest: plugin.digest,
    outcome,
    ms: Math.round(ms * 1000) / 1000,
    fuel: report.usage.fuel,
    denied: report.denials.map(({ kind, subject }) => `${kind} ${subject}`),
  });
}
