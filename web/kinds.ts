/**
 * The kinds as an editor shows them. The engine itself is not part of the page's first program: a test holds this table to
 * the kinds there are.
 */
import type { Config } from '../src/workflow.ts';

export type FieldType =
  | 'text'
  | 'area'
  | 'number'
  | 'flag'
  | 'json'
  | 'policy'
  | 'expression'
  | readonly string[];

export interface FieldView {
  readonly key: string;
  readonly label: string;
  readonly type: FieldType;
  readonly hint?: string;
  /** What is meant when it is left out. */
  readonly fallback?: string;
}

export interface KindView {
  readonly kind: string;
  readonly title: string;
  readonly about: string;
  readonly group: 'Start' | 'Code' | 'Data' | 'Flow' | 'Tools';
  readonly inputs: readonly string[];
  readonly outputs: (config: Config) => readonly string[];
  readonly modes: readonly ('item' | 'batch')[];
  readonly fields: readonly FieldView[];
  /** What a new one begins with. */
  readonly config: Config;
}

const out = (): readonly string[] => ['out'];
const IN: readonly string[] = ['in'];
const from: FieldView = {
  key: 'from',
  label: 'From',
  type: 'text',
  hint: 'JSONPath, such as $.text',
  fallback: 'the whole item',
};
const into: FieldView = {
  key: 'into',
  label: 'Into',
  type: 'text',
  hint: 'property of the item for the result',
  fallback: 'in the item’s place',
};
const policy: FieldView = { key: 'policy', label: 'Policy', type: 'policy' };
const expression = (hint: string): FieldView => ({
  key: 'expression',
  label: 'Expression',
  type: 'expression',
  hint,
});

