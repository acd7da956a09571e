/** What the plugins under a policy may do, said in words and changed by hand. */
import { type ReactElement, useEffect, useState } from 'react';
import { DEFAULT_LIMITS } from '../src/core/limits.ts';
import type { PluginSecurityPolicy } from '../src/index.ts';
import { editNode, editSettings, store, useStore } from './store.ts';
import { TextEditor } from './text-editor.tsx';

type Network = NonNullable<PluginSecurityPolicy['network']>;

const hostOf = (rule: unknown): string =>
  typeof rule === 'string'
    ? rule
    : typeof rule === 'object' && rule !== null && 'host' in rule
      ? String(rule.host)
      : '?';

interface Line {
  readonly may: boolean;
  readonly text: string;
}

/** One line for each thing a reader wants to know. */
export function mayDo(policy: PluginSecurityPolicy): readonly Line[] {
  const { network, secrets, env, files, modules, limits } = policy;
  const hosts = [...(network?.allow ?? []).map(hostOf), ...(network?.allowIp ?? [])];
  const line = (may: boolean, yes: string, no: string): Line => ({ may, text: may ? yes : no });
  return [
    line(hosts.length > 0, `may ask ${hosts.join(', ')}`, 'reaches no network'),
    line(
      Object.keys(secrets ?? {}).length > 0,
      `may send ${Object.entries(secrets ?? {})
        .map(([name, { hosts: to }]) => `${name} to ${to.map(hostOf).join(', ')}`)
        .join('; ')}, without seeing it`,
      'holds no secret',
    ),
    line(
      Object.keys(env ?? {}).length > 0,
      `sees the variables ${Object.keys(env ?? {}).join(', ')}`,
      'sees no variable of the host',
    ),
    line(
      (files?.read?.length ?? 0) + (files?.write?.length ?? 0) > 0,
      `has virtual files below ${[...(files?.read ?? []), ...(files?.write ?? [])].join(', ')}`,
      'has no files',
    ),
    line(
      (modules?.javascript?.length ?? 0) > 0,
      `may import ${modules?.javascript?.join(', ')}`,
      'imports no module of the host',
    ),
    {
      may: true,
      text: `runs for ${((limits?.timeoutMs ?? 5_000) / 1_000).toLocaleString('en')} s in ${Math.round((limits?.memoryBytes ?? 67_108_864) / 1_048_576)} MiB, then it is stopped`,
    },
  ];
}

export function setPolicy(name: string, policy: PluginSecurityPolicy): void {
  const { policies } = store.get().document.settings;
  editSettings(`policy ${name}`, { policies: { ...policies, [name]: policy } });
}

/** A copy to begin with, under the node's own name. */
function ownPolicy(id: string, policy: PluginSecurityPolicy): void {
  setPolicy(id, policy);
  const node = store.get().document.workflow.nodes.find(one => one.id === id);
  editNode(id, 'policy', { config: { ...node?.config, policy: id } });
}

/** Adds what the hint of a denial asks for. */
export function allow(
  name: string,
  rule: { readonly key: 'allow' | 'allowIp'; readonly value: string },
): void {
  const policy = store.get().document.settings.policies[name] ?? {};
  const network: Network = policy.network ?? {};
  setPolicy(name, {
    ...policy,
    network: { ...network, [rule.key]: [...(network[rule.key] ?? []), rule.value] },
  });
}

function Limit({
  name,
  label,
  unit,
  policy,
  field,
  scale,
}: {
  readonly name: string;
  readonly label: string;
  readonly unit: string;
  readonly policy: PluginSecurityPolicy;
  readonly field: 'timeoutMs' | 'memoryBytes' | 'fuel';
  readonly scale: number;
}): ReactElement {
  const value = policy.limits?.[field];
  return (
    <label className="field">
      <span>{`${label} (${unit})`}</span>
      <input
        type="number"
        min={1}
        placeholder={(DEFAULT_LIMITS[field] / scale).toLocaleString('en', { useGrouping: false })}
        value={value === undefined ? '' : value / scale}
        onChange={event => {
          const { [field]: _, ...rest } = policy.limits ?? {};
          const next =
            event.target.value === ''
              ? rest
              : { ...rest, [field]: Math.round(Number(event.target.value) * scale) };
          setPolicy(name, { ...policy, limits: next });
        }}
      />
    </label>
  );
}

