/** Running, stepping, stopping; back and forth; files and links. */
import { type ReactElement, useEffect, useRef, useState } from 'react';
import { openDocument, run, step, stop } from './actions.ts';
import { download, linkTo, readDocument } from './files.ts';
import { EMPTY, store, useStore } from './store.ts';

const MiB = 1_048_576;

function useSeconds(active: boolean, since: number): string {
  const [text, setText] = useState('');
  useEffect(() => {
    if (!active) return;
    const show = (): void => setText(`${((performance.now() - since) / 1_000).toFixed(1)} s`);
    show();
    const timer = setInterval(show, 100);
    return () => clearInterval(timer);
  }, [active, since]);
  return text;
}

function Status(): ReactElement {
  const {
    phase,
    download: coming,
    record,
    refused,
    startedAt,
    waiting,
    nodes,
    check,
    settingsError,
    document,
  } = useStore(state => state);
  const busy = phase === 'starting' || phase === 'running';
  const seconds = useSeconds(busy, startedAt);
  const atWork = Object.entries(nodes).filter(([, { status }]) => status === 'running');
  const errors = check?.problems.filter(({ severity }) => severity === 'error').length ?? 0;
  let [state, text] = ['idle', 'Ready'];
  if (coming !== null)
    [state, text] = [
      'running',
      `Fetching an engine: ${(coming.loaded / MiB).toFixed(1)} of ${(coming.total / MiB).toFixed(1)} MB`,
    ];
  else if (waiting !== null)
    [state, text] = [
      'running',
      `Next: ${document.workflow.nodes.find(({ id }) => id === waiting)?.title ?? waiting}`,
    ];
  else if (phase === 'starting') [state, text] = ['running', 'Starting the engine…'];
  else if (phase === 'running') {
    const [first] = atWork;
    const limit = document.settings.policies['default']?.limits?.timeoutMs ?? 5_000;
    const detail =
      first === undefined
        ? ''
        : first[1].total > 1
          ? `: ${first[0]}, ${first[1].done} of ${first[1].total} items`
          : `: ${first[0]}, at most ${limit / 1_000} s of guest time`;
    [state, text] = ['running', `Running ${seconds}${detail}`];
  } else if (refused !== null) [state, text] = ['failure', `Not run: ${refused.code}`];
  else if (record !== null) {
    const took = `${Math.round(record.ms).toLocaleString('en')} ms`;
    const denied = Object.values(nodes).reduce((sum, { record: own }) => sum + (own?.denials.length ?? 0), 0);
    const also = denied === 0 ? '' : `, ${denied} denied`;
    if (record.status === 'success')
      [state, text] = [denied > 0 ? 'denied' : 'success', `Succeeded in ${took}${also}`];
    else if (record.status === 'cancelled') [state, text] = ['failure', `Stopped after ${took}${also}`];
    else if (record.error?.code === 'POLICY_DENIED')
      [state, text] = ['denied', `Denied after ${took}: see below why`];
    else [state, text] = ['failure', `${record.error?.code ?? 'Failed'} after ${took}${also}`];
  } else if (settingsError !== null) [state, text] = ['failure', 'Correct the policy first'];
  else if (errors > 0)
    [state, text] = ['failure', errors === 1 ? 'One problem to correct' : `${errors} problems to correct`];
  return (
    <p className="status" role="status" data-state={busy ? 'running' : state} data-phase={phase}>
      <span className={`dot ${state}`} aria-hidden="true" />
      <span>{text}</span>
      {coming !== null && <progress max={coming.total} value={coming.loaded} aria-label="Engine" />}
    </p>
  );
}

