/** The config of a node, field by field. */
import { type ReactElement, useState } from 'react';
import type { Config, Json, WorkflowNode } from '../src/workflow.ts';
import { type FieldView, kindOf } from './kinds.ts';
import { editNode, useStore } from './store.ts';
import { TextEditor } from './text-editor.tsx';

function without(config: Config, key: string): Config {
  const { [key]: _, ...rest } = config;
  return rest;
}

function JsonField({
  value,
  set,
  label,
  hint,
}: {
  readonly value: Json | undefined;
  readonly set: (value: Json | undefined) => void;
  readonly label: string;
  readonly hint: string;
}): ReactElement {
  const [text, setText] = useState(() => (value === undefined ? '' : JSON.stringify(value)));
  const [wrong, setWrong] = useState(false);
  return (
    <>
      <textarea
        aria-label={label}
        aria-invalid={wrong}
        rows={2}
        spellCheck={false}
        value={text}
        placeholder={hint}
        onChange={event => {
          setText(event.target.value);
          try {
            set(event.target.value.trim() === '' ? undefined : (JSON.parse(event.target.value) as Json));
            setWrong(false);
          } catch {
            setWrong(true);
          }
        }}
      />
      {wrong && <p className="field-error">This is no JSON yet</p>}
    </>
  );
}

function Field({ node, field }: { readonly node: WorkflowNode; readonly field: FieldView }): ReactElement {
  const { key, label, type, hint = '', fallback = '' } = field;
  const policies = useStore(state => state.document.settings.policies);
  const problems = useStore(state => state.check?.problems);
  const config = node.config ?? {};
  const value = config[key];
  const set = (next: Json | undefined): void =>
    editNode(node.id, `field ${key}`, {
      config: next === undefined || next === '' ? without(config, key) : { ...config, [key]: next },
    });
  const own = problems?.filter(problem => problem.node === node.id && problem.path === `config.${key}`) ?? [];
  const id = `field-${key}`;
  const placeholder = fallback === '' ? hint : fallback;
  let control: ReactElement;
  if (type === 'flag')
    control = (
      <input
        id={id}
        type="checkbox"
        checked={value === true}
        onChange={event => set(event.target.checked ? true : undefined)}
      />
    );
  else if (type === 'number')
    control = (
      <input
        id={id}
        type="number"
        value={typeof value === 'number' ? value : ''}
        onChange={event => set(event.target.value === '' ? undefined : Number(event.target.value))}
      />
    );
  else if (type === 'area')
    control = (
      <textarea
        id={id}
        rows={3}
        spellCheck={false}
        placeholder={hint}
        value={typeof value === 'string' ? value : ''}
        onChange={event => set(event.target.value)}
      />
    );
  else if (type === 'json')
    control = <JsonField key={node.id} label={label} value={value} set={set} hint={hint} />;
  else if (type === 'expression')
    control = (
      <div className="expression">
        <TextEditor
          key={node.id}
          label={label}
          language="javascript"
          lineNumbers={false}
          value={typeof value === 'string' ? value : ''}
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
    );
  else if (type === 'text')
    control = (
      <input
        id={id}
        type="text"
        spellCheck={false}
        placeholder={placeholder}
        value={typeof value === 'string' ? value : ''}
        onChange={event => set(event.target.value)}
      />
    );
  else {
    const options = type === 'policy' ? Object.keys(policies) : type;
    control = (
      <select
        id={id}
        value={typeof value === 'string' ? value : (options[0] ?? '')}
        onChange={event => set(event.target.value === options[0] ? undefined : event.target.value)}
      >
        {options.map(option => (
          <option key={option}>{option}</option>
        ))}
      </select>
    );
  }
  return (
    <div className={`field ${type === 'flag' ? 'inline' : ''}`}>
      <label htmlFor={id}>{label}</label>
      {control}
      {own.map(({ message, severity }) => (
        <p key={message} className={severity === 'error' ? 'field-error' : 'field-warning'}>
          {message}
        </p>
      ))}
    </div>
  );
}

export function FieldsForm({ node }: { readonly node: WorkflowNode }): ReactElement {
  const { fields } = kindOf(node.kind);
  return (
    <div className="fields">
      {fields.map(field => (
        <Field key={`${node.id} ${field.key}`} node={node} field={field} />
      ))}
    </div>
  );
}
