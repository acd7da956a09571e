/** What a run cost, and what it was denied. */
import type { Denial, ExecutionReport, Truncation, Usage } from '../src/core/result.ts';
import { element } from './dom.ts';

const number = (value: number, digits = 0): string =>
  value.toLocaleString('en', { maximumFractionDigits: digits });
const ms = (value: number): string => `${number(value, value < 10 ? 2 : 0)} ms`;

function bytes(value: number): string {
  if (value < 1024) return `${number(value)} bytes`;
  return value < 1024 * 1024 ? `${number(value / 1024, 1)} KiB` : `${number(value / 1024 / 1024, 2)} MiB`;
}

type Figure = readonly [key: keyof Usage, label: string, meaning: string, format: (value: number) => string];

const FIGURES: readonly Figure[] = [
  ['wallMs', 'Wall time', 'from run() to its answer', ms],
  ['queueMs', 'Queue', 'before a cell took the run', ms],
  ['guestMs', 'Guest time', 'reading the program to the end, waiting included', ms],
  ['cpuMs', 'CPU time', 'executing, not waiting', ms],
  ['fuel', 'Fuel', 'loop iterations and calls, deterministic', number],
  ['memoryBytes', 'Memory', 'highest guest heap', bytes],
  ['inputBytes', 'Input', 'encoded', bytes],
  ['outputBytes', 'Output', 'encoded', bytes],
  ['logBytes', 'Logs', 'text of the console', bytes],
];

function usageTable(usage: Usage): HTMLElement {
  const body = element('tbody', '');
  for (const [key, label, meaning, format] of FIGURES) {
    const value = usage[key];
    const head = element('th', '', label);
    head.scope = 'row';
    body.append(
      element(
        'tr',
        '',
        head,
        element('td', 'figure', value === null ? 'not measured' : format(value)),
        element('td', 'note', meaning),
      ),
    );
  }
  return element('table', 'usage', element('caption', 'visually-hidden', 'What the run cost'), body);
}

function denialsView(denials: readonly Denial[]): HTMLElement {
  if (denials.length === 0) return element('p', 'note', 'Nothing was denied.');
  const list = element('ul', 'denials');
  for (const { kind, subject, hint } of denials) {
    list.append(
      element(
        'li',
        '',
        element('span', 'tag', kind),
        element('code', '', subject),
        element('span', 'note', hint),
      ),
    );
  }
  return element('div', '', element('h3', '', `Denied (${denials.length})`), list);
}

function truncationText({ what, dropped, limit }: Truncation): string {
  return `${number(dropped)} ${what} dropped: ${limit} was met`;
}

export function reportView({ usage, denials, truncations, terminated, platform }: ExecutionReport): Node {
  const view = document.createDocumentFragment();
  view.append(denialsView(denials));
  for (const truncation of truncations) view.append(element('p', 'warn', truncationText(truncation)));
  if (terminated) {
    view.append(
      element('p', 'warn', 'The cell had to be destroyed to end this run; the next one starts a new cell.'),
    );
  }
  view.append(
    usageTable(usage),
    element('p', 'note', `Platform: ${platform}. Terminated: ${terminated ? 'yes' : 'no'}.`),
  );
  return view;
}
