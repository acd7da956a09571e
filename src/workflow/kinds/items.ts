/** Kinds that only move items: where a run begins, and how lists become items and items become lists. */
import type { Value } from '../../core/value.ts';
import { place } from '../failure.ts';
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
  open({ config }) {
    if (str(config, 'by', 'append') === 'append')
      return { batch: ({ in: items = [], with: more = [] }) => ({ out: [...items, ...more] }) };
    const key = path(str(config, 'key'));
    return {
      batch({ in: items = [], with: others = [] }) {
        const known = new Map<Value, Value>();
        for (const other of others) {
          const its = key.first(other);
          if (!known.has(its)) known.set(its, other);
        }
        return {
          out: items.map(item => {
            const found = known.get(key.first(item));
            return found === undefined ? item : { ...(found as object), ...(item as object) };
          }),
        };
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
  open({ config }) {
    const from = path(str(config, 'from'));
    const name = str(config, 'into');
    return {
      item(item) {
        const list = from.first(item);
        const entries: readonly Value[] = Array.isArray(list)
          ? list
          : list instanceof Set || list instanceof Map
            ? [...(list as ReadonlySet<Value>)]
            : list === undefined || list === null
              ? []
              : [list as Value];
        return { out: entries.map(entry => (name === '' ? entry : place(item, name, entry))) };
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
