/** Lets tests import WebAssembly text: it is assembled where the tests are transformed, so browsers get it as well. */
import { readFile } from 'node:fs/promises';
import type { Plugin } from 'vite';
import loadWabt from 'wabt';

let wabt: ReturnType<typeof loadWabt> | undefined;

/** @throws with place and reason when the text is wrong */
export async function assemble(name: string, text: string): Promise<Uint8Array<ArrayBuffer>> {
  wabt ??= loadWabt();
  const module = (await wabt).parseWat(name, text, { bulk_memory: true, tail_call: true, simd: true });
  try {
    return new Uint8Array(module.toBinary({}).buffer);
  } finally {
    module.destroy();
  }
}

export function wat(): Plugin {
  return {
    name: 'citadel-wat',
    enforce: 'pre',
    async load(id) {
      const [path = ''] = id.split('?');
      if (!path.endsWith('.wat')) return null;
      const bytes = await assemble(path, await readFile(path, 'utf8'));
      return `export default Uint8Array.from(${JSON.stringify([...bytes])});`;
    },
  };
}
