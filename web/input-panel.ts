/** The plugin's input: JSON, or a text as it stands. */
import { byId, showMessage } from './dom.ts';
import { createEditor } from './editor.ts';
import { readJson } from './json.ts';
import type { Input } from './protocol.ts';

export type InputKind = 'json' | 'text';

export interface InputPanel {
  /** Null when it is no JSON; the panel then says why. */
  read(): Input | null;
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

  function read(): Input | null {
    const text = editor.text();
    const as = kind.value as InputKind;
    const isNothing = text === '' || (as === 'json' && text.trim() === '');
    const parsed = isNothing || as === 'text' ? null : readJson(text, 'input');
    if (parsed?.ok === false) {
      showMessage(error, parsed.message);
      editor.markOffset(parsed.offset, parsed.message);
      return null;
    }
    showMessage(error, null);
    editor.setMarks([]);
    return isNothing ? { as: 'nothing' } : { as, text };
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
