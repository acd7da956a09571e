/** The examples of this repository, with their files. */
import { EXAMPLES } from '../examples/index.ts';
import type { Language } from './protocol.ts';

/** As a person would have typed it. */
export interface LoadedExample {
  readonly name: string;
  readonly title: string;
  readonly fileName: string;
  readonly language: Language;
  readonly code: string;
  readonly inputKind: 'json' | 'text';
  readonly input: string;
  readonly policy: string;
}

type Files = Readonly<Record<string, string>>;

const plugins: Files = import.meta.glob('../examples/plugins/*.{js,ts}', {
  query: '?raw',
  import: 'default',
  eager: true,
});
const policies: Files = import.meta.glob('../examples/policies/*.json', {
  query: '?raw',
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
  const text = files[`../examples/${folder}/${name}`];
  if (text === undefined) throw new Error(`Add examples/${folder}/${name}: examples/index.ts names it`);
  return text;
}

function indented(json: string): string {
  return JSON.stringify(JSON.parse(json), null, 2);
}

export const examples: readonly LoadedExample[] = EXAMPLES.map(({ name, file, title, input }) => {
  const given = 'file' in input ? fileOf(data, 'data', input.file) : null;
  const isText = 'file' in input && !input.file.endsWith('.json');
  const value = 'value' in input ? (JSON.stringify(input.value, null, 2) as string | undefined) : undefined;
  return {
    name,
    title,
    fileName: file,
    language: file.endsWith('.ts') ? 'typescript' : 'javascript',
    code: fileOf(plugins, 'plugins', file),
    inputKind: isText ? 'text' : 'json',
    input: given ?? value ?? '',
    policy: indented(fileOf(policies, 'policies', `${name}.json`)),
  };
});

/** Every module of the examples: any program may import those its policy names. */
export const modules: Readonly<Record<string, string>> = Object.fromEntries(
  EXAMPLES.flatMap(example =>
    Object.entries(example.modules).map(([name, file]) => [name, fileOf(sources, 'modules', file)]),
  ),
);
