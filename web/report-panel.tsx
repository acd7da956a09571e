/** What a node did, was denied, and cost. */
import type { ReactElement } from 'react';
import type { NodeDenial, NodeRecord } from '../src/workflow.ts';
import { allow } from './policy-panel.tsx';
import { store } from './store.ts';
import { ItemsView } from './value-view.tsx';

/** The rule a hint names, where one line of the policy is all that is missing. */
function ruleIn(hint: string): { readonly key: 'allow' | 'allowIp'; readonly value: string } | null {
  const [, value = '', key] = /add "([^"]+)" to network\.(allow|allowIp)\b/.exec(hint) ?? [];
  return key === undefined ? null : { key: key as 'allow' | 'allowIp', value };
}

const WANTED: Readonly<Record<NodeDenial['kind'], string>> = {
  network: 'the plugin asked for',
  module: 'the plugin asked for the module',
  function: 'the plugin called',
  sql: 'in the database',
};

export function DenialCard({
  denial,
  policy,
}: {
  readonly denial: NodeDenial;
  readonly policy: string;
}): ReactElement {
  const rule = denial.kind === 'network' ? ruleIn(denial.hint) : null;
  return (
    <li className="denial">
      <div>
        <b>Denied</b> {WANTED[denial.kind]} <code>{denial.subject}</code>
      </div>
      <p>
        {denial.kind === 'sql'
          ? 'The rules of the database do not allow it, so the statement never reached it. '
          : `The policy ${policy} does not allow it, so nothing left the sandbox. `}
        <span className="chip">{`To allow it: ${denial.hint}.`}</span>
      </p>
      {rule !== null && (
        <button type="button" className="quiet" onClick={() => allow(policy, rule)}>
          {`Allow ${rule.value} in the policy ${policy}`}
        </button>
      )}
    </li>
  );
}

const sizeOf = (bytes: number): string =>
  bytes < 1_048_576
    ? `${Math.round(bytes / 1_024).toLocaleString('en')} KiB`
    : `${(bytes / 1_048_576).toFixed(1)} MiB`;

const figure = (value: number | null, unit = ''): string =>
  value === null ? '–' : `${Math.round(value).toLocaleString('en')}${unit}`;

export function ReportPanel({ record }: { readonly record: NodeRecord | null }): ReactElement {
  if (record === null)
    return (
      <div className="empty">
        <p>Nothing ran yet.</p>
        <p className="note">
          Press Run: what the node gave, what it cost and what it was denied stands here.
        </p>
      </div>
    );
  const { selected, document } = store.get();
  const policy = String(
    document.workflow.nodes.find(({ id }) => id === selected)?.config?.['policy'] ?? 'default',
  );
  const { usage, error, denials, egress, outputs, inputs } = record;
  const ports = Object.entries(outputs).filter(([, items]) => items.length > 0);
  return (
    <div className="report">
      {denials.length > 0 && (
        <ul className="denials" aria-label="What was denied">
          {denials.map(denial => (
            <DenialCard
              key={`${denial.kind} ${denial.subject} ${denial.hint}`}
              denial={denial}
              policy={policy}
            />
          ))}
        </ul>
      )}
      {error !== null && (
        <div className="problem-card" role="alert">
          <b>{error.code}</b>
          <p>{error.message}</p>
          {error.guest !== undefined && error.guest.stack !== '' && <pre>{error.guest.stack}</pre>}
          {error.code !== 'POLICY_DENIED' && <p className="note">{`First: ${error.help}`}</p>}
        </div>
      )}
      <dl className="figures">
        {[
          ['Time', `${figure(record.ms, ' ms')}`],
          ['Memory', usage.memoryBytes === null ? '–' : sizeOf(usage.memoryBytes)],
          ['Fuel', figure(usage.fuel)],
          ['Guests', figure(usage.runs)],
          ['Requests', figure(usage.requests)],
          ['Received', figure(usage.downloadBytes, ' B')],
        ].map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {egress.length > 0 && (
        <details>
          <summary>{`${egress.length} ${egress.length === 1 ? 'request' : 'requests'}`}</summary>
          <ul className="egress">
            {egress.slice(0, 100).map((one, i) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: attempts have no name of their own
              <li key={i} className={one.decision}>
                <code>{`${one.method} ${one.url}`}</code>
                <span>
                  {one.decision === 'denied'
                    ? `denied: ${one.reason ?? ''}`
                    : `${one.status ?? one.outcome} · ${figure(one.bytesDown, ' B')} · ${figure(one.ms, ' ms')}`}
                </span>
              </li>
            ))}
          </ul>
        </details>
      )}
      {ports.length === 0 && error === null && <p className="note">Nothing left this node.</p>}
      {ports.map(([port, items]) => (
        <section key={port} aria-label={`Items that left by ${port}`}>
          <h2>{`${port === 'out' ? 'Out' : port}: ${items.length.toLocaleString('en')} ${items.length === 1 ? 'item' : 'items'}`}</h2>
          <ItemsView items={items} />
        </section>
      ))}
      {Object.values(inputs).some(items => items.length > 0) && (
        <details>
          <summary>What came in</summary>
          {Object.entries(inputs).map(([port, items]) => (
            <ItemsView key={port} items={items} />
          ))}
        </details>
      )}
    </div>
  );
}
