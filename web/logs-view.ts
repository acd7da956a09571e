/** The plugin's console, while it runs. */
import type { LogEntry } from '../src/core/result.ts';
import { element } from './dom.ts';

/** A page with more rows than this gets slow; the oldest go first. */
const ROWS = 1_000;

export interface LogsView {
  clear(): void;
  add(entries: readonly LogEntry[]): void;
}

function row({ level, text, atMs }: LogEntry): HTMLElement {
  return element(
    'div',
    `record ${level}`,
    element('span', 'record-at', `${atMs.toFixed(0)} ms`),
    element('span', 'record-level', level),
    element('span', 'record-text', text),
  );
}

export function createLogsView(place: HTMLElement, note: HTMLElement): LogsView {
  let total = 0;
  return {
    clear() {
      total = 0;
      place.replaceChildren();
      note.textContent = '';
    },
    add(entries) {
      // Follows the newest row, except for a reader who has scrolled up.
      const follows = place.scrollHeight - place.scrollTop - place.clientHeight < 40;
      total += entries.length;
      place.append(...entries.slice(-ROWS).map(row));
      while (place.childElementCount > ROWS) place.firstElementChild?.remove();
      const hidden = total - place.childElementCount;
      const count = `${total.toLocaleString('en')} ${total === 1 ? 'record' : 'records'}`;
      note.textContent = hidden > 0 ? `${count}, the last ${ROWS.toLocaleString('en')} shown` : count;
      if (follows) place.scrollTop = place.scrollHeight;
    },
  };
}
