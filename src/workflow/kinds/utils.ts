/** Small tools of every workflow. Each takes what `from` finds in the item, and puts its result where `into` says. */
import type { Value } from '../../core/value.ts';
import { HASH_NAMES } from '../../tools/bytes.ts';
import { durationProblem, inputProblem, zoneProblem } from '../../tools/date.ts';
import type { ToolConfigs, ToolName } from '../../tools/registry.ts';
import type { Escape } from '../../tools/template.ts';
import { bool, checkFields, choice, type Fields, flag, into, str, text } from '../fields.ts';
import type { NodeKind } from '../kind.ts';
import { path } from '../path.ts';
import { template, viewOf } from '../template.ts';
import type { Config } from '../types.ts';
import { checkPaths, checkTemplates } from './common.ts';

const FROM: Fields = { from: text(1_000), into };

/** A kind that makes one value of one value. */
function tool<N extends ToolName>(
  name: N,
  fields: Fields,
  configOf: (config: Config) => ToolConfigs[N],
  more?: NodeKind['check'],
): NodeKind {
  return {
    inputs: ['in'],
    outputs: () => ['out'],
    modes: ['item'],
    check(config, complain, context) {
      if (!checkFields(config, { ...FROM, ...fields }, complain)) return;
      checkPaths(config, ['from'], complain);
      more?.(config, complain, context);
    },
    open({ config, services }) {
      const from = path(services, str(config, 'from'));
      const property = str(config, 'into');
      const change = services.tools.open(name, configOf(config));
      return {
        async item(item, call) {
          const value: Value = await change(await from.first(item, call), call);
          return { out: [call.budget.place(item, property, value)] };
        },
      };
    },
  };
}

const PICK: Fields = { path: text(1_000, true), all: flag, into };

/** What a JSONPath finds: the first, or all as a list. */
export const pick: NodeKind = {
  inputs: ['in'],
  outputs: () => ['out'],
  modes: ['item'],
  check(config, complain) {
    if (checkFields(config, PICK, complain)) checkPaths(config, ['path'], complain);
  },
  open({ config, services }) {
    const query = path(services, str(config, 'path'));
    const name = str(config, 'into');
    const take = bool(config, 'all', false) ? 'all' : 'first';
    return {
      item: async (item, call) => ({
        out: [call.budget.place(item, name, await query[take](item, call))],
      }),
    };
  },
};

const TEMPLATE: Fields = {
  template: text(100_000, true),
  escape: choice('none', 'html', 'json', 'url'),
  into,
};

export const templateKind: NodeKind = {
  inputs: ['in'],
  outputs: () => ['out'],
  modes: ['item'],
  check(config, complain) {
    if (checkFields(config, TEMPLATE, complain)) checkTemplates(config, ['template'], complain);
  },
  open({ config, services }) {
    const filled = template(services, str(config, 'template'), str(config, 'escape', 'none') as Escape);
    const name = str(config, 'into');
    return {
      item: async (item, call) => ({
        out: [call.budget.place(item, name, await filled.render(viewOf(item, call.index, call.vars), call))],
      }),
    };
  },
};

export const hash: NodeKind = tool(
  'hash',
  { algorithm: choice(...HASH_NAMES), encoding: choice('hex', 'base64') },
  config => ({
    algorithm: str(config, 'algorithm', 'sha-256'),
    encoding: str(config, 'encoding', 'hex') === 'hex' ? 'hex' : 'base64',
  }),
);

export const base64: NodeKind = tool(
  'base64',
  { op: choice('encode', 'decode'), as: choice('text', 'bytes') },
  config => ({
    op: str(config, 'op', 'encode') === 'encode' ? 'encode' : 'decode',
    as: str(config, 'as', 'text') === 'text' ? 'text' : 'bytes',
  }),
);

const DATE: Fields = {
  zone: text(100),
  toZone: text(100),
  input: text(100),
  format: text(100),
  add: text(100),
};

/**
 * A point in time, written anew. `input` and `format` are patterns of Luxon; without them ISO 8601. `add` is an ISO 8601 duration.
 */
export const date: NodeKind = tool(
  'date',
  DATE,
  config => ({
    zone: str(config, 'zone', 'UTC'),
    toZone: str(config, 'toZone'),
    input: str(config, 'input'),
    format: str(config, 'format'),
    add: str(config, 'add'),
  }),
  (config, complain) => {
    const problems = { zone: zoneProblem, toZone: zoneProblem, input: inputProblem, add: durationProblem };
    for (const [key, problemOf] of Object.entries(problems)) {
      const value = str(config, key);
      const problem = value === '' ? null : problemOf(value);
      if (problem !== null) complain(key, problem);
    }
  },
);

const CSV: Fields = { op: choice('parse', 'format'), header: flag, delimiter: text(1), numbers: flag };

/** `parse`: a text becomes a list of rows, objects where the first line is a header. `format`: the other way. */
export const csv: NodeKind = tool('table', CSV, config => ({
  op: str(config, 'op', 'parse') === 'parse' ? 'parse' : 'format',
  header: bool(config, 'header', true),
  delimiter: str(config, 'delimiter', ',') || ',',
  numbers: bool(config, 'numbers', false),
}));
