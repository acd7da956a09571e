/**
 * Runs small programs that use npm packages, bundled, under the default policy, and compares with what they give in Node.js:
 * `node --conditions=citadel-source scripts/packages-suite.ts DIRECTORY [NAME …]`. DIRECTORY holds the programs (`NAME.mjs`, the
 * name as a URI component, with a function of the input as default export), and in `node_modules` the packages and esbuild. Nothing
 * of it is part of this repository; what is known to fail, and why, is in packages-suite/known.ts.
 */
import { existsSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { inspect, isDeepStrictEqual } from 'node:util';
import { createSandbox } from '../src/index.ts';
import { KNOWN } from './packages-suite/known.ts';
import { serve } from './packages-suite/server.ts';

interface Bundler {
  build(options: Record<string, unknown>): Promise<{ outputFiles: readonly { text: string }[] }>;
}

const [given = '', ...only] = process.argv.slice(2);
const folder = resolve(given);
if (given === '' || !existsSync(join(folder, 'node_modules/esbuild'))) {
  console.error('Name a folder with programs, and in its node_modules their packages and esbuild');
  process.exit(2);
}
const { build } = createRequire(join(folder, 'programs.cjs'))('esbuild') as Bundler;
const names = readdirSync(folder)
  .filter(file => file.endsWith('.mjs'))
  .map(file => decodeURIComponent(file.slice(0, -4)))
  .filter(name => only.length === 0 || only.includes(name));

await using service = await serve();
const input = {
  base: `http://localhost:${service.port}`,
  name: 'Ada',
  orders: [
    { id: 1, country: 'DE', total: 12.5 },
    { id: 2, country: 'FR', total: 30 },
    { id: 3, country: 'DE', total: 7.25 },
  ],
};
await using sandbox = createSandbox({
  policy: { network: { allow: [`localhost:${service.port}`], allowIp: ['127.0.0.1', '::1'] } },
});

/** Data alone: prototypes and absent fields do not cross, or not the same way. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return Array.from(value, plain);
  if (ArrayBuffer.isView(value)) return [...new Uint8Array(value.buffer, value.byteOffset, value.byteLength)];
  if (typeof value !== 'object' || value === null || value instanceof Date) return value;
  if (value instanceof Map || value instanceof Set) return Array.from(value, plain);
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, each]) => each !== undefined)
      .map(([key, each]) => [key, plain(each)]),
  );
}

const show = (value: unknown): string =>
  inspect(value, { breakLength: Infinity, compact: true }).slice(0, 200);
const line = (error: unknown): string => String(error).replace(/\s+/g, ' ').slice(0, 200);

async function inNode(file: string): Promise<unknown> {
  const program = ((await import(pathToFileURL(file).href)) as { default: unknown }).default;
  return plain(typeof program === 'function' ? await program(input) : await program);
}

/** What is wrong, or null. */
async function problemOf(name: string): Promise<string | null> {
  const file = join(folder, `${encodeURIComponent(name)}.mjs`);
  let code: string;
  try {
    const options = {
      bundle: true,
      write: false,
      minify: true,
      format: 'esm',
      platform: 'browser',
      target: 'es2023',
      logLevel: 'silent',
    };
    code = (await build({ entryPoints: [file], ...options })).outputFiles[0]?.text ?? '';
  } catch (error) {
    return `does not bundle: ${line((error as { errors?: readonly { text: string }[] }).errors?.[0]?.text ?? error)}`;
  }
  const result = await sandbox.run({ runtime: 'javascript', code, input });
  if (!result.success) return `${result.error.code}: ${line(result.error.message)}`;
  const expected = await inNode(file).catch((error: unknown) => `Node.js: ${line(error)}`);
  const actual = plain(result.data);
  return isDeepStrictEqual(actual, expected) ? null : `differs: ${show(actual)}, Node.js ${show(expected)}`;
}

let passed = 0;
let surprises = 0;
for (const name of names) {
  const problem = await problemOf(name);
  const reason = KNOWN[name];
  if (problem === null) passed++;
  if ((problem === null) === (reason === undefined)) {
    if (problem !== null) console.log(`known   ${name}: ${reason}`);
    else console.log(`ok      ${name}`);
    continue;
  }
  surprises++;
  console.log(
    problem === null ? `PASSES  ${name}, which is known to fail: ${reason}` : `FAILS   ${name}: ${problem}`,
  );
}
console.log(`${passed} of ${names.length} pass, ${surprises} surprises`);
process.exit(surprises === 0 ? 0 : 1);
