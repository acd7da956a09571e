/** Workflows to begin with. */
import type { ReactElement } from 'react';
import { FLOWS, type FlowExample } from '../examples/workflows/index.ts';
import { openExample } from './actions.ts';
import { useStore } from './store.ts';

function Group({
  title,
  flows,
  onOpen,
}: {
  readonly title: string;
  readonly flows: readonly FlowExample[];
  readonly onOpen: () => void;
}): ReactElement {
  const current = useStore(state => state.example);
  return (
    <section>
      <h2>{title}</h2>
      <ul>
        {flows.map(({ name, title: label, about }) => (
          <li key={name}>
            <button
              type="button"
              data-example={name}
              aria-current={current === name}
              onClick={() => {
                onOpen();
                void openExample(name);
              }}
            >
              <b>{label}</b>
              <span>{about}</span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

export function Gallery({ onOpen }: { readonly onOpen: () => void }): ReactElement {
  return (
    <nav className="gallery" aria-label="Examples">
      <Group title="Useful" flows={FLOWS.filter(({ kind }) => kind === 'useful')} onOpen={onOpen} />
      <Group
        title="Hostile: what stops them"
        flows={FLOWS.filter(({ kind }) => kind === 'hostile')}
        onOpen={onOpen}
      />
    </nav>
  );
}
