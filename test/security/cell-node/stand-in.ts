/** Sandboxes whose cells are real, but run a program of the test's own where the engine would be. */
import { readFile } from 'node:fs/promises';
import type { Sandbox, SandboxOptions } from '../../../src/host/api.ts';
import { createSandboxOn } from '../../../src/host/sandbox.ts';
import { platform } from '../../../src/node.ts';
import type { CellAssets } from '../../../src/platform/node/assets.ts';
import { spawnCell } from '../../../src/platform/node/spawn.ts';

const MINIMAL_WASM = new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]);

export async function standInAssets(file: string): Promise<CellAssets> {
  const { shell, realm } = await import('#cell/shell-node');
  const program = await readFile(new URL(file, import.meta.url), 'utf8');
  const module = await WebAssembly.compile(MINIMAL_WASM);
  return {
    shell,
    workerData: { realm, program },
    engine: Promise.resolve({ module, assets: [] }),
  };
}

export function standInSandbox(file: string, options: SandboxOptions): Sandbox {
  return createSandboxOn(
    { ...platform, spawn: ({ engine }, events) => spawnCell(engine, events, () => standInAssets(file)) },
    options,
  );
}
