/** The page's end of the sandbox host: starts its worker, and makes the frames its cells live in. */
import { proxy, type Remote, transfer, wrap } from 'comlink';
import { serveCells } from '../src/browser.ts';
import type { LogEntry } from '../src/core/result.ts';
import type { Capabilities } from '../src/platform/types.ts';
import workerUrl from './host.ts?worker&url';
import type { Diagnosis, Host, Inspection, Kind, Outcome, Program, Rules, RunRequest } from './protocol.ts';

export interface Client {
  readonly capabilities: Capabilities;
  check(program: Program): Promise<Diagnosis>;
  open(module: Uint8Array): Promise<void>;
  inspect(policy: string): Promise<Inspection>;
  warm(rules: Rules, kind: Kind): Promise<void>;
  run(request: RunRequest): Promise<Outcome>;
  stop(): Promise<void>;
}

interface TrustedTypes {
  createPolicy(
    name: string,
    rules: { createScriptURL(url: string): string },
  ): { createScriptURL(url: string): string };
}

/** The policy of the page asks for Trusted Types: this is the one address of a script it makes. */
function trusted(url: string): string {
  const types = (globalThis as { trustedTypes?: TrustedTypes }).trustedTypes;
  const policy = types?.createPolicy('citadel-playground', { createScriptURL: text => text });
  return policy?.createScriptURL(url) ?? url;
}

/** @throws when the worker does not start; later calls reject when it has died. */
export async function startClient(onLogs: (entries: readonly LogEntry[]) => void): Promise<Client> {
  const url = new URL(workerUrl, import.meta.url).href;
  const worker = new Worker(trusted(url), { type: 'module', name: 'citadel-host' });
  // A call to a dead worker would wait for ever.
  const death = new Promise<never>((_, reject) => {
    worker.onerror = event => {
      event.preventDefault();
      const why = event.message ? `: ${event.message}` : '';
      reject(new Error(`Reload the page: the worker with the sandbox host failed${why}`));
    };
    worker.onmessageerror = () =>
      reject(new Error('Reload the page: a message of the sandbox host was unreadable'));
  });
  death.catch(() => {});
  const alive = <T>(call: Promise<T>): Promise<T> => Promise.race([call, death]);

  const { port1, port2 } = new MessageChannel();
  serveCells(port1);
  const host: Remote<Host> = wrap<Host>(worker);
  const capabilities = await alive(host.connect(transfer(port2, [port2]), proxy(onLogs)));
  return {
    capabilities,
    check: program => alive(host.check(program)),
    open: module => alive(host.open(module)),
    inspect: policy => alive(host.inspect(policy)),
    warm: (rules, kind) => alive(host.warm(rules, kind)),
    run: request => alive(host.run(request) as Promise<Outcome>),
    stop: () => alive(host.stop()),
  };
}
