/** Opening a plugin's file: by a button, or by dropping it anywhere on the page. */
import { LIMITS } from '../src/core/limits.ts';
import { byId } from './dom.ts';
import type { Language } from './protocol.ts';

export type OpenedFile =
  | { readonly kind: 'script'; readonly name: string; readonly language: Language; readonly text: string }
  | { readonly kind: 'module'; readonly name: string; readonly bytes: Uint8Array };

const LANGUAGES: Readonly<Record<string, Language>> = {
  // biome-ignore format: a list
  js: 'javascript',
  mjs: 'javascript',
  cjs: 'javascript',
  ts: 'typescript',
  mts: 'typescript',
  cts: 'typescript',
  py: 'python',
};

/** A message for people. */
export class CannotOpen extends Error {}

export async function readPlugin(file: File): Promise<OpenedFile> {
  const { name, size } = file;
  const extension = /\.([a-z]+)$/i.exec(name)?.[1]?.toLowerCase() ?? '';
  if (extension === 'wasm') {
    const most = LIMITS.moduleBytes.ceiling;
    if (size > most)
      throw new CannotOpen(`Open a smaller module: ${name} has ${size} bytes, the most is ${most}`);
    return { kind: 'module', name, bytes: new Uint8Array(await file.arrayBuffer()) };
  }
  const language = LANGUAGES[extension];
  if (language === undefined) throw new CannotOpen(`Open a .js, .ts, .py or .wasm file: ${name} is none`);
  const most = LIMITS.codeBytes.ceiling;
  if (size > most)
    throw new CannotOpen(`Open a shorter program: ${name} has ${size} bytes, the most is ${most}`);
  return { kind: 'script', name, language, text: await file.text() };
}

export function onOpen(opened: (file: File) => void): void {
  const input = byId('file', HTMLInputElement);
  const curtain = byId('drop', HTMLDivElement);
  byId('open', HTMLButtonElement).addEventListener('click', () => input.click());
  input.addEventListener('change', () => {
    const [file] = input.files ?? [];
    // The same file again is a change as well.
    input.value = '';
    if (file !== undefined) opened(file);
  });
  const carriesFiles = (event: DragEvent): boolean => event.dataTransfer?.types.includes('Files') === true;
  addEventListener('dragover', event => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    curtain.hidden = false;
  });
  addEventListener('dragleave', event => {
    if (event.relatedTarget === null) curtain.hidden = true;
  });
  addEventListener(
    'drop',
    event => {
      if (!carriesFiles(event)) return;
      // Before the editor sees it: it would take the file's text for itself.
      event.preventDefault();
      event.stopPropagation();
      curtain.hidden = true;
      const [file] = event.dataTransfer?.files ?? [];
      if (file !== undefined) opened(file);
    },
    { capture: true },
  );
}
