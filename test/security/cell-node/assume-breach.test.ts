import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { spawnCell } from '../../../src/platform/node/spawn.ts';

const MINIMAL_WASM = new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]);

/** Runs a hostile program natively in a real cell and returns the raw messages it managed to send. */
async function breach(file: string, expected: (messages: unknown[]) => boolean): Promise<unknown[]> {
  const { shell, realm } = await import('#cell/shell-node');
  const program = await readFile(new URL(file, import.meta.url), 'utf8');
  const module = await WebAssembly.compile(MINIMAL_WASM);
  const messages: unknown[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  const cell = spawnCell(
    {
      message(data) {
        messages.push(data);
        if (expected(messages)) resolve();
      },
      exit(reason) {
        messages.push(`exit: ${reason}`);
        resolve();
      },
    },
    async () => ({ shell, workerData: { realm, program, module, snapshot: new Uint8Array(4) } }),
  );
  cell.post([{ type: 'run', id: 1, code: '', job: '', input: new Uint8Array(0) }]);
  await promise;
  cell.terminate();
  return messages;
}

describe('a cell whose engine is fully broken', async () => {
  const messages = await breach('./hostile.js', all => all.length >= 2);
  const text = new TextDecoder().decode(messages.at(-1) as Uint8Array);
  const rows = JSON.parse(text) as [name: string, outcome: string, type: string, powers: string][];

  it('answers every probe', () => {
    expect(rows.length).toBeGreaterThan(50);
    expect(rows.at(-1)?.[0]).toBe('late results');
    // The imports settled, and handed out errors of the surrounding realm: those were examined too.
    expect(Number(rows.at(-1)?.[1])).toBeGreaterThan(5);
    expect(Number(rows.at(-2)?.[1])).toBeGreaterThan(2);
  });

  for (const [name, outcome, type, powers] of rows) {
    it(`reaches nothing by ${name}`, () => {
      expect({ name, outcome, type, powers }).toMatchObject({ powers: '' });
    });
  }

  it('leaves the host alive and untouched', () => {
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    expect(typeof process.pid).toBe('number');
  });
});
