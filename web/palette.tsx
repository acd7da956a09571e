/** Adding a node. */
import { Panel } from '@xyflow/react';
import { type ReactElement, useEffect, useRef, useState } from 'react';
import { KINDS } from './kinds.ts';
import { addNode, connect, store } from './store.ts';

const GROUPS = ['Start', 'Code', 'Flow', 'Data', 'Tools'] as const;

export function Palette({ onAdd }: { readonly onAdd: () => void }): ReactElement {
  const [open, setOpen] = useState(false);
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!open) return;
    box.current?.querySelector('button')?.focus();
    const close = (event: Event): void => {
      if (
        event instanceof KeyboardEvent
          ? event.key === 'Escape'
          : !box.current?.parentElement?.contains(event.target as Node)
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

  const add = (kind: (typeof KINDS)[number]): void => {
    const { selected, document } = store.get();
    const before = document.workflow.nodes.find(({ id }) => id === selected);
    // Beside the chosen node, or to the right of all.
    const beside =
      before ?? document.workflow.nodes.toSorted((a, b) => (b.position?.x ?? 0) - (a.position?.x ?? 0))[0];
    const at = { x: (beside?.position?.x ?? -230) + 230, y: beside?.position?.y ?? 0 };
    const isTaken = (): boolean =>
      document.workflow.nodes.some(
        ({ position: own = { x: 0, y: 0 } }) => Math.abs(own.x - at.x) < 190 && Math.abs(own.y - at.y) < 80,
      );
    while (isTaken()) at.y += 120;
    const id = addNode(kind.kind, kind.title, kind.config, at);
    // What is added after a node goes on with what leaves it.
    if (before !== undefined && kind.inputs.length > 0) connect({ from: before.id, to: id });
    setOpen(false);
    onAdd();
  };

  return (
    <Panel position="top-left" className="palette nodrag nowheel">
      <button type="button" aria-expanded={open} aria-haspopup="true" onClick={() => setOpen(!open)}>
        + Add node
      </button>
      {open && (
        <div className="palette-list" ref={box}>
          {GROUPS.map(group => (
            <section key={group} aria-label={group}>
              <h2>{group}</h2>
              {KINDS.filter(kind => kind.group === group).map(kind => (
                <button key={kind.kind} type="button" className="item" onClick={() => add(kind)}>
                  <b>{kind.title}</b>
                  <span>{kind.about}</span>
                </button>
              ))}
            </section>
          ))}
        </div>
      )}
    </Panel>
  );
}
