/** The plugin's input: JSON, or a text as it stands. */
import type { Value } from '../src/core/value.ts';
import { byId, showMessage } from './dom.ts';
import { createEditor } from './editor.ts';
import { type ReadJson, readJson } from './json.ts';

export type InputKind = 'json' | 'text';

export interface InputPanel {
  /** Null when it is no JSON; the panel then says why. */
  read(): { readonly value: Value } | null;
  set(kind: InputKind, text: string): void;
}

export function createInputPanel(): InputPanel {
  const error = byId('input-error', HTMLParagraphElement);
  const kind = byId('input-kind', HTMLSelectElement);
  const editor = createEditor(byId('input', HTMLDivElement), {
    label: 'Input of the plugin',
    language: 'json',
    lineNumbers: false,
    whenEmpty: 'Nothing: the plugin gets undefined',
    changed: () => void read(),
  });

  function parse(text: string): ReadJson {
    const isText = kind.value === 'text';
    if (text === '' || (!isText && text.trim() === '')) return { ok: true, value: undefined };
    return isText ? { ok: true, value: text } : readJson(text, 'input');
  }

  function read(): { readonly value: Value } | null {
    const parsed = parse(editor.text());
    if (parsed.ok) {
      showMessage(error, null);
      editor.setMarks([]);
      return { value: parsed.value };
    }
    showMessage(error, parsed.message);
    editor.markOffset(parsed.offset, parsed.message);
    return null;
  }

  kind.addEventListener('change', () => {
    editor.setLanguage(kind.value as InputKind);
    read();
  });

  return {
    read,
    set(next, text) {
      kind.value = next;
      editor.setLanguage(next);
      editor.setText(text);
      read();
    },
  };
}
