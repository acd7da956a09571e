/** What a plugin finds: completed while its code is written. docs/guest-platform.md has all of it. */
import type { Completion, CompletionContext, CompletionResult } from '@codemirror/autocomplete';
import { syntaxTree } from '@codemirror/language';
import { store } from './store.ts';

const global = (label: string, detail: string, type = 'variable'): Completion => ({ label, detail, type });

const JAVASCRIPT: readonly Completion[] = [
  global('input', 'what the node was given'),
  global('env', 'variables the policy grants'),
  global('console', 'logs to the record of the run'),
  global('fetch', 'a request, as far as the policy allows', 'function'),
  ...[
    'URL',
    'URLSearchParams',
    'TextEncoder',
    'TextDecoder',
    'Headers',
    'Request',
    'Response',
    'AbortController',
    'Map',
    'Set',
    'Promise',
    'Math',
    'JSON',
    'Object',
    'Array',
    'Number',
    'String',
    'Date',
    'Intl',
    'structuredClone',
    'setTimeout',
    'clearTimeout',
    'queueMicrotask',
    'atob',
    'btoa',
  ].map(name => global(name, 'of the platform', 'class')),
  {
    label: 'export default function (item) {\n  return item;\n}',
    displayLabel: 'export default',
    detail: 'what is called with each item',
    type: 'keyword',
  },
];
const EXPRESSION: readonly Completion[] = [
  global('item', 'the item'),
  global('index', 'its number, from 0'),
  global('vars', 'what the run was given as vars'),
];
const PYTHON: readonly Completion[] = [
  global('input', 'what the node was given'),
  global('env', 'variables the policy grants'),
  {
    label: 'def main(input):\n    return input',
    displayLabel: 'def main',
    detail: 'what is called with each item',
    type: 'keyword',
  },
  ...['import', 'from', 'return', 'lambda', 'yield', 'async', 'await'].map(name =>
    global(name, '', 'keyword'),
  ),
  ...[
    'json',
    'math',
    're',
    'statistics',
    'datetime',
    'itertools',
    'collections',
    'urllib.request',
    'csv',
    'random',
    'decimal',
  ].map(name => global(name, 'of the standard library', 'namespace')),
];
const CONSOLE = ['log', 'info', 'warn', 'error', 'debug'].map(name => global(name, '', 'method'));

/** Properties of what came in the last time: the best guess there is. */
function seen(): Completion[] {
  const { selected, nodes } = store.get();
  const first = nodes[selected ?? '']?.record?.inputs['in']?.[0];
  if (typeof first !== 'object' || first === null || Array.isArray(first)) return [];
  return Object.entries(first as object)
    .slice(0, 100)
    .map(([label, value]) => global(label, typeof value, 'property'));
}

export function guestCompletion(context: CompletionContext): CompletionResult | null {
  const inside = syntaxTree(context.state).resolveInner(context.pos, -1).name;
  if (/String|Comment|Template/.test(inside)) return null;
  const member = context.matchBefore(/\b(input|item|console)\.\w*/);
  if (member !== null) {
    const [name = ''] = member.text.split('.');
    const options = name === 'console' ? CONSOLE : seen();
    return options.length === 0 ? null : { from: member.from + name.length + 1, options };
  }
  const word = context.matchBefore(/\w+/);
  if (word === null && !context.explicit) return null;
  if (context.state.sliceDoc((word?.from ?? context.pos) - 1, word?.from ?? context.pos) === '.') return null;
  const { selected, document } = store.get();
  const node = document.workflow.nodes.find(({ id }) => id === selected);
  const options =
    node?.kind !== 'plugin' ? EXPRESSION : node.config?.['runtime'] === 'python' ? PYTHON : JAVASCRIPT;
  return { from: word?.from ?? context.pos, options: [...options], validFor: /^\w*$/ };
}
