/** Guests of every language that ask for what they are given: the same attacks, by each way out there is. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { createSandboxOn } from '../../../src/host/sandbox.ts';
import type {
  ExecutionReport,
  PluginSecurityPolicy,
  RunOptions,
  SandboxOptions,
  Value,
} from '../../../src/index.ts';
import { platform } from '../../../src/node.ts';
import { createNodeNet } from '../../../src/platform/node/net.ts';
import native from '../../contract/native/extism.wat';
import { type DnsServer, startDns, type Zone } from './servers/dns.ts';
import { ALLOWED_ADDRESS, PATIENCE_MS } from './world.ts';

const file = (name: string): string =>
  readFileSync(fileURLToPath(new URL(`fixtures/${name}`, import.meta.url)), 'utf8');
const JAVASCRIPT = file('asking.js');
const PYTHON = file('asking.py');

export interface Item {
  readonly url: string;
  readonly method?: string;
  readonly headers?: readonly (readonly [string, string])[];
  readonly body?: string;
}
export type Said =
  | { readonly status: number; readonly url?: string; readonly text: string }
  | { readonly error: string };

export interface Asked {
  readonly said: readonly Said[];
  readonly report: ExecutionReport;
}

export interface Way {
  readonly name: string;
  ask(run: (options: RunOptions) => Promise<Asked | Failed>, items: readonly Item[]): Promise<Asked>;
}

interface Failed {
  readonly failed: string;
  readonly report: ExecutionReport;
}

const python = (by: string): Way => ({
  name: `Python, ${by}`,
  ask: async (run, items) =>
    succeeded(await run({ runtime: 'python', code: PYTHON, input: { by, items } as unknown as Value })),
});

function succeeded(result: Asked | Failed): Asked {
  if ('failed' in result) throw new Error(result.failed);
  return result;
}

export const WAYS: readonly Way[] = [
  {
    name: 'JavaScript, fetch',
    ask: async (run, items) =>
      succeeded(await run({ runtime: 'javascript', code: JAVASCRIPT, input: items as unknown as Value })),
  },
  python('urllib'),
  python('requests'),
  python('fetch'),
  {
    name: 'WebAssembly, http_request',
    // A denied or failed request ends the plugin: one run for each.
    async ask(run, items) {
      const said: Said[] = [];
      let last: Asked | Failed | null = null;
      const egress: ExecutionReport['egress'][number][] = [];
      for (const { url, method, headers = [] } of items) {
        const request = {
          url,
          headers: Object.fromEntries(headers),
          ...(method === undefined ? {} : { method }),
        };
        last = await run({
          runtime: 'wasm',
          code: native,
          entry: 'fetch',
          input: JSON.stringify(request),
          output: 'text',
        });
        egress.push(...last.report.egress);
        said.push('failed' in last ? { error: last.failed } : { status: 200, text: String(last.said ?? '') });
      }
      if (last === null) throw new Error('nothing was asked');
      return { said, report: { ...last.report, egress } };
    },
  },
];

export interface Languages {
  readonly dns: DnsServer;
  ask(way: Way, items: readonly Item[]): Promise<Asked>;
}

/** Ends with the test. */
export async function createLanguages(
  network: NonNullable<PluginSecurityPolicy['network']>,
  zone: Zone,
  more: Partial<SandboxOptions> = {},
): Promise<Languages> {
  const dns = await startDns(zone);
  onTestFinished(() => dns[Symbol.asyncDispose]());
  const net = (): ReturnType<typeof createNodeNet> =>
    createNodeNet({ dns: { servers: [dns.address], timeoutMs: PATIENCE_MS, tries: 1 } });
  const { policy, ...options } = more;
  const sandbox = createSandboxOn(
    { ...platform, net },
    {
      ...options,
      policy: {
        network: { allowIp: [ALLOWED_ADDRESS], ...network },
        limits: { timeoutMs: 30_000 },
        ...policy,
      },
    },
  );
  onTestFinished(() => sandbox.close());
  const run = async (given: RunOptions): Promise<Asked | Failed> => {
    const result = await sandbox.run(given);
    const { report } = result;
    if (report.terminated) throw new Error('the cell had to be destroyed');
    return result.success
      ? { said: result.data as unknown as readonly Said[], report }
      : { failed: `${result.error.code} ${result.error.message}`, report };
  };
  return { dns, ask: (way, items) => way.ask(run, items) };
}