export function PolicyPanel({ name, kind }: { readonly name: string; readonly kind: string }): ReactElement {
  const policies = useStore(state => state.document.settings.policies);
  const problem = useStore(state => state.settingsError);
  const secrets = useStore(state => state.secrets);
  const selected = useStore(state => state.selected);
  const policy = policies[name] ?? {};
  const [text, setText] = useState(() => JSON.stringify(policy, null, 2));
  const [wrong, setWrong] = useState(false);
  // biome-ignore lint/correctness/useExhaustiveDependencies: written anew when the policy was changed elsewhere
  useEffect(() => {
    try {
      if (JSON.stringify(JSON.parse(text)) === JSON.stringify(policy)) return;
    } catch {
      return;
    }
    setText(JSON.stringify(policy, null, 2));
  }, [policy]);
  const hosts = (policy.network?.allow ?? []).filter(rule => typeof rule === 'string').join(', ');
  if (
    kind.startsWith('utils.') ||
    kind.startsWith('timer.') ||
    ['input', 'logic.merge', 'logic.split', 'logic.collect'].includes(kind)
  )
    return <p className="note">This node runs no foreign code and asks nobody: no policy applies to it.</p>;
  if (kind === 'db')
    return (
      <p className="note">
        What statements may name is said in the settings of the workflow, under Database: close this node to
        see them.
      </p>
    );
  return (
    <div className="policy">
      <p className="note">
        The policy <b>{name}</b> belongs to whoever runs the workflow. What is not allowed is denied.
      </p>
      {selected !== null && name !== selected && !Object.hasOwn(policies, selected) && (
        <button type="button" className="quiet own" onClick={() => ownPolicy(selected, policy)}>
          Give this node a policy of its own
        </button>
      )}
      <ul className="may" aria-label="What a plugin under this policy may do" aria-live="polite">
        {mayDo(policy).map(({ may, text: line }) => (
          <li key={line} className={may ? 'yes' : 'no'}>
            {line}
          </li>
        ))}
      </ul>
      <label className="field">
        <span>Hosts it may ask</span>
        <input
          type="text"
          spellCheck={false}
          placeholder="api.example.com, *.files.example.com"
          value={hosts}
          onChange={event => {
            const list = event.target.value
              .split(',')
              .map(one => one.trim())
              .filter(Boolean);
            setPolicy(name, { ...policy, network: { ...policy.network, allow: list } });
          }}
        />
      </label>
      <div className="row limits">
        <Limit name={name} label="Time" unit="s" policy={policy} field="timeoutMs" scale={1_000} />
        <Limit name={name} label="Memory" unit="MiB" policy={policy} field="memoryBytes" scale={1_048_576} />
        <Limit name={name} label="Fuel" unit="million" policy={policy} field="fuel" scale={1_000_000} />
      </div>
      {Object.keys(policy.secrets ?? {}).map(secret => (
        <label key={secret} className="field">
          <span>{`Value of ${secret}: stays in this page`}</span>
          <input
            type="password"
            autoComplete="off"
            value={secrets[secret] ?? ''}
            onChange={event => store.set({ secrets: { ...secrets, [secret]: event.target.value } })}
          />
        </label>
      ))}
      <h2>As JSON</h2>
      <div className="json">
        <TextEditor
          key={name}
          label="Policy"
          language="json"
          lineNumbers={false}
          value={text}
          onChange={next => {
            setText(next);
            try {
              setPolicy(name, JSON.parse(next) as PluginSecurityPolicy);
              setWrong(false);
            } catch {
              setWrong(true);
            }
          }}
        />
      </div>
      {wrong && <p className="field-error">This is no JSON yet: the last good policy is used</p>}
      {problem !== null && (
        <p className="field-error" role="alert">
          {problem.message}
        </p>
      )}
    </div>
  );
}
