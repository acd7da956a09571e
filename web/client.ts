/** The page's end of the engine: starts its worker, and makes the frames its cells live in. */
import { proxy, type Remote, transfer, wrap } from 'comlink';
import { serveCells } from '../src/browser.ts';
import type { Capabilities } from '../src/platform/types.ts';
import { watchDownloads } from './downloads.ts';
import workerUrl from './host.ts?worker&url';
import type { CheckRequest, Diagnosis, Host, HostEvent, Outcome, RunRequest } from './protocol.ts';

export interface Client {
  readonly capabilities: Capabilities;
  check(request: CheckRequest): Promise<Diagnosis>;
  run(request: RunRequest): Promise<Outcome>;
  step(): Promise<void>;
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

let started: Promise<Client> | undefined;

/** One for the page. @throws when the worker does not start; later calls reject when it has died. */
export function startClient(onEvents: (events: readonly HostEvent[]) => void): Promise<Client> {
  started ??= start(onEvents);
  return started;
}

async function start(onEvents: (events: readonly HostEvent[]) => void): Promise<Client> {
  const url = new URL(workerUrl, import.meta.url).href;
  const worker = new Worker(trusted(url), { type: 'module', name: 'citadel-host' });
  // A call to a dead worker would wait for ever.
  const death = new Promise<never>((_, reject) => {
    worker.onerror = event => {
      event.preventDefault();
      const why = event.message ? `: ${event.message}` : '';
      reject(new Error(`Reload the page: the worker with the engine failed${why}`));
    };
    worker.onmessageerror = () =>
      reject(new Error('Reload the page: a message of the engine was unreadable'));
  });
  death.catch(() => {});
  const alive = <T>(call: Promise<T>): Promise<T> => Promise.race([call, death]);

  const { port1, port2 } = new MessageChannel();
  watchDownloads((loaded, total) => onEvents([{ type: 'download', loaded, total }]));
  serveCells(port1);
  const host: Remote<Host> = wrap<Host>(worker);
  const capabilities = await alive(host.connect(transfer(port2, [port2]), proxy(onEvents)));
  return {
    capabilities,
    check: request => alive(host.check(request)),
    run: request => alive(host.run(request) as Promise<Outcome>),
    step: () => alive(host.step()),
    stop: () => alive(host.stop()),
  };
}