function Menu(): ReactElement {
  const [open, setOpen] = useState(false);
  const box = useRef<HTMLDivElement>(null);
  const file = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (!open) return;
    const close = (event: Event): void => {
      if (
        event instanceof KeyboardEvent ? event.key === 'Escape' : !box.current?.contains(event.target as Node)
      )
        setOpen(false);
    };
    addEventListener('keydown', close);
    addEventListener('pointerdown', close);
    return () => {
      removeEventListener('keydown', close);
      removeEventListener('pointerdown', close);
    };
  }, [open]);
  const say = (notice: string): void => store.set({ notice });
  const act = (what: () => unknown) => (): void => {
    setOpen(false);
    void Promise.resolve()
      .then(what)
      .catch((error: unknown) => say(error instanceof Error ? error.message : String(error)));
  };
  return (
    <div className="menu" ref={box}>
      <button type="button" aria-haspopup="menu" aria-expanded={open} onClick={() => setOpen(!open)}>
        File
      </button>
      <input
        ref={file}
        type="file"
        accept=".json"
        aria-label="File of a workflow"
        hidden
        onChange={event => {
          const [chosen] = event.target.files ?? [];
          event.target.value = '';
          if (chosen !== undefined) act(async () => openDocument(readDocument(await chosen.text())))();
        }}
      />
      {open && (
        <div className="menu-list" role="menu">
          <button type="button" role="menuitem" onClick={act(() => openDocument(EMPTY))}>
            New workflow
          </button>
          <button type="button" role="menuitem" onClick={act(() => file.current?.click())}>
            Import…
          </button>
          <button type="button" role="menuitem" onClick={act(() => download(store.get().document))}>
            Export
          </button>
          <button
            type="button"
            role="menuitem"
            onClick={act(async () => {
              const link = await linkTo(store.get().document);
              history.replaceState(null, '', link);
              await navigator.clipboard?.writeText(link).catch(() => {});
              say(
                'The link is in the address bar and was copied. The workflow is inside of it; secrets are not.',
              );
            })}
          >
            Copy a link
          </button>
        </div>
      )}
    </div>
  );
}

function Isolation(): ReactElement {
  const isolated = globalThis.crossOriginIsolated === true;
  return (
    <details className="isolation">
      <summary title="What this browser can enforce">
        <span className={`dot ${isolated ? 'success' : 'skipped'}`} aria-hidden="true" />
        <span className="wide">{isolated ? 'Isolated' : 'Not isolated'}</span>
      </summary>
      <p>
        {isolated
          ? 'Cross-origin isolated: a busy plugin is stopped in place, and its cell lives on.'
          : 'Not cross-origin isolated: everything holds, but a busy plugin is stopped at the price of its cell, and plugins that wait for the network without await cannot. Serve the page with COOP and COEP for the rest.'}
      </p>
    </details>
  );
}

export function TopBar({
  gallery,
  onGallery,
}: {
  readonly gallery: boolean;
  readonly onGallery: (() => void) | null;
}): ReactElement {
  const phase = useStore(state => state.phase);
  const waiting = useStore(state => state.waiting);
  const canUndo = useStore(state => state.canUndo);
  const canRedo = useStore(state => state.canRedo);
  const name = useStore(state => state.document.workflow.name ?? 'Untitled');
  const busy = phase === 'starting' || phase === 'running';
  return (
    <header className="top-bar">
      <div className="brand">
        {onGallery !== null && (
          <button type="button" aria-expanded={gallery} onClick={onGallery}>
            Examples
          </button>
        )}
        <h1 title={name}>{name}</h1>
      </div>
      <div className="run-buttons">
        <button
          type="button"
          className="primary"
          aria-disabled={busy}
          aria-keyshortcuts="Control+Enter Meta+Enter"
          title="Ctrl+Enter"
          onClick={() => void run()}
        >
          Run
        </button>
        <button
          type="button"
          aria-disabled={busy && waiting === null}
          title="One node at a time"
          onClick={step}
        >
          Step
        </button>
        <button type="button" aria-disabled={!busy} onClick={() => busy && stop()}>
          Stop
        </button>
      </div>
      <Status />
      <div className="tools">
        <button
          type="button"
          className="icon"
          aria-label="Undo"
          title="Ctrl+Z"
          aria-disabled={!canUndo}
          onClick={() => store.undo()}
        >
          ↶
        </button>
        <button
          type="button"
          className="icon"
          aria-label="Redo"
          title="Ctrl+Shift+Z"
          aria-disabled={!canRedo}
          onClick={() => store.redo()}
        >
          ↷
        </button>
        <Menu />
        <Isolation />
      </div>
    </header>
  );
}
