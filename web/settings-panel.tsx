/** What a run is given: input, variables, the database. */
import { type ReactElement, useEffect, useState } from 'react';
import type { Json } from '../src/workflow.ts';
import { editSettings, editWorkflow, useStore } from './store.ts';
import { TextEditor } from './text-editor.tsx';

const LARGE_CHARS = 20_000;

function JsonEditor({
  label,
  value,
  set,
}: {
  readonly label: string;
  readonly value: unknown;
  readonly set: (value: Json) => void;
}): ReactElement {
  const [text, setText] = useState(() => JSON.stringify(value, null, 2));
  const [wrong, setWrong] = useState(false);
  useEffect(() => {
    setText(now => {
      try {
        if (JSON.stringify(JSON.parse(now)) === JSON.stringify(value)) return now;
      } catch {
        return now;
      }
      return JSON.stringify(value, null, 2);
    });
  }, [value]);
  if (text.length > LARGE_CHARS)
    return (
      <p className="note">{`${label}: ${text.length.toLocaleString('en')} characters, too many to edit here.`}</p>
    );
  return (
    <div className="json">
      <TextEditor
        label={label}
        language="json"
        lineNumbers={false}
        value={text}
        onChange={next => {
          setText(next);
          try {
            set(JSON.parse(next) as Json);
            setWrong(false);
          } catch {
            setWrong(true);
          }
        }}
      />
      {wrong && <p className="field-error">{`${label} is no JSON yet: the last good one is used`}</p>}
    </div>
  );
}

export function SettingsPanel({ onlyInput = false }: { readonly onlyInput?: boolean }): ReactElement {
  const { workflow, settings } = useStore(state => state.document);
  const { database } = settings;
  return (
    <div className="settings">
      {!onlyInput && (
        <>
          <h2>Workflow</h2>
          <label className="field">
            <span>Name</span>
            <input
              type="text"
              value={workflow.name ?? ''}
              onChange={event => editWorkflow('name', { name: event.target.value })}
            />
          </label>
        </>
      )}
      <h2>Input, as JSON</h2>
      <p className="note">A list is a list of items.</p>
      <JsonEditor label="Input" value={settings.input} set={input => editSettings('input', { input })} />
      <h2>Variables</h2>
      <JsonEditor
        label="Variables"
        value={settings.vars}
        set={vars =>
          typeof vars === 'object' &&
          vars !== null &&
          !Array.isArray(vars) &&
          editSettings('vars', { vars: vars as Record<string, Json> })
        }
      />
      {!onlyInput && (
        <>
          <h2>Database</h2>
          <p className="note">
            SQLite in memory, empty again for each run. Only what is listed may be named.
          </p>
          {database === null ? (
            <button
              type="button"
              onClick={() =>
                editSettings('', {
                  database: {
                    setup: 'create table things(id integer primary key, name text);',
                    verbs: ['select', 'insert'],
                    tables: ['things'],
                  },
                })
              }
            >
              Add a database
            </button>
          ) : (
            <>
              <label className="field">
                <span>Set up with</span>
                <textarea
                  rows={4}
                  spellCheck={false}
                  value={database.setup}
                  onChange={event =>
                    editSettings('setup', { database: { ...database, setup: event.target.value } })
                  }
                />
              </label>
              <label className="field">
                <span>Tables that may be named</span>
                <input
                  type="text"
                  value={database.tables.join(', ')}
                  onChange={event =>
                    editSettings('tables', {
                      database: {
                        ...database,
                        tables: event.target.value
                          .split(',')
                          .map(one => one.trim())
                          .filter(Boolean),
                      },
                    })
                  }
                />
              </label>
              <fieldset className="row">
                <legend>Statements</legend>
                {['select', 'insert', 'update', 'delete'].map(verb => (
                  <label key={verb} className="check">
                    <input
                      type="checkbox"
                      checked={database.verbs.includes(verb)}
                      onChange={event =>
                        editSettings('', {
                          database: {
                            ...database,
                            verbs: event.target.checked
                              ? [...database.verbs, verb]
                              : database.verbs.filter(one => one !== verb),
                          },
                        })
                      }
                    />
                    {verb}
                  </label>
                ))}
              </fieldset>
            </>
          )}
        </>
      )}
    </div>
  );
}
