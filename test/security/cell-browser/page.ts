/** The host page of these tests: bundled, served, and driven from outside through `globalThis.stage`. */
import { platform } from '../../../src/browser.ts';
import type { Sandbox, SandboxOptions } from '../../../src/host/api.ts';
import { createSandboxOn } from '../../../src/host/sandbox.ts';
import type { CellAssets } from '../../../src/platform/browser/assets.ts';
import { serveCells } from '../../../src/platform/browser/broker.ts';
import { configureBrowser } from '../../../src/platform/browser/frame.ts';
import { spawnCell } from '../../../src/platform/browser/spawn.ts';
import type { CellTransport, Platform } from '../../../src/platform/types.ts';

const MINIMAL_WASM = new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]);

const text = async (path: string): Promise<string> => {
  const response = await fetch(path);
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  return response.text();
};

/** Assets with a program of the test's own where the engine would be; `document` and `shell` name served files. */
export async function assetsOf(program: string, shell: string, document: string): Promise<CellAssets> {
  const [script, body, html] = await Promise.all([text(shell), text(program), text(document)]);
  return {
    document: html,
    init: { script: `${script}\n${body}`, wasm: MINIMAL_WASM, assets: [] },
  };
}

export interface Setup {
  readonly program: string;
  readonly shell?: string;
  readonly document?: string;
}

const loader =
  ({ program, shell = '/shell.js', document = '/sandbox.html' }: Setup) =>
  (): Promise<CellAssets> =>
    assetsOf(program, shell, document);

export interface Stage {
  attack(setup: Setup, code: string): Promise<Attack>;
  plain(setup: Setup, code: string): Promise<Attack>;
  setCanaries(): Promise<void>;
  deadCanaries(): Promise<string[]>;
  makeSandbox(setup: Setup | null, options?: SandboxOptions): Sandbox;
  readonly platform: Platform;
  readonly spawnCell: typeof spawnCell;
  readonly loader: (setup: Setup) => () => Promise<CellAssets>;
  readonly serveCells: typeof serveCells;
  readonly configureBrowser: typeof configureBrowser;
}

const run = (code: string) => [{ type: 'run', id: 1, code, job: '{}', input: new Uint8Array(0) } as const];

export interface Attack {
  readonly outcome: 'answer' | 'exit';
  readonly text: string;
}

/** Runs `code` in a cell of its own and gives its first answer after READY; the cell is then destroyed. */
async function attack(setup: Setup, code: string): Promise<Attack> {
  let cell: CellTransport | undefined;
  const result = await new Promise<Attack>(resolve => {
    cell = spawnCell(
      'quickjs',
      {
        message(data) {
          if (!(data instanceof Uint8Array)) resolve({ outcome: 'answer', text: String(data) });
          else if (data[0] === 1 && data.length === 9) cell?.post(run(code));
          else resolve({ outcome: 'answer', text: new TextDecoder().decode(data) });
        },
        exit: reason => resolve({ outcome: 'exit', text: reason }),
      },
      loader(setup),
    );
  });
  cell?.terminate();
  return result;
}

/** The same program in a plain worker of the page: what an attacker has without a cell. */
async function plain(setup: Setup, code: string): Promise<Attack> {
  const init = await (await loader(setup)()).init;
  const worker = new Worker(URL.createObjectURL(new Blob([init.script])));
  const { port1, port2 } = new MessageChannel();
  worker.postMessage({ module: await WebAssembly.compile(MINIMAL_WASM), assets: init.assets }, [port2]);
  const answer = await new Promise<string>(resolve => {
    port1.onmessage = ({ data }: MessageEvent<Uint8Array>) => {
      if (data[0] === 1 && data.length === 9) port1.postMessage(run(code));
      else resolve(new TextDecoder().decode(data));
    };
  });
  worker.terminate();
  return { outcome: 'answer', text: answer };
}

const heard: unknown[] = [];
const channel = new BroadcastChannel('canary');
channel.onmessage = ({ data }) => heard.push(data);

function openDatabase(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open('canary', 1);
    request.onupgradeneeded = () => request.result.createObjectStore('canary').put('alive', 'canary');
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/** Things of the page's origin that an attacker would touch. */
async function setCanaries(): Promise<void> {
  heard.length = 0;
  // biome-ignore lint/suspicious/noDocumentCookie: the plain old kind, which an attacker would read
  document.cookie = 'canary=alive';
  localStorage.setItem('canary', 'alive');
  (await openDatabase()).close();
  await (await caches.open('canary')).put('/canary', new Response('alive'));
  const root = await navigator.storage.getDirectory();
  await root.getFileHandle('canary', { create: true });
}

/** Names of the canaries that are not as they were left. */
async function deadCanaries(): Promise<string[]> {
  const dead: string[] = [];
  if (document.cookie !== 'canary=alive') dead.push('cookie');
  if (localStorage.getItem('canary') !== 'alive') dead.push('localStorage');
  const databases = await indexedDB.databases();
  if (!databases.some(({ name, version }) => name === 'canary' && version === 1)) dead.push('IndexedDB');
  if ((await caches.match('/canary')) === undefined) dead.push('Cache');
  const root = await navigator.storage.getDirectory();
  await root.getFileHandle('canary').catch(() => dead.push('private file system'));
  const free = await navigator.locks.request('canary', { ifAvailable: true }, lock => lock !== null);
  if (!free) dead.push('Web Locks');
  if (heard.length > 0) dead.push('BroadcastChannel');
  return dead;
}

/** A sandbox whose cells run `program`, or the engine of the package when there is none. */
function makeSandbox(setup: Setup | null, options: SandboxOptions = {}): Sandbox {
  if (setup === null) return createSandboxOn(platform, options);
  return createSandboxOn(
    { ...platform, spawn: ({ engine }, events) => spawnCell(engine, events, loader(setup)) },
    options,
  );
}

const stage: Stage = {
  attack,
  plain,
  setCanaries,
  deadCanaries,
  makeSandbox,
  platform,
  spawnCell,
  loader,
  serveCells,
  configureBrowser,
};
(globalThis as unknown as { stage: Stage }).stage = stage;
