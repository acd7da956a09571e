/** What came of a run: its value, or its error with what to do about it. */
import type { ErrorWire } from '../src/core/errors.ts';
import { button, element } from './dom.ts';
import type { Outcome } from './protocol.ts';
import { valueView } from './value-view.ts';

export function resultView(outcome: Outcome, goTo: (line: number, column: number) => void): Node {
  return outcome.kind === 'success' ? valueView(outcome.data) : errorView(outcome.error, goTo);
}

function errorView(
  { code, fault, message, help, guest, position }: ErrorWire,
  goTo: (line: number, column: number) => void,
): HTMLElement {
  const view = element(
    'div',
    'failure',
    element('p', 'failure-code', element('code', '', code), element('span', 'note', ` fault: ${fault}`)),
    element('p', 'failure-message', message),
    element('p', 'failure-help', `What to do: ${help}`),
  );
  if (position !== undefined) {
    const { line, column } = position;
    view.append(button(`Go to line ${line}, column ${column}`, 'link', () => goTo(line, column)));
  }
  if (guest !== undefined) {
    // Chosen by the plugin: framed as its words.
    const words = element('figure', 'guest', element('figcaption', '', 'The plugin threw'));
    words.append(element('pre', '', `${guest.name}: ${guest.message}`));
    if (guest.stack !== '') words.append(element('pre', 'stack', guest.stack));
    view.append(words);
  }
  return view;
}
