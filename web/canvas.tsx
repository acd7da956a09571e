/** The workflow as a picture that can be changed: React Flow, fed from the document. */
import {
  applyNodeChanges,
  Background,
  BackgroundVariant,
  Controls,
  type Edge,
  Handle,
  type Node,
  type NodeChange,
  type NodeProps,
  Position,
  ReactFlow,
  type ReactFlowInstance,
  ReactFlowProvider,
} from '@xyflow/react';
import { memo, type ReactElement, useEffect, useMemo, useRef, useState } from 'react';
import type { WorkflowEdge, WorkflowNode } from '../src/workflow.ts';
import { kindOf } from './kinds.ts';
import { Palette } from './palette.tsx';
import {
  connect,
  disconnect,
  editWorkflow,
  type NodeProgress,
  removeNodes,
  store,
  useStore,
} from './store.ts';

type Shown = Node<{ readonly node: WorkflowNode }, 'citadel'>;

const WORDS: Readonly<Record<string, string>> = {
  waiting: 'waiting',
  running: 'running',
  success: 'done',
  failure: 'failed',
  blocked: 'blocked: something before it failed',
  skipped: 'skipped: nothing came in',
  cancelled: 'stopped',
  next: 'next: press Step',
};

const itemsOf = (count: number): string => `${count.toLocaleString('en')} ${count === 1 ? 'item' : 'items'}`;

function countOut(progress: NodeProgress): number {
  return Object.values(progress.record?.outputs ?? {}).reduce((sum, list) => sum + list.length, 0);
}

function Status({ progress }: { readonly progress: NodeProgress }): ReactElement {
  const { status, done, total, record } = progress;
  const denied = record?.denials.length ?? 0;
  return (
    <div className="node-status">
      <span className={`dot ${denied > 0 ? 'denied' : status}`} aria-hidden="true" />
      {denied > 0 ? (
        <b className="denied-text">{denied} denied</b>
      ) : (
        <span>{WORDS[status]?.split(':')[0]}</span>
      )}
      <span className="grow" />
      {status === 'running' && total > 0 && (
        <progress max={total} value={done} aria-label={`${done} of ${total} items`} />
      )}
      {status === 'success' && denied === 0 && (
        <span className="num">{`${itemsOf(countOut(progress))} · ${Math.round(record?.ms ?? 0)} ms`}</span>
      )}
    </div>
  );
}

const CitadelNode = memo(({ data, selected }: NodeProps<Shown>): ReactElement => {
  const { node } = data;
  const kind = kindOf(node.kind);
  const progress = useStore(state => state.nodes[node.id]);
  const problems = useStore(state => state.check?.problems);
  const own = problems?.filter(problem => problem.node === node.id) ?? [];
  const worst = own.some(({ severity }) => severity === 'error')
    ? 'error'
    : own.length > 0
      ? 'warning'
      : null;
  const outputs = kind.outputs(node.config ?? {});
  const runtime = node.kind === 'plugin' ? String(node.config?.['runtime'] ?? 'javascript') : '';
  const badge =
    runtime === ''
      ? kind.title
      : { javascript: 'JavaScript', python: 'Python', wasm: 'WebAssembly' }[runtime];
  return (
    <div
      className={`node ${selected ? 'selected' : ''} ${progress?.status ?? ''} ${(progress?.record?.denials.length ?? 0) > 0 ? 'has-denials' : ''}`}
      data-node={node.id}
      data-status={progress?.status ?? 'idle'}
    >
      {kind.inputs.map((port, i) => (
        <Handle
          key={port}
          id={port}
          type="target"
          position={Position.Left}
          style={{ top: 22 + i * 18 }}
          title={port}
        />
      ))}
      <div className="node-head">
        <span className="node-kind">{badge}</span>
        {worst !== null && (
          <span className={`mark ${worst}`} title={own.map(({ message }) => message).join('\n')}>
            {worst === 'error' ? '!' : '?'}
          </span>
        )}
      </div>
      <div className="node-title">{node.title ?? node.id}</div>
      {progress !== undefined && <Status progress={progress} />}
      {outputs.map((port, i) => (
        <Handle
          key={port}
          id={port}
          type="source"
          position={Position.Right}
          style={{ top: 22 + i * 18 }}
          title={port}
        >
          {outputs.length > 1 && <span className="port">{port}</span>}
        </Handle>
      ))}
      <Handle
        id="error"
        type="source"
        position={Position.Bottom}
        className="error-port"
        title="error: items that fail leave here"
      />
    </div>
  );
});

const nodeTypes = { citadel: CitadelNode };
const idOf = (edge: WorkflowEdge): string =>
  `${edge.from}.${edge.out ?? 'out'}→${edge.to}.${edge.in ?? 'in'}`;

