/** Kinds that only move items: where a run begins, and how lists become items and items become lists. */
import type { Value } from '../../core/value.ts';
import { isPlain } from '../../tools/plain.ts';
import { breathe } from '../breathe.ts';
import { failure } from '../failure.ts';
import { checkFields, choice, type Fields, into, str, text } from '../fields.ts';
import type { NodeKind } from '../kind.ts';
import { path } from '../path.ts';
import { checkPaths } from './common.ts';

const NOTHING: Fields = {};

/** What the run was given. */
export const input: NodeKind = {
  inputs: [],
  outputs: () => ['out'],
  modes: ['batch'],
  check: (config, complain) => void checkFields(config, NOTHING, complain),
  open: () => ({ batch: ({ in: items = [] }) => ({ out: items }) }),
};

/** @throws SandboxError NODE_FAILED for what has no properties */
function entriesOf(item: Value): Readonly<Record<string, Value>> {
  if (isPlain(item)) return item;
  throw failure('NODE_FAILED', 'config.by = "key" needs items that are objects');
}

const MERGE: Fields = { by: choice('append', 'key'), key: text(1_000) };

/**
 * Waits for all that leads to it. `append`: all items, in order of edges. `key`: each item of `in` with the first of `with` that has
 * the same key; its own properties win.
 */
export const merge: NodeKind = {
  inputs: ['in', 'with'],
  optional: ['with'],
  outputs: () => ['out'],
  modes: ['batch'],
  check(config, complain) {
    if (!checkFields(config, MERGE, complain)) return;
    checkPaths(config, ['key'], complain);
    if (str(config, 'by') === 'key' && str(config, 'key') === '')
      complain('key', 'is missing: a JSONPath such as $.id');
  },
  open({ config, services }) {
    if (str(config, 'by', 'append') === 'append')
      return { batch: ({ in: items = [], with: more = [] }) => ({ out: [...items, ...more] }) };
    const key = path(services, str(config, 'key'));
    return {
      async batch({ in: items = [], with: others = [] }, call) {
        const keys = await key.each([...others, ...items], call);
        const known = new Map<Value, Value>();
        for (const [i, other] of others.entries()) if (!known.has(keys[i])) known.set(keys[i], other);
        const out: Value[] = [];
        for (const [i, item] of items.entries()) {
          await breathe();
          call.signal.throwIfAborted();
          const found = known.get(keys[others.length + i]);
          out.push(found === undefined ? item : call.budget.merge(entriesOf(found), entriesOf(item)));
        }
        return { out };
      },
    };
  },
};

const SPLIT: Fields = { from: text(1_000), into };

/** Each entry of a list an item: the start of a loop. */
export const split: NodeKind = {
  inputs: ['in'],
  outputs: () => ['out'],
  modes: ['item'],
  check(config, complain) {
    if (checkFields(config, SPLIT, complain)) checkPaths(config, ['from'], complain);
  },
  open({ config, services }) {
    const from = path(services, str(config, 'from'));
    const name = str(config, 'into');
    return {
      async item(item, call) {
        const list = await from.first(item, call);
        const entries: readonly Value[] = Array.isArray(list)
          ? list
          : list instanceof Set || list instanceof Map
            ? [...(list as ReadonlySet<Value>)]
            : list === undefined || list === null
              ? []
              : [list as Value];
        if (name === '') return { out: entries };
        const out: Value[] = [];
        for (const entry of entries) {
          await breathe();
          call.signal.throwIfAborted();
          out.push(call.budget.place(item, name, entry));
        }
        return { out };
      },
    };
  },
};

const COLLECT: Fields = { into };

/** All items as one list: the end of a loop. */
export const collect: NodeKind = {
  inputs: ['in'],
  outputs: () => ['out'],
  modes: ['batch'],
  check: (config, complain) => void checkFields(config, COLLECT, complain),
  open: ({ config }) => {
    const name = str(config, 'into');
    return { batch: ({ in: items = [] }) => ({ out: [name === '' ? items : { [name]: items }] }) };
  },
};