export const KINDS: readonly KindView[] = [
  {
    kind: 'input',
    title: 'Input',
    about: 'What the run is given',
    group: 'Start',
    inputs: [],
    outputs: out,
    modes: ['batch'],
    fields: [],
    config: {},
  },
  {
    kind: 'timer.cron',
    title: 'Cron',
    about: 'Begins a run by the calendar',
    group: 'Start',
    inputs: [],
    outputs: out,
    modes: ['batch'],
    config: { expression: '0 9 * * 1-5' },
    fields: [
      { key: 'expression', label: 'Cron expression', type: 'text', hint: 'minute hour day month weekday' },
      { key: 'timezone', label: 'Time zone', type: 'text', fallback: 'UTC' },
    ],
  },
  {
    kind: 'timer.interval',
    title: 'Interval',
    about: 'Begins a run again and again',
    group: 'Start',
    inputs: [],
    outputs: out,
    modes: ['batch'],
    config: { everyMs: 60000 },
    fields: [{ key: 'everyMs', label: 'Every (ms)', type: 'number' }],
  },
  {
    kind: 'plugin',
    title: 'Plugin',
    about: 'JavaScript, Python or WebAssembly in a cell',
    group: 'Code',
    inputs: IN,
    outputs: out,
    modes: ['item', 'batch'],
    config: {
      runtime: 'javascript',
      code: 'export default function (item) {\n  console.log(item);\n  return item;\n}\n',
    },
    fields: [policy, into],
  },
  {
    kind: 'logic.map',
    title: 'Map',
    about: 'An expression for each item',
    group: 'Code',
    inputs: IN,
    outputs: out,
    modes: ['batch', 'item'],
    config: { expression: '({ ...item })' },
    fields: [expression('item, index and vars are there'), policy],
  },
  {
    kind: 'logic.filter',
    title: 'Filter',
    about: 'Items for which a condition holds',
    group: 'Flow',
    inputs: IN,
    outputs: out,
    modes: ['batch', 'item'],
    config: { expression: 'true' },
    fields: [expression('item.price > 10'), policy],
  },
  {
    kind: 'logic.if',
    title: 'If',
    about: 'Two ways, by a condition',
    group: 'Flow',
    inputs: IN,
    outputs: () => ['true', 'false'],
    modes: ['batch', 'item'],
    config: { expression: 'item.price > 10' },
    fields: [expression('item.price > 10'), policy],
  },
  {
    kind: 'logic.switch',
    title: 'Switch',
    about: 'Many ways, by a value',
    group: 'Flow',
    inputs: IN,
    modes: ['batch', 'item'],
    config: { expression: 'item.kind', cases: ['a', 'b'] },
    outputs: config => [
      ...(Array.isArray(config['cases']) ? config['cases'].filter(one => typeof one === 'string') : []),
      'other',
    ],
    fields: [
      expression('names the way'),
      { key: 'cases', label: 'Ways', type: 'json', hint: '["a", "b"]' },
      policy,
    ],
  },
  {
    kind: 'logic.merge',
    title: 'Merge',
    about: 'Waits for several ways',
    group: 'Flow',
    inputs: ['in', 'with'],
    outputs: out,
    modes: ['batch'],
    config: {},
    fields: [
      { key: 'by', label: 'How', type: ['append', 'key'] },
      { key: 'key', label: 'Key', type: 'text', hint: '$.id' },
    ],
  },
  {
    kind: 'logic.split',
    title: 'Split',
    about: 'Each entry of a list an item',
    group: 'Flow',
    inputs: IN,
    outputs: out,
    modes: ['item'],
    config: {},
    fields: [from, into],
  },
  {
    kind: 'logic.collect',
    title: 'Collect',
    about: 'All items as one list',
    group: 'Flow',
    inputs: IN,
    outputs: out,
    modes: ['batch'],
    config: {},
    fields: [into],
  },
  {
    kind: 'timer.delay',
    title: 'Delay',
    about: 'Passes items on later',
    group: 'Flow',
    inputs: IN,
    outputs: out,
    modes: ['batch', 'item'],
    config: { ms: 1000 },
    fields: [{ key: 'ms', label: 'Milliseconds', type: 'number' }],
  },
  {
    kind: 'http',
    title: 'HTTP',
    about: 'A request, held to a policy',
    group: 'Data',
    inputs: IN,
    outputs: out,
    modes: ['item'],
    config: { url: 'https://api.example.com/{{ item.id }}' },
    fields: [
      { key: 'url', label: 'URL', type: 'text', hint: '{{ item.id }} is encoded' },
      { key: 'method', label: 'Method', type: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] },
      { key: 'headers', label: 'Headers', type: 'json', hint: '{"accept": "application/json"}' },
      { key: 'body', label: 'Body', type: 'area', hint: 'values are written for the content-type' },
      { key: 'json', label: 'Body as JSON', type: 'json', hint: '{"id": "{{ item.id }}"}' },
      { key: 'form', label: 'Body as form', type: 'json', hint: '{"name": "{{ item.name }}"}' },
      {
        key: 'multipart',
        label: 'Body in parts',
        type: 'json',
        hint: '[{"name": "file", "from": "$.bytes", "fileName": "a.pdf"}]',
      },
      { key: 'from', label: 'Body from', type: 'text', hint: 'JSONPath of bytes or text, such as $.file' },
      { key: 'parse', label: 'Read as', type: ['auto', 'json', 'ndjson', 'text', 'bytes'] },
      { key: 'charset', label: 'Charset', type: 'text', fallback: 'what the answer says' },
      { key: 'malformed', label: 'Malformed text', type: ['fail', 'replace'] },
      { key: 'integers', label: 'Large integers', type: ['bigint', 'text'] },
      { key: 'response', label: 'Result', type: ['body', 'all'] },
      { key: 'maxBytes', label: 'Most bytes', type: 'number', fallback: '1048576' },
      { key: 'cookies', label: 'Cookies', type: ['', 'run'], fallback: 'none are kept' },
      { key: 'pages', label: 'Pages', type: 'json', hint: '{"by": "link"}' },
      policy,
      into,
    ],
  },
  {
    kind: 'db',
    title: 'Database',
    about: 'A statement, checked before it goes',
    group: 'Data',
    inputs: IN,
    outputs: out,
    modes: ['item', 'batch'],
    config: { sql: 'select * from things where id = $1', params: ['$.id'] },
    fields: [
      { key: 'sql', label: 'SQL', type: 'area', hint: 'parameters are $1, $2' },
      { key: 'params', label: 'Parameters', type: 'json', hint: '["$.id"]' },
      { key: 'rows', label: 'Rows', type: ['each', 'list'] },
      into,
    ],
  },
  {
    kind: 'utils.pick',
    title: 'Pick',
    about: 'What a JSONPath finds',
    group: 'Tools',
    inputs: IN,
    outputs: out,
    modes: ['item'],
    config: { path: '$' },
    fields: [
      { key: 'path', label: 'Path', type: 'text' },
      { key: 'all', label: 'All matches', type: 'flag' },
      into,
    ],
  },
  {
    kind: 'utils.template',
    title: 'Template',
    about: 'A text with places to fill in',
    group: 'Tools',
    inputs: IN,
    outputs: out,
    modes: ['item'],
    config: { template: 'Hello {{ item.name }}' },
    fields: [
      { key: 'template', label: 'Template', type: 'area', hint: 'Liquid' },
      { key: 'escape', label: 'Escape', type: ['none', 'html', 'json', 'url'] },
      into,
    ],
  },
  {
    kind: 'utils.csv',
    title: 'CSV',
    about: 'Reads or writes a table',
    group: 'Tools',
    inputs: IN,
    outputs: out,
    modes: ['item'],
    config: {},
    fields: [
      { key: 'op', label: 'Do', type: ['parse', 'format'] },
      { key: 'numbers', label: 'Numbers as numbers', type: 'flag' },
      { key: 'delimiter', label: 'Delimiter', type: 'text', fallback: ',' },
      from,
      into,
    ],
  },
  {
    kind: 'utils.hash',
    title: 'Hash',
    about: 'SHA-2, SHA-3 and older',
    group: 'Tools',
    inputs: IN,
    outputs: out,
    modes: ['item'],
    config: {},
    fields: [
      { key: 'algorithm', label: 'Algorithm', type: ['sha-256', 'sha-512', 'sha3-256', 'sha-1', 'md5'] },
      { key: 'encoding', label: 'As', type: ['hex', 'base64'] },
      from,
      into,
    ],
  },
  {
    kind: 'utils.base64',
    title: 'Base64',
    about: 'There and back',
    group: 'Tools',
    inputs: IN,
    outputs: out,
    modes: ['item'],
    config: {},
    fields: [
      { key: 'op', label: 'Do', type: ['encode', 'decode'] },
      { key: 'as', label: 'As', type: ['text', 'bytes'] },
      from,
      into,
    ],
  },
  {
    kind: 'utils.date',
    title: 'Date',
    about: 'Reads, moves and writes a time',
    group: 'Tools',
    inputs: IN,
    outputs: out,
    modes: ['item'],
    config: {},
    fields: [
      { key: 'input', label: 'Pattern', type: 'text', fallback: 'ISO 8601' },
      { key: 'add', label: 'Add', type: 'text', hint: 'P1D, -PT2H' },
      { key: 'zone', label: 'Zone', type: 'text', fallback: 'UTC' },
      { key: 'toZone', label: 'To zone', type: 'text' },
      { key: 'format', label: 'Format', type: 'text', hint: 'yyyy-MM-dd', fallback: 'ISO 8601' },
      from,
      into,
    ],
  },
];

const UNKNOWN: KindView = {
  kind: '',
  title: 'Unknown',
  about: 'There is no such kind',
  group: 'Tools',
  inputs: IN,
  outputs: out,
  modes: ['item'],
  fields: [],
  config: {},
};

export const kindOf = (name: string): KindView => KINDS.find(({ kind }) => kind === name) ?? UNKNOWN;
