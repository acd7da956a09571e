/** The editor in a page of somebody else's: `mountEditor(element)`. docs/playground.md says what that page needs. */
import '@xyflow/react/dist/base.css';
import './style.css';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import type { FlowDocument } from '../examples/workflows/index.ts';
import { App } from './app.tsx';
import { EMPTY, store } from './store.ts';

export type { FlowDocument } from '../examples/workflows/index.ts';

export interface EditorOptions {
  /** What is edited first. Default: an empty workflow. */
  readonly document?: FlowDocument;
  /** Called after each change, with the document as it is then. */
  readonly onChange?: (document: FlowDocument) => void;
  /** Whether examples are offered. Default false. */
  readonly gallery?: boolean;
}

export interface MountedEditor {
  readonly document: FlowDocument;
  load(document: FlowDocument): void;
  unmount(): void;
}

/** One editor for a page: it fills the element, which needs a height. */
export function mountEditor(element: HTMLElement, options: EditorOptions = {}): MountedEditor {
  const { document = EMPTY, onChange, gallery = false } = options;
  if (store.get().document === EMPTY) store.load(document);
  let latest = store.get().document;
  const unwatch = store.subscribe(() => {
    const { document: now } = store.get();
    if (now === latest) return;
    latest = now;
    onChange?.(now);
  });
  const root = createRoot(element);
  root.render(
    <StrictMode>
      <App gallery={gallery} />
    </StrictMode>,
  );
  return {
    get document() {
      return store.get().document;
    },
    load: next => store.load(next),
    unmount() {
      unwatch();
      root.unmount();
    },
  };
}
