/** Below the canvas: what is logged, when each node was at work, and what came of the run. */
import { type ReactElement, useEffect, useRef, useState } from 'react';
import { run } from './actions.ts';
import { DenialCard } from './report-panel.tsx';
import { type NodeProgress, store, useStore } from './store.ts';
import { ItemsView } from './value-view.tsx';

const TABS = ['Outcome', 'Log', 'Timeline'] as const;

function Log(): ReactElement {
  const logs = useStore(state => state.logs);
  const dropped = useStore(state => state.droppedLogs);
  const place = useRef<HTMLDivElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: follows what is added
  useEffect(() => {
    const box = place.current;
    if (box !== null && box.scrollHeight - box.scrollTop - box.clientHeight < 120)
      box.scrollTop = box.scrollHeight;
  }, [logs]);
  if (logs.length === 0)
    return <p className="empty note">Nothing was logged. A plugin logs with console.log or print.</p>;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <div className="log" ref={place} role="log" aria-label="Log" tabIndex={0}>
      {dropped > 0 && <p className="note">{`${dropped.toLocaleString('en')} earlier lines are gone`}</p>}
      {logs.slice(-500).map(({ key, node, level, text }) => (
        <div key={key} className={`line ${level}`}>
          <button type="button" className="quiet" onClick={() => store.set({ selected: node })}>
            {node}
          </button>
          <span className="level">{level}</span>
          <span className="text">{text}</span>
        </div>
      ))}
    </div>
  );
}

function Timeline(): ReactElement {
  const nodes = useStore(state => state.nodes);
  const workflow = useStore(state => state.document.workflow);
  const phase = useStore(state => state.phase);
  const startedAt = useStore(state => state.startedAt);
  const record = useStore(state => state.record);
  const [now, setNow] = useState(0);
  useEffect(() => {
    if (phase !== 'running') return;
    const timer = setInterval(() => setNow(performance.now() - startedAt), 200);
    return () => clearInterval(timer);
  }, [phase, startedAt]);
  const rows = workflow.nodes.flatMap(node => {
    const progress = nodes[node.id];
    return progress === undefined || progress.status === 'waiting' ? [] : [{ node, progress }];
  });
  if (rows.length === 0) return <p className="empty note">Press Run to see when each node was at work.</p>;
  const startOf = ({ record: own, startMs }: NodeProgress): number => own?.startMs ?? startMs;
  const lengthOf = (progress: NodeProgress): number =>
    progress.record === null ? Math.max(0, now - progress.startMs) : progress.record.ms;
  const end = Math.max(
    1,
    record?.ms ?? 0,
    ...rows.map(({ progress }) => startOf(progress) + lengthOf(progress)),
  );
  return (
    <table className="timeline" aria-label="Timeline">
      <tbody>
        {rows.map(({ node, progress }) => (
          <tr key={node.id}>
            <th scope="row">
              <button type="button" className="quiet" onClick={() => store.set({ selected: node.id })}>
                {node.title ?? node.id}
              </button>
            </th>
            <td className="time-track">
              <svg width="100%" height="14" aria-hidden="true">
                <rect
                  className={`bar ${progress.status}`}
                  x={`${(startOf(progress) / end) * 100}%`}
                  width={`${Math.max(0.4, (lengthOf(progress) / end) * 100)}%`}
                  height="14"
                  rx="2"
                />
              </svg>
            </td>
            <td className="num">{`${Math.round(lengthOf(progress)).toLocaleString('en')} ms`}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Outcome(): ReactElement {
  const { phase, record, refused, nodes, document, example } = useStore(state => state);
  const denials = Object.entries(nodes).flatMap(([id, { record: own }]) =>
    (own?.denials ?? []).map(denial => ({ id, denial })),
  );
  if (refused !== null)
    return (
      <div className="problem-card" role="alert">
        <b>{refused.code}</b>
        <p>{refused.message}</p>
        <p className="note">{`First: ${refused.help}`}</p>
      </div>
    );
  if (record === null && denials.length === 0)
    return (
      <div className="empty">
        <p>{phase === 'idle' ? 'Press Run.' : 'Running…'}</p>
        <p className="note">
          {example === null
            ? 'The result stands here, and whatever was denied.'
            : 'Everything runs in this page, in real cells: nothing leaves it.'}
        </p>
      </div>
    );
  const titleOf = (id: string): string => document.workflow.nodes.find(node => node.id === id)?.title ?? id;
  const outputs = Object.entries(record?.output ?? {})
    .filter(([, items]) => items.length > 0)
    // What is short says more at a glance.
    .sort(([, a], [, b]) => a.length - b.length);
  return (
    <div className="outcome">
      {denials.length > 0 && (
        <section>
          <h2>{denials.length === 1 ? 'One thing was denied' : `${denials.length} things were denied`}</h2>
          <ul className="denials">
            {denials.map(({ id, denial }) => (
              <DenialCard
                key={`${id} ${denial.subject} ${denial.hint}`}
                denial={denial}
                policy={String(
                  document.workflow.nodes.find(node => node.id === id)?.config?.['policy'] ?? 'default',
                )}
              />
            ))}
          </ul>
        </section>
      )}
      {record?.error !== null && record?.error !== undefined && (
        <div className="problem-card" role="alert">
          <b>{record.error.code}</b>
          <p>{`${record.error.node === undefined ? '' : `${titleOf(record.error.node)}: `}${record.error.message}`}</p>
          {record.error.code !== 'POLICY_DENIED' && <p className="note">{`First: ${record.error.help}`}</p>}
          {record.status === 'failure' && (
            <button type="button" onClick={() => void run({ resume: true })}>
              Go on from here
            </button>
          )}
        </div>
      )}
      {outputs.map(([id, items]) => (
        <section key={id} aria-label={`Result of ${titleOf(id)}`}>
          <h2>{titleOf(id)}</h2>
          <ItemsView items={items} />
        </section>
      ))}
    </div>
  );
}

export function Drawer(): ReactElement {
  const [tab, setTab] = useState<(typeof TABS)[number]>('Outcome');
  const lines = useStore(state => state.logs.length);
  return (
    <section className="drawer" aria-label="Run">
      <div className="tabs" role="tablist" aria-label="Of the run">
        {TABS.map(name => (
          <button
            key={name}
            type="button"
            role="tab"
            id={`run-${name}`}
            aria-controls="run-panel"
            aria-selected={tab === name}
            onClick={() => setTab(name)}
          >
            {name}
            {name === 'Log' && lines > 0 && <span className="badge">{lines}</span>}
          </button>
        ))}
      </div>
      <div className="tab-panel" id="run-panel" role="tabpanel" aria-labelledby={`run-${tab}`} tabIndex={-1}>
        {tab === 'Outcome' && <Outcome />}
        {tab === 'Log' && <Log />}
        {tab === 'Timeline' && <Timeline />}
      </div>
    </section>
  );
}