function Flow(): ReactElement {
  const workflow = useStore(state => state.document.workflow);
  const selected = useStore(state => state.selected);
  const example = useStore(state => state.example);
  const running = useStore(state => state.nodes);
  const [nodes, setNodes] = useState<Shown[]>([]);
  const flow = useRef<ReactFlowInstance<Shown> | null>(null);

  const fit = (): void => void flow.current?.fitView({ padding: 0.12, minZoom: 0.3, maxZoom: 1.1 });

  useEffect(() => {
    setNodes(before => {
      const known = new Map(before.map(node => [node.id, node]));
      return workflow.nodes.map((node, i): Shown => {
        const { measured } = known.get(node.id) ?? {};
        const old = known.get(node.id);
        if (old !== undefined && old.data.node === node && old.selected === (node.id === selected))
          return old;
        return {
          id: node.id,
          type: 'citadel',
          position: node.position ?? { x: i * 230, y: 0 },
          data: { node },
          selected: node.id === selected,
          ariaLabel: `${node.title ?? node.id}, ${kindOf(node.kind).title}`,
          ...(measured === undefined ? {} : { measured }),
        };
      });
    });
  }, [workflow.nodes, selected]);

  // Another document: all of it is to be seen.
  // biome-ignore lint/correctness/useExhaustiveDependencies: the name of the example is what says so
  useEffect(() => {
    const timer = setTimeout(fit, 60);
    return () => clearTimeout(timer);
  }, [example, workflow.name]);

  const edges = useMemo(() => {
    const at = new Map(workflow.nodes.map(({ id, position }) => [id, position?.x ?? 0]));
    return workflow.edges.map(
      (edge): Edge => ({
        id: idOf(edge),
        source: edge.from,
        target: edge.to,
        sourceHandle: edge.out ?? 'out',
        targetHandle: edge.in ?? 'in',
        className: edge.out === 'error' ? 'error-edge' : '',
        // Back to the left a curve would loop through everything.
        type: (at.get(edge.to) ?? 0) <= (at.get(edge.from) ?? 0) ? 'smoothstep' : 'default',
        animated: running[edge.to]?.status === 'running',
        ariaLabel: `from ${edge.from} to ${edge.to}`,
      }),
    );
  }, [workflow, running]);

  const changed = (changes: NodeChange<Shown>[]): void => {
    setNodes(now => applyNodeChanges(changes, now));
    const chosen = changes.find(change => change.type === 'select' && change.selected);
    if (chosen?.type === 'select') store.set({ selected: chosen.id });
    const gone = changes.flatMap(change => (change.type === 'remove' ? [change.id] : []));
    if (gone.length > 0) removeNodes(gone);
    const moved = changes.flatMap(change =>
      change.type === 'position' && change.dragging === false && change.position !== undefined
        ? [change]
        : [],
    );
    if (moved.length === 0) return;
    editWorkflow(`move ${moved.map(({ id }) => id).join()}`, {
      nodes: store.get().document.workflow.nodes.map(node => {
        const to = moved.find(({ id }) => id === node.id)?.position;
        if (to === undefined || (to.x === node.position?.x && to.y === node.position?.y)) return node;
        return { ...node, position: { x: Math.round(to.x), y: Math.round(to.y) } };
      }),
    });
  };

  return (
    <ReactFlow<Shown>
      nodes={nodes}
      edges={edges}
      nodeTypes={nodeTypes}
      onInit={instance => {
        flow.current = instance;
      }}
      onNodesChange={changed}
      onEdgesDelete={gone =>
        disconnect(
          gone.map(edge => ({
            from: edge.source,
            to: edge.target,
            out: edge.sourceHandle ?? 'out',
            in: edge.targetHandle ?? 'in',
          })),
        )
      }
      onConnect={({ source, target, sourceHandle, targetHandle }) =>
        connect({
          from: source,
          to: target,
          ...(sourceHandle === 'out' || sourceHandle === null ? {} : { out: sourceHandle }),
          ...(targetHandle === 'in' || targetHandle === null ? {} : { in: targetHandle }),
        })
      }
      onPaneClick={() => store.set({ selected: null })}
      minZoom={0.2}
      maxZoom={1.6}
      fitView
      fitViewOptions={{ padding: 0.12, minZoom: 0.3, maxZoom: 1.1 }}
      deleteKeyCode={['Delete', 'Backspace']}
      connectionRadius={28}
      proOptions={{ hideAttribution: true }}
      aria-label="Workflow"
    >
      <Background variant={BackgroundVariant.Dots} gap={18} size={1} />
      <Controls showInteractive={false} position="bottom-left" />
      <Palette onAdd={() => setTimeout(fit, 50)} />
    </ReactFlow>
  );
}

export function Canvas(): ReactElement {
  return (
    <div className="canvas">
      <ReactFlowProvider>
        <Flow />
      </ReactFlowProvider>
    </div>
  );
}
