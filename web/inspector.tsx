/** The chosen node: what it does, what it may do, what it did. */
import { type ReactElement, useState } from 'react';
import type { WorkflowNode } from '../src/workflow.ts';
import { pythonWasTyped } from './actions.ts';
import { FieldsForm } from './fields-form.tsx';
import { kindOf } from './kinds.ts';
import { PolicyPanel } from './policy-panel.tsx';
import { ReportPanel } from './report-panel.tsx';
import { SettingsPanel } from './settings-panel.tsx';
import { connect, disconnect, editNode, removeNodes, store, useStore } from './store.ts';
import { TextEditor } from './text-editor.tsx';

const NO_PROBLEMS: readonly never[] = [];

function bytesOf(code: string): string {
  return `${Math.round((code.length * 3) / 4).toLocaleString('en')} bytes`;
}

async function chooseModule(node: WorkflowNode, file: File): Promise<void> {
  const bytes = new Uint8Array(await file.arrayBuffer());
  let binary = '';
  for (const byte of bytes) binary += String.fromCharCode(byte);
  editNode(node.id, '', { config: { ...node.config, code: btoa(binary) }, title: file.name });
}

function Code({ node }: { readonly node: WorkflowNode }): ReactElement {
  const problems = useStore(state => state.check?.problems) ?? NO_PROBLEMS;
  const config = node.config ?? {};
  const runtime = String(config['runtime'] ?? 'javascript');
  const code = String(config['code'] ?? '');
  const own = problems.filter(problem => problem.node === node.id && problem.path === 'config.code');
  const set = (text: string): void => {
    if (runtime === 'python') pythonWasTyped();
    editNode(node.id, 'code', { config: { ...config, code: text } });
  };
  return (
    <>
      <div className="row">
        <label className="field inline">
          <span>Language</span>
          <select
            value={runtime === 'javascript' && config['language'] === 'typescript' ? 'typescript' : runtime}
            onChange={event => {
              const { language: _, ...rest } = config;
              const chosen = event.target.value;
              editNode(node.id, '', {
                config:
                  chosen === 'typescript'
                    ? { ...rest, runtime: 'javascript', language: 'typescript' }
                    : {
                        ...rest,
                        runtime: chosen,
                        ...(chosen === 'wasm' || runtime === 'wasm' ? { code: '' } : {}),
                      },
              });
            }}
          >
            <option value="javascript">JavaScript</option>
            <option value="typescript">TypeScript</option>
            <option value="python">Python</option>
            <option value="wasm">WebAssembly</option>
          </select>
        </label>
        <label className="field inline">
          <span>Works on</span>
          <select
            value={node.mode ?? 'item'}
            onChange={event => editNode(node.id, '', { mode: event.target.value as 'item' | 'batch' })}
          >
            <option value="item">each item, in a fresh guest</option>
            <option value="batch">all items at once</option>
          </select>
        </label>
      </div>
      {runtime === 'wasm' ? (
        <div className="module">
          <p>{code === '' ? 'No module yet.' : `A module of ${bytesOf(code)}.`}</p>
          <label className="file">
            Choose a .wasm file
            <input
              type="file"
              accept=".wasm"
              onChange={event => {
                const [file] = event.target.files ?? [];
                if (file !== undefined) void chooseModule(node, file);
              }}
            />
          </label>
          <label className="field">
            <span>Function</span>
            <input
              type="text"
              value={String(config['entry'] ?? '')}
              placeholder="what its interface says"
              onChange={event =>
                editNode(node.id, 'entry', { config: { ...config, entry: event.target.value } })
              }
            />
          </label>
        </div>
      ) : (
        <div className="code">
          <TextEditor
            key={node.id}
            label="Code of the plugin"
            language={
              runtime === 'python'
                ? 'python'
                : config['language'] === 'typescript'
                  ? 'typescript'
                  : 'javascript'
            }
            value={code}
            onChange={set}
            marks={own.map(({ line = 1, column = 1, severity, message }) => ({
              line,
              column,
              endLine: line,
              endColumn: column + 1,
              severity,
              message,
            }))}
          />
        </div>
      )}
      {own.length > 0 && (
        <ul className="problems" aria-label="Problems in the code">
          {own.slice(0, 4).map(({ line, column, message, severity }) => (
            <li key={`${line}:${column} ${message}`} className={severity}>
              {line !== undefined && <b>{`${line}:${column} `}</b>}
              {message.replace(/^config\.code /, '')}
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

/** The same as on the canvas, for those who do not drag. */
function Connections({ node }: { readonly node: WorkflowNode }): ReactElement {
  const { nodes, edges } = useStore(state => state.document.workflow);
  const ports = [...kindOf(node.kind).outputs(node.config ?? {}), 'error'];
  const leads = edges.filter(({ from }) => from === node.id);
  const [port, setPort] = useState('');
  const chosen = ports.includes(port) ? port : (ports[0] ?? 'out');
  return (
    <section aria-label="Connections" className="connections">
      <h2>Leads to</h2>
      {leads.length === 0 && <p className="note">Nothing yet: what leaves here is the result.</p>}
      <ul>
        {leads.map(edge => (
          <li key={`${edge.out ?? 'out'} ${edge.to} ${edge.in ?? 'in'}`}>
            <span>{`${edge.out ?? 'out'} → ${nodes.find(({ id }) => id === edge.to)?.title ?? edge.to}`}</span>
            <button
              type="button"
              className="quiet"
              aria-label={`Disconnect ${edge.to}`}
              onClick={() => disconnect([edge])}
            >
              ✕
            </button>
          </li>
        ))}
      </ul>
      <div className="row">
        <select aria-label="Port" value={chosen} onChange={event => setPort(event.target.value)}>
          {ports.map(name => (
            <option key={name}>{name}</option>
          ))}
        </select>
        <select
          aria-label="Connect to"
          value=""
          onChange={event => {
            const [to = '', into = 'in'] = event.target.value.split(' ');
            if (to !== '')
              connect({
                from: node.id,
                to,
                ...(chosen === 'out' ? {} : { out: chosen }),
                ...(into === 'in' ? {} : { in: into }),
              });
          }}
        >
          <option value="">connect to…</option>
          {nodes
            .filter(({ id }) => id !== node.id)
            .flatMap(other =>
              kindOf(other.kind).inputs.map(into => (
                <option key={`${other.id} ${into}`} value={`${other.id} ${into}`}>
                  {`${other.title ?? other.id}${into === 'in' ? '' : `, ${into}`}`}
                </option>
              )),
            )}
        </select>
      </div>
    </section>
  );
}

const TABS = ['Node', 'Policy', 'Result'] as const;

export function Inspector(): ReactElement {
  const node = useStore(state => state.document.workflow.nodes.find(({ id }) => id === state.selected));
  const record = useStore(state => state.nodes[state.selected ?? '']?.record ?? null);
  const phase = useStore(state => state.phase);
  const [tab, setTab] = useState<(typeof TABS)[number]>('Node');
  if (node === undefined)
    return (
      <aside className="inspector" aria-label="Settings">
        <SettingsPanel />
      </aside>
    );
  const kind = kindOf(node.kind);
  const denials = record?.denials.length ?? 0;
  return (
    <aside className="inspector" aria-label={`Node ${node.title ?? node.id}`}>
      <header className="node-name">
        <input
          aria-label="Name of the node"
          value={node.title ?? node.id}
          onChange={event => editNode(node.id, 'title', { title: event.target.value })}
        />
        <button type="button" className="quiet" onClick={() => removeNodes([node.id])}>
          Delete
        </button>
        <button
          type="button"
          className="quiet"
          aria-label="Close"
          onClick={() => store.set({ selected: null })}
        >
          ✕
        </button>
      </header>
      <div className="tabs" role="tablist" aria-label="Of the node">
        {TABS.map(name => (
          <button
            key={name}
            type="button"
            role="tab"
            id={`tab-${name}`}
            aria-controls="tab-panel"
            aria-selected={tab === name}
            onClick={() => setTab(name)}
          >
            {name}
            {name === 'Result' && denials > 0 && <span className="badge bad">{denials}</span>}
            {name === 'Result' && denials === 0 && record !== null && phase !== 'running' && (
              <span className={`dot ${record.status}`} />
            )}
          </button>
        ))}
      </div>
      <div className="tab-panel" id="tab-panel" role="tabpanel" aria-labelledby={`tab-${tab}`} tabIndex={-1}>
        {tab === 'Node' && (
          <>
            <p className="note about">{kind.about}</p>
            {node.kind === 'plugin' && <Code node={node} />}
            {node.kind === 'input' && <SettingsPanel onlyInput />}
            <FieldsForm node={node} />
            <Connections node={node} />
          </>
        )}
        {tab === 'Policy' && (
          <PolicyPanel name={String(node.config?.['policy'] ?? 'default')} kind={node.kind} />
        )}
        {tab === 'Result' && <ReportPanel record={record} />}
      </div>
    </aside>
  );
}
