/** Bundles the programs that run in cells' realms, and the JavaScript guest's platform. */
import { fileURLToPath } from 'node:url';
import { parse } from 'acorn';
import { simple } from 'acorn-walk';
import { rolldown } from 'rolldown';
import type { EngineName } from '../src/protocol/engines.ts';
import { urlAliases } from './url-aliases.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

const encoding = `${root}src/runtimes/cell/encoding.ts`;
/** A cell's realm has neither. */
const ENCODING = {
  TextEncoder: [encoding, 'TextEncoder'] as [string, string],
  TextDecoder: [encoding, 'TextDecoder'] as [string, string],
};
/** The same standards', for libraries of the host that run in a cell. */
const TOOLS = {
  structuredClone: [`${root}src/runtimes/cell/clone.ts`, 'structuredClone'] as [string, string],
  URL: [`${root}src/runtimes/cell/url.ts`, 'URL'] as [string, string],
};

/** Of a library's part for Node.js, which no cell gets to. */
const streams = {
  name: 'citadel-streams',
  resolveId: (source: string): string | null =>
    source === 'stream' ? `${root}src/runtimes/quickjs/ops/shims/nothing.ts` : null,
};

async function bundle(input: string, name: string, inject: typeof ENCODING): Promise<string> {
  const build = await rolldown({
    cwd: root,
    input,
    platform: 'neutral',
    resolve: { mainFields: ['module', 'main'], aliasFields: [['browser']] },
    plugins: [urlAliases(), streams],
    transform: { inject },
    onLog(level, log) {
      if (level === 'warn') throw new Error(`bundling ${input}: ${log.message}`);
    },
  });
  const { output } = await build.generate({ format: 'iife', name, minify: true, codeSplitting: false });
  await build.close();
  return output[0].code;
}

/** A realm that may not compile text must not try to; an `import()` would be answered by the realm around it. */
function assertNoCompilers(text: string): void {
  const refuse = (what: string, at: number): never => {
    throw new Error(`the cell bundle contains ${what}: …${text.slice(Math.max(0, at - 80), at + 80)}…`);
  };
  simple(parse(text, { ecmaVersion: 'latest', sourceType: 'script' }), {
    ImportExpression: node => refuse('import()', node.start),
    CallExpression: ({ callee, start }) => {
      if (callee.type === 'Identifier' && (callee.name === 'eval' || callee.name === 'Function'))
        refuse(callee.name, start);
    },
    NewExpression: ({ callee, start }) => {
      if (callee.type === 'Identifier' && callee.name === 'Function') refuse('new Function', start);
    },
  });
}

/** The IIFE `citadelProgram` of an engine. */
export async function buildCellBundle(engine: EngineName): Promise<string> {
  const inject = engine === 'tools' ? { ...ENCODING, ...TOOLS } : ENCODING;
  const text = await bundle(`workers/${engine}.ts`, 'citadelProgram', inject);
  assertNoCompilers(text);
  return text;
}

/** The guest's side of host functions, as an expression whose value is the function that installs it. */
export async function buildDoors(): Promise<string> {
  const build = await rolldown({
    cwd: root,
    input: 'src/runtimes/quickjs/guest/doors.ts',
    platform: 'neutral',
  });
  const { output } = await build.generate({ format: 'iife', name: 'doors', minify: true });
  await build.close();
  return `(()=>{'use strict';${output[0].code};return doors.install})()`;
}

export interface GuestModule {
  /** File name without its folder: unique, and what the others require. */
  readonly name: string;
  /** CommonJS text. */
  readonly code: string;
}

/**
 * The guest's side, one text per module and each after those it needs. Evaluated one by one, they leave a third of
 * the free fragments in the heap that one large text does, and every run copies that heap.
 */
export async function buildGuestModules(): Promise<readonly GuestModule[]> {
  const build = await rolldown({
    cwd: root,
    input: 'src/runtimes/quickjs/guest/main.ts',
    platform: 'neutral',
  });
  const { output } = await build.generate({
    format: 'cjs',
    preserveModules: true,
    minify: true,
    exports: 'named',
  });
  await build.close();
  const ordered: GuestModule[] = [];
  const placed = new Set<string>();
  const place = (fileName: string): void => {
    const chunk = output.find(item => item.fileName === fileName);
    if (placed.has(fileName) || chunk?.type !== 'chunk') return;
    placed.add(fileName);
    for (const dependency of chunk.imports) place(dependency);
    ordered.push({ name: fileName.slice(fileName.lastIndexOf('/') + 1), code: chunk.code });
  };
  for (const { fileName } of output) place(fileName);
  if (new Set(ordered.map(({ name }) => name)).size !== ordered.length)
    throw new Error('two guest modules share a name');
  return ordered;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  console.log(`cell bundle ${(await buildCellBundle('quickjs')).length} characters`);
  console.log(
    `guest modules ${(await buildGuestModules()).reduce((sum, { code }) => sum + code.length, 0)} characters`,
  );
}
