/** What this browser can enforce, in one line, and what is weaker elsewhere. */
import type { Capabilities } from '../src/platform/types.ts';
import { byId, element } from './dom.ts';

export function showCapabilities({ gracefulStop, stackSizing, cellWall }: Capabilities): void {
  const line = byId('capability-line', HTMLElement);
  line.textContent = gracefulStop
    ? 'Cross-origin isolated: a busy plugin is stopped in place'
    : 'Not cross-origin isolated: stopping a busy plugin costs its cell';
  const points = [
    gracefulStop
      ? 'Stop and deadlines reach a busy plugin through shared memory; its cell goes on to the next run.'
      : 'Deadlines of the engine hold as usual. Stop destroys the cell, and the next run waits for a new one. Serve the page with COOP and COEP headers for more.',
    cellWall === 'opaque-origin'
      ? 'Around the engine: a worker stripped of its globals, in a frame of an origin of its own whose policy allows no connection.'
      : 'Around the engine: a worker with a realm of its own.',
    stackSizing
      ? 'Stacks up to 512 KiB.'
      : 'limits.stackBytes above 128 KiB is refused: no browser lets a page size the stack of a worker.',
  ];
  byId('capability-list', HTMLUListElement).replaceChildren(...points.map(text => element('li', '', text)));
}
