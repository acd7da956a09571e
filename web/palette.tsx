/** Adding a node. */
import { Panel } from '@xyflow/react';
import { type ReactElement, useEffect, useRef, useState } from 'react';
import { KINDS } from './kinds.ts';
import { addNode, connect, store } from './store.ts';

const GROUPS = ['Start', 'Code', 'Flow', 'Data', 'Tools'] as const;

export function Palette({ place }: { readonly place: () => { x: number; y: number } }): ReactElement {
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
    const at =
      before?.position === undefined ? place() : { x: before.position.x + 230, y: before.position.y };
    const taken = document.workflow.nodes.some(
      ({ position }) => position?.x === at.x && position?.y === at.y,
    );
    const id = addNode(kind.kind, kind.title, kind.config, taken ? { x: at.x, y: at.y + 120 } : at);
    // What is added after a node goes on with what leaves it.
    if (before !== undefined && kind.inputs.length > 0) connect({ from: before.id, to: id });
    setOpen(false);
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
              <h3>{group}</h3>
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
