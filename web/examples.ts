/** The examples of this repository, with their files. */
import { EXAMPLES, type Example, placeOf } from '../examples/index.ts';
import type { OpenedModule } from './module-panel.ts';
import type { Language } from './protocol.ts';

interface Loaded {
  readonly name: string;
  readonly title: string;
  readonly fileName: string;
  readonly inputKind: 'json' | 'text';
  readonly input: string;
  readonly policy: string;
}

/** As a person would have typed it. */
export interface LoadedScript extends Loaded {
  readonly kind: Language;
  readonly code: string;
}

export interface LoadedModule extends Loaded {
  readonly kind: 'wasm';
  readonly module: Omit<OpenedModule, 'name'>;
  /** Fetched when it is chosen. */
  load(): Promise<Uint8Array>;
}

export type LoadedExample = LoadedScript | LoadedModule;

type Files = Readonly<Record<string, string>>;

const plugins: Files = import.meta.glob('../examples/plugins/*.{js,ts,py}', {
  query: '?raw',
  import: 'default',
  eager: true,
});
const policies: Files = import.meta.glob('../examples/policies/*.json', {
  query: '?raw',
  import: 'default',
  eager: true,
});
/** Addresses, not contents. */
const natives: Files = import.meta.glob('../examples/native/*/*.wasm', {
  query: '?url',
  import: 'default',
  eager: true,
});
const data: Files = import.meta.glob('../examples/data/*', { query: '?raw', import: 'default', eager: true });
const sources: Files = import.meta.glob('../examples/modules/*.js', {
  query: '?raw',
  import: 'default',
  eager: true,
});

function fileOf(files: Files, folder: string, name: string): string {
  const text = files[`../examples/${folder}${name}`];
  if (text === undefined) throw new Error(`Add examples/${folder}${name}: examples/index.ts names it`);
  return text;
}

function indented(json: string): string {
  return JSON.stringify(JSON.parse(json), null, 2);
}

async function fetchModule(file: string): Promise<Uint8Array> {
  const response = await fetch(fileOf(natives, '', placeOf(file)));
  if (!response.ok) throw new Error(`Reload the page: ${file} could not be fetched (${response.status})`);
  return new Uint8Array(await response.arrayBuffer());
}

function languagePart(
  example: Example,
): Pick<LoadedScript, 'kind' | 'code'> | Pick<LoadedModule, 'kind' | 'module' | 'load'> {
  const { file, files = {}, entry = '', args = [] } = example;
  if (!file.endsWith('.wasm')) {
    return {
      kind: file.endsWith('.ts') ? 'typescript' : file.endsWith('.py') ? 'python' : 'javascript',
      code: fileOf(plugins, '', placeOf(file)),
    };
  }
  const given = Object.entries(files).map(([path, name]) => [path, fileOf(data, 'data/', name)] as const);
  return {
    kind: 'wasm',
    module: { files: Object.fromEntries(given), entry, args, output: 'auto' },
    load: () => fetchModule(file),
  };
}

export const examples: readonly LoadedExample[] = EXAMPLES.map(example => {
  const { name, file, title, input } = example;
  const given = 'file' in input ? fileOf(data, 'data/', input.file) : null;
  const isText = 'file' in input && !input.file.endsWith('.json');
  const value = 'value' in input ? (JSON.stringify(input.value, null, 2) as string | undefined) : undefined;
  return {
    name,
    title,
    fileName: file,
    inputKind: isText ? 'text' : 'json',
    input: given ?? value ?? '',
    policy: indented(fileOf(policies, 'policies/', `${name}.json`)),
    ...languagePart(example),
  } as const;
});

/** Every module of the examples: any program may import those its policy names. */
export const modules: Readonly<Record<string, string>> = Object.fromEntries(
  EXAMPLES.flatMap(example =>
    Object.entries(example.modules).map(([name, file]) => [name, fileOf(sources, 'modules/', file)]),
  ),
);
