/** The editor as a whole. */
import { type ReactElement, useEffect, useState } from 'react';
import { checkSoon, run } from './actions.ts';
import { Canvas } from './canvas.tsx';
import { Drawer } from './drawer.tsx';
import { Gallery } from './gallery.tsx';
import { Inspector } from './inspector.tsx';
import { store, useStore } from './store.ts';
import { TopBar } from './top-bar.tsx';

export interface AppProps {
  /** Default true. */
  readonly gallery?: boolean;
}

const isEditing = (target: EventTarget | null): boolean =>
  target instanceof Element && target.closest('input, textarea, select, .cm-editor') !== null;

function keys(event: KeyboardEvent): void {
  const command = event.ctrlKey || event.metaKey;
  if (!command || event.isComposing) return;
  if (event.key === 'Enter') {
    // Before the editors see it: to them it means a new line.
    event.preventDefault();
    event.stopPropagation();
    void run();
  } else if (event.key.toLowerCase() === 'z' && !isEditing(event.target)) {
    event.preventDefault();
    if (event.shiftKey) store.redo();
    else store.undo();
  }
}

function Notice(): ReactElement | null {
  const notice = useStore(state => state.notice);
  if (notice === null) return null;
  return (
    <div className="notice" role="alert">
      <span>{notice}</span>
      <button type="button" className="quiet" aria-label="Close" onClick={() => store.set({ notice: null })}>
        ✕
      </button>
    </div>
  );
}

export function App({ gallery: offered = true }: AppProps): ReactElement {
  const [gallery, setGallery] = useState(() => offered && innerWidth >= 1_100);
  const document = useStore(state => state.document);
  const secrets = useStore(state => state.secrets);
  const hasNode = useStore(state => state.selected !== null);

  useEffect(() => {
    addEventListener('keydown', keys, { capture: true });
    return () => removeEventListener('keydown', keys, { capture: true });
  }, []);
  // biome-ignore lint/correctness/useExhaustiveDependencies: asked again whenever they change
  useEffect(() => checkSoon(), [document, secrets]);

  return (
    <div className={`app ${gallery ? 'with-gallery' : ''} ${hasNode ? 'with-node' : ''}`}>
      <TopBar gallery={gallery} onGallery={offered ? () => setGallery(!gallery) : null} />
      <Notice />
      {gallery && <Gallery onOpen={() => innerWidth < 1_100 && setGallery(false)} />}
      <main className="work">
        <Canvas />
        <Drawer />
      </main>
      <Inspector />
    </div>
  );
}
