/** A CodeMirror editor with what the playground asks of it, and nothing else. */
import {
  autocompletion,
  closeBrackets,
  closeBracketsKeymap,
  completionKeymap,
} from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands';
import { javascriptLanguage, typescriptLanguage } from '@codemirror/lang-javascript';
import { pythonLanguage } from '@codemirror/lang-python';
import { bracketMatching, indentOnInput, indentUnit, LanguageSupport } from '@codemirror/language';
import { type Diagnostic, lintGutter, lintKeymap, setDiagnostics } from '@codemirror/lint';
import { Compartment, EditorState, type Extension } from '@codemirror/state';
import {
  drawSelection,
  EditorView,
  highlightActiveLine,
  highlightActiveLineGutter,
  highlightSpecialChars,
  keymap,
  lineNumbers,
  placeholder,
} from '@codemirror/view';
import { guestCompletion } from './completion.ts';
import { editorLooks } from './editor-theme.ts';

export type EditorLanguage = 'javascript' | 'typescript' | 'python' | 'json' | 'text';

/** 1-based; the end is exclusive. */
export interface Mark {
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
  readonly severity: 'error' | 'warning';
  readonly message: string;
}

export interface Editor {
  readonly text: () => string;
  /** Can be undone, like typing. */
  setText(text: string): void;
  setLanguage(language: EditorLanguage): void;
  setMarks(marks: readonly Mark[]): void;
  markOffset(offset: number, message: string): void;
  goTo(line: number, column: number): void;
  destroy(): void;
}

export interface EditorOptions {
  /** What it is, for those who cannot see it. */
  readonly label: string;
  readonly language: EditorLanguage;
  readonly lineNumbers: boolean;
  /** Shown while the text is empty. */
  readonly whenEmpty?: string;
  readonly changed: () => void;
}

/** The one nonce for styles in the policy of the page. */
function styleNonce(): string {
  return document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce ?? '';
}

function support(language: EditorLanguage): Extension {
  switch (language) {
    case 'javascript':
      return new LanguageSupport(javascriptLanguage, [indentUnit.of('  ')]);
    case 'typescript':
      return new LanguageSupport(typescriptLanguage, [indentUnit.of('  ')]);
    case 'python':
      return new LanguageSupport(pythonLanguage, [indentUnit.of('    ')]);
    case 'json':
      // JSON is an expression; as a program its first brace would open a block.
      return new LanguageSupport(javascriptLanguage.configure({ top: 'SingleExpression' }));
    case 'text':
      return [];
  }
}

/**
 * Typing over a selection, without the browser's own editing: Chromium keeps the look of what it replaces in a style
 * attribute, which the policy of the page refuses with an error in the console.
 */
const plainReplacement: Extension = EditorView.domEventHandlers({
  beforeinput(event, view) {
    const { selection } = view.state;
    if (event.inputType !== 'insertText' || event.data === null || event.isComposing) return false;
    if (selection.ranges.every(range => range.empty)) return false;
    event.preventDefault();
    view.dispatch(view.state.replaceSelection(event.data), {
      userEvent: 'input.type',
      scrollIntoView: true,
    });
    return true;
  },
});

export function createEditor(parent: HTMLElement, options: EditorOptions): Editor {
  const language = new Compartment();
  const view = new EditorView({
    parent,
    state: EditorState.create({
      extensions: [
        EditorView.cspNonce.of(styleNonce()),
        options.lineNumbers
          ? [lineNumbers(), highlightActiveLineGutter(), highlightActiveLine(), lintGutter()]
          : [],
        options.whenEmpty === undefined ? [] : placeholder(options.whenEmpty),
        history(),
        EditorView.lineWrapping,
        drawSelection(),
        highlightSpecialChars(),
        plainReplacement,
        indentOnInput(),
        bracketMatching(),
        // Tab is left to the page: it moves on to the next control.
        closeBrackets(),
        options.language === 'json' || options.language === 'text'
          ? []
          : autocompletion({ override: [guestCompletion], icons: false }),
        keymap.of([
          ...closeBracketsKeymap,
          ...completionKeymap,
          ...defaultKeymap,
          ...historyKeymap,
          ...lintKeymap,
        ]),
        EditorView.contentAttributes.of({ 'aria-label': options.label, spellcheck: 'false' }),
        EditorView.updateListener.of(update => {
          if (update.docChanged) options.changed();
        }),
        language.of(support(options.language)),
        editorLooks,
      ],
    }),
  });

  const offsetOf = (line: number, column: number): number => {
    const { doc } = view.state;
    const found = doc.line(Math.min(Math.max(line, 1), doc.lines));
    return Math.min(found.from + Math.max(column, 1) - 1, found.to);
  };
  const setDiagnosticsOf = (list: readonly Diagnostic[]): void =>
    view.dispatch(setDiagnostics(view.state, list));

  return {
    text: () => view.state.doc.toString(),
    setText(text) {
      view.dispatch({
        changes: { from: 0, to: view.state.doc.length, insert: text },
        selection: { anchor: 0 },
      });
    },
    setLanguage: name => view.dispatch({ effects: language.reconfigure(support(name)) }),
    setMarks: marks =>
      setDiagnosticsOf(
        marks.map(({ line, column, endLine, endColumn, severity, message }) => {
          const from = offsetOf(line, column);
          return { from, to: Math.max(from, offsetOf(endLine, endColumn)), severity, message };
        }),
      ),
    markOffset(offset, message) {
      const from = Math.min(offset, view.state.doc.length);
      const to = Math.min(from + 1, view.state.doc.length);
      setDiagnosticsOf([{ from, to, severity: 'error', message }]);
    },
    goTo(line, column) {
      view.dispatch({ selection: { anchor: offsetOf(line, column) }, scrollIntoView: true });
      view.focus();
    },
    destroy: () => view.destroy(),
  };
}
