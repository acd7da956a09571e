/** The program, with what validation says about it. */
import type { ValidationReport } from '../src/validate/index.ts';
import { button, byId, element } from './dom.ts';
import { createEditor } from './editor.ts';
import { createModulePanel, type ModulePanel } from './module-panel.ts';
import type { Kind, Language } from './protocol.ts';

export interface CodePanel {
  text(): string;
  kind(): Kind;
  readonly module: ModulePanel;
  set(language: Language, text: string): void;
  /** Shows the module panel in place of the editor. */
  setModule(): void;
  show(validation: ValidationReport): void;
  goTo(line: number, column: number): void;
}

/** More are marked in the text, but not listed below it. */
const LISTED = 5;

const FORMS: Readonly<Record<string, string>> = {
  module: 'an ES module: its default export is called, or is the result',
  body: 'a body: what it returns is the result',
  script: 'a script: its last expression is the result',
  main: 'main(input) gives the result',
};

export function createCodePanel(changed: () => void): CodePanel {
  const language = byId('language', HTMLSelectElement);
  const form = byId('form', HTMLSpanElement);
  const problems = byId('problems', HTMLOListElement);
  const editor = createEditor(byId('code', HTMLDivElement), {
    label: 'Code of the plugin',
    language: 'javascript',
    lineNumbers: true,
    changed,
  });
  const place = byId('code', HTMLDivElement);
  const module = createModulePanel();
  const chosen = (): Kind => language.value as Kind;
  const arrange = (): void => {
    const kind = chosen();
    module.setVisible(kind === 'wasm');
    place.hidden = kind === 'wasm';
    if (kind === 'wasm') {
      form.textContent = '';
      problems.hidden = true;
    } else editor.setLanguage(kind);
  };
  language.addEventListener('change', () => {
    arrange();
    changed();
  });

  return {
    text: editor.text,
    kind: chosen,
    module,
    set(next, text) {
      language.value = next;
      arrange();
      editor.setText(text);
    },
    setModule() {
      language.value = 'wasm';
      arrange();
    },
    show(validation) {
      editor.setMarks(validation.problems);
      form.textContent = validation.form === null ? '' : (FORMS[validation.form] ?? '');
      const { length } = validation.problems;
      problems.replaceChildren(
        ...validation.problems.slice(0, LISTED).map(({ line, column, severity, message }) =>
          element(
            'li',
            severity,
            button(`${line}:${column}`, 'link', () => editor.goTo(line, column)),
            element('span', '', ` ${message}`),
          ),
        ),
      );
      if (length > LISTED) problems.append(element('li', 'note', `and ${length - LISTED} more`));
      problems.hidden = length === 0;
    },
    goTo: editor.goTo,
  };
}
