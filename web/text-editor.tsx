/** A text that is edited. CodeMirror comes when the first one is shown; until then the text can be read. */
import { type ReactElement, useEffect, useRef } from 'react';
import type { Editor, EditorLanguage, Mark } from './editor.ts';

export interface TextEditorProps {
  readonly label: string;
  readonly language: EditorLanguage;
  readonly value: string;
  readonly marks?: readonly Mark[];
  readonly lineNumbers?: boolean;
  readonly onChange: (text: string) => void;
}

const NO_MARKS: readonly Mark[] = [];

export function TextEditor({
  label,
  language,
  value,
  marks = NO_MARKS,
  lineNumbers = true,
  onChange,
}: TextEditorProps): ReactElement {
  const place = useRef<HTMLDivElement>(null);
  const editor = useRef<Editor | null>(null);
  const latest = useRef({ value, onChange, marks, language });
  latest.current = { value, onChange, marks, language };

  // biome-ignore lint/correctness/useExhaustiveDependencies: made once for its place; what changes is handed on below
  useEffect(() => {
    let gone = false;
    void import('./editor.ts').then(({ createEditor }) => {
      if (gone || place.current === null) return;
      place.current.replaceChildren();
      const made = createEditor(place.current, {
        label,
        language: latest.current.language,
        lineNumbers,
        changed: () => {
          const text = made.text();
          if (text !== latest.current.value) latest.current.onChange(text);
        },
      });
      made.setText(latest.current.value);
      made.setMarks(latest.current.marks);
      editor.current = made;
    });
    return () => {
      gone = true;
      editor.current?.destroy();
      editor.current = null;
    };
  }, []);

  useEffect(() => {
    if (editor.current !== null && editor.current.text() !== value) editor.current.setText(value);
  }, [value]);
  useEffect(() => editor.current?.setMarks(marks), [marks]);
  useEffect(() => editor.current?.setLanguage(language), [language]);

  return (
    <div className="text-editor" ref={place}>
      <pre>{value.slice(0, 20_000)}</pre>
    </div>
  );
}
