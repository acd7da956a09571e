/**
 * Reads the meaning of the engine's one-letter imports and exports out of the glue text published next to it.
 * Every pattern must match exactly once: a glue that was generated differently stops the build, it is never guessed at.
 */
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import {
  ENGINE_GLUE_FILE,
  ENGINE_PACKAGE,
  ENGINE_SHA256,
  ENGINE_WASM_FILE,
  FUEL_EXPORT,
} from './engine-pin.ts';

export interface EngineNames {
  /** The module name every import of the engine has. */
  readonly importModule: string;
  /** Meaning → letter, for each import. */
  readonly imports: Readonly<Record<string, string>>;
  /** Meaning → letter, for each export. C functions keep their C names. */
  readonly exports: Readonly<Record<string, string>>;
}

const GENERATED_FILE: URL = new URL('../src/runtimes/quickjs/engine-names.ts', import.meta.url);

function packageFile(name: string): URL {
  return new URL(`../node_modules/${ENGINE_PACKAGE}/dist/${name}`, import.meta.url);
}

/** What each import does, recognised by the body the glue gives it. Group 1 is the letter. */
const IMPORT_PATTERNS: Readonly<Record<string, RegExp>> = {
  memory: /([\w$]+):t,r:/g,
  assertFail: /([\w$]+):\(a,c,b,e\)=>[\w$]+\(`Assertion failed: /g,
  abort: /([\w$]+):\(\)=>[\w$]+\(""\)/g,
  keepaliveClear: /([\w$]+):\(\)=>\{[\w$]+=!1;[\w$]+=0\}/g,
  localtime: /([\w$]+):function\(a,c\)\{(?:(?!\},[\w$]+:).)*?getTimezoneOffset/gs,
  setitimer: /([\w$]+):\(a,c\)=>\{[^}]*clearTimeout\(/g,
  tzset: /([\w$]+):\(a,c,b,e\)=>\{(?:(?!\},[\w$]+:).)*?getFullYear/gs,
  dateNow: /([\w$]+):\(\)=>Date\.now\(\)/g,
  resizeHeap: /([\w$]+):a=>\{var c=[\w$]+\.length;a>>>=0;if\(2147483648<a\)return!1;/g,
  environGet: /([\w$]+):\(a,c\)=>\{var b=0,e=0,f;for\(/g,
  environSizesGet: /([\w$]+):\(a,c\)=>\{var b=[\w$]+\(\);[\w$]+\[a>>2\]=b\.length;/g,
  fdClose: /([\w$]+):\(\)=>52\b/g,
  fdSeek: /([\w$]+):function\(\)\{return 70\}/g,
  fdWrite: /([\w$]+):\(a,c,b,e\)=>\{for\(var f=0,g=0;g<b;/g,
  exit: /a:t,([\w$]+):pa,/g,
  callFunction: /([\w$]+):function\([^)]*\)\{return [\w$]+\.callbacks\.callFunction\(/g,
  shouldInterrupt: /([\w$]+):function\([^)]*\)\{return [\w$]+\.callbacks\.shouldInterrupt\(/g,
  loadModuleSource: /([\w$]+):function\([^)]*\)\{b=[\w$]+\(b\);return [\w$]+\.callbacks\.loadModuleSource\(/g,
  normalizeModule:
    /([\w$]+):function\([^)]*\)\{b=[\w$]+\(b\);e=[\w$]+\(e\);return [\w$]+\.callbacks\.normalizeModule\(/g,
  freeHostRef: /([\w$]+):function\([^)]*\)\{[\w$]+\.callbacks\.freeHostRef\(/g,
};

/** Exports the glue keeps in its own variables. Group 1 is the letter. */
const RUNTIME_EXPORT_PATTERNS: Readonly<Record<string, RegExp>> = {
  /** The library's static constructors: called once before anything else. */
  callCtors: /\.calledRun=!0;if\(![\w$]+\)\{[\w$]+=!0;[\w$]+\.([\w$]+)\(\);/g,
  /** `_emscripten_timeout(which, now)`, for the itimer the engine never sets. */
  emscriptenTimeout: /;wa=b\.([\w$]+);ua=/g,
  stackRestore: /;ua=b\.([\w$]+);Y=/g,
  stackAlloc: /;Y=b\.([\w$]+);ta=/g,
  stackSave: /;ta=b\.([\w$]+);return/g,
};

function only(text: string, meaning: string, pattern: RegExp): string {
  const found = [...text.matchAll(pattern)];
  const letter = found[0]?.[1];
  if (found.length !== 1 || letter === undefined) {
    throw new Error(
      `look at ${ENGINE_PACKAGE}/dist/${ENGINE_GLUE_FILE}: the pattern for '${meaning}' matched ${found.length} times, wanted 1`,
    );
  }
  return letter;
}

/** Derives all names from the glue text, or throws with the pattern that did not match exactly once. */
export function deriveEngineNames(glue: string): EngineNames {
  const table = only(glue, 'import table', /=(\{b:\(a,c,b,e\)=>.*?\}\}),Z;\n/gs);
  const imports: Record<string, string> = {};
  for (const [meaning, pattern] of Object.entries(IMPORT_PATTERNS))
    imports[meaning] = only(table, meaning, pattern);
  const exports: Record<string, string> = {};
  for (const [, name, letter] of glue.matchAll(/\bd\._(\w+)=\s*b\.([\w$]+);/g)) {
    if (name === undefined || letter === undefined || exports[name] !== undefined) {
      throw new Error(`look at ${ENGINE_GLUE_FILE}: export '${name}' is assigned twice`);
    }
    exports[name] = letter;
  }
  for (const [meaning, pattern] of Object.entries(RUNTIME_EXPORT_PATTERNS)) {
    exports[meaning] = only(glue, meaning, pattern);
  }
  const importModule = only(glue, 'import module', /var c=\{([\w$]+):xa\};/g);
  return { importModule, imports, exports };
}

/** Throws unless the names cover the module's imports and exports completely, one letter per meaning. */
function assertComplete(names: EngineNames, wasm: WebAssembly.Module): void {
  const compare = (what: string, named: readonly string[], actual: readonly string[]): void => {
    const sort = (list: readonly string[]): string => [...list].sort().join(' ');
    if (sort(named) !== sort(actual)) {
      throw new Error(`name every engine ${what}: named [${sort(named)}], the module has [${sort(actual)}]`);
    }
  };
  const prefix = `${names.importModule}.`;
  compare(
    'import',
    Object.values(names.imports).map(letter => prefix + letter),
    WebAssembly.Module.imports(wasm).map(entry => `${entry.module}.${entry.name}`),
  );
  // The indirect-call table is exported too, and the glue never reads it.
  const table = WebAssembly.Module.exports(wasm).filter(entry => entry.kind !== 'table');
  compare(
    'export',
    Object.values(names.exports),
    table.map(entry => entry.name),
  );
}

function renderTable(name: string, doc: string, table: Readonly<Record<string, string>>): string {
  const rows = Object.entries(table).map(([meaning, letter]) => `  ${meaning}: '${letter}',\n`);
  return `/** ${doc} */\nexport const ${name} = {\n${rows.join('')}} as const;\n`;
}

function render(names: EngineNames): string {
  return [
    '// Generated by `node scripts/engine-names.ts` from the glue text of the pinned engine. Do not edit: the build compares.\n',
    `/** SHA-256 of the engine's wasm as published, before metering. */\nexport const ENGINE_SHA256 = '${ENGINE_SHA256}';\n`,
    `/** Exported mutable i32 global: fuel left in the current slice. The metered engine only. */\nexport const FUEL_EXPORT = '${FUEL_EXPORT}';\n`,
    `/** Module name of every import. */\nexport const ENGINE_IMPORT_MODULE = '${names.importModule}';\n`,
    renderTable('ENGINE_IMPORTS', 'Meaning → import name.', names.imports),
    renderTable('ENGINE_EXPORTS', 'Meaning → export name.', names.exports),
  ].join('\n');
}

/** The engine's published wasm. Throws when it is not the pinned build. */
export function readPinnedEngine(): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(readFileSync(packageFile(ENGINE_WASM_FILE)));
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  if (sha256 !== ENGINE_SHA256) {
    throw new Error(
      `review the new engine, then update scripts/engine-pin.ts: ${ENGINE_WASM_FILE} has sha256 ${sha256}, pinned is ${ENGINE_SHA256}`,
    );
  }
  return bytes;
}

/** What `src/runtimes/quickjs/engine-names.ts` must contain. */
export function renderEngineNames(): string {
  const names = deriveEngineNames(readFileSync(packageFile(ENGINE_GLUE_FILE), 'utf8'));
  assertComplete(names, new WebAssembly.Module(readPinnedEngine()));
  return render(names);
}

/** Throws when the checked-in file is not what the pinned engine says. */
export function assertEngineNamesCurrent(): void {
  if (readFileSync(GENERATED_FILE, 'utf8') !== renderEngineNames()) {
    throw new Error(
      'run `node scripts/engine-names.ts`: src/runtimes/quickjs/engine-names.ts is out of date',
    );
  }
}

if (import.meta.main) writeFileSync(GENERATED_FILE, renderEngineNames());
