/** A process whose address space is limited (`ulimit -v`) is told that no cell starts, and lives. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { beforeEach, describe, expect, it } from 'vitest';

const INDEX = new URL('../../../src/index.ts', import.meta.url).href;
const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const wasm =
  'new Uint8Array([0,97,115,109,1,0,0,0,1,5,1,96,0,1,127,3,2,1,0,7,7,1,3,114,117,110,0,0,10,6,1,4,0,65,42,11])';

function runUnder(
  kilobytes: number,
  options: string,
): { readonly status: number | null; readonly out: string } {
  const program = `
    import { createSandbox } from ${JSON.stringify(INDEX)};
    const sandbox = createSandbox({ policy: { limits: { maxExecutionTimeMs: 200_000 } } });
    const result = await sandbox.run(${options});
    await sandbox.close();
    console.log(result.success ? 'ok ' + result.data : result.error.code + ' ' + result.error.message);
  `;
  const script = `ulimit -v ${kilobytes}; exec "$0" --conditions=citadel-source --input-type=module -e "$1"`;
  const { status, stdout } = spawnSync('sh', ['-c', script, process.execPath, program], {
    cwd: ROOT,
    encoding: 'utf8',
    timeout: 240_000,
  });
  return { status, out: stdout.trim() };
}

const RUNTIMES: readonly (readonly [string, string])[] = [
  ['JavaScript', '{ runtime: "javascript", code: "42" }'],
  ['Python', '{ runtime: "python", code: "42" }'],
  ['WebAssembly', `{ runtime: "wasm", entry: "run", code: ${wasm} }`],
];

describe('ulimit -v', () => {
  beforeEach(({ skip }) => skip(process.platform !== 'linux', 'only Linux limits the address space so'));

  // Below, Node.js does not start itself; where V8's own reservations leave it a few MiB, it ends before anything of ours runs.
  it.each(
    RUNTIMES.flatMap(([name, options]) =>
      [2_000_000, 2_300_000, 3_200_000].map(n => [name, n, options] as const),
    ),
  )(
    '%s does not start in %i KB, by name',
    (_, kilobytes, options) => {
      const { status, out } = runUnder(kilobytes, options);
      expect(out).toMatch(
        /^CELL_START_FAILED .*raise the limit of the process’s address space \(ulimit -v\)/,
      );
      expect(status).toBe(0);
    },
    300_000,
  );

  it.each(RUNTIMES)(
    '%s runs in 12 GB',
    (_, options) => {
      expect(runUnder(12_000_000, options)).toEqual({ status: 0, out: 'ok 42' });
    },
    300_000,
  );
});
