/** The playground: the editor on a page of its own, with examples, a link to share and its own memory. */
import { openExample } from './actions.ts';
import { mountEditor } from './embed.tsx';
import { fromLink, keep, kept } from './files.ts';
import { store } from './store.ts';

const KEEP_MS = 400;
const FIRST = 'steal';

function fatal(reason: unknown): void {
  const place = document.getElementById('fatal');
  if (place === null) return;
  place.textContent = `The playground failed. ${reason instanceof Error ? reason.message : String(reason)}`;
  place.hidden = false;
}

addEventListener('error', event => fatal(event.error ?? event.message));
addEventListener('unhandledrejection', event => fatal(event.reason));

async function begin(): Promise<void> {
  try {
    const linked = await fromLink();
    if (linked !== null) return store.load(linked);
  } catch {
    store.set({ notice: 'The link holds no workflow: it was cut off on its way' });
  }
  const before = kept();
  if (before === null) await openExample(FIRST);
  else store.load(before);
}

await begin();
const place = document.getElementById('editor');
let timer: ReturnType<typeof setTimeout> | undefined;
if (place !== null)
  mountEditor(place, {
    document: store.get().document,
    gallery: true,
    onChange(now) {
      clearTimeout(timer);
      timer = setTimeout(() => keep(now), KEEP_MS);
    },
  });
document.getElementById('boot')?.remove();
