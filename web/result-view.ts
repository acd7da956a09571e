/** What came of a run: its value, or its error with what to do about it. */
import type { ErrorWire } from '../src/core/errors.ts';
import { button, element } from './dom.ts';
import type { Outcome } from './protocol.ts';
import { valueView } from './value-view.ts';

export function resultView(outcome: Outcome, goTo: (line: number, column: number) => void): Node {
  if (outcome.kind !== 'success') return errorView(outcome.error, goTo);
  const files = Object.entries(outcome.files);
  return files.length === 0
    ? valueView(outcome.data)
    : element('div', '', valueView(outcome.data), filesView(files));
}

/** What a native plugin left in its own file system. Names were chosen by it: shown as text, and never a path here. */
function filesView(files: readonly (readonly [string, Uint8Array])[]): HTMLElement {
  const list = element('ul', 'files');
  for (const [path, bytes] of files) {
    const name = path.slice(path.lastIndexOf('/') + 1);
    const save = button('Save', 'link', () => {
      const url = URL.createObjectURL(
        new Blob([new Uint8Array(bytes)], { type: 'application/octet-stream' }),
      );
      const link = element('a', '');
      link.href = url;
      link.download = name;
      link.click();
      URL.revokeObjectURL(url);
    });
    save.setAttribute('aria-label', `Save ${name}`);
    list.append(
      element(
        'li',
        '',
        element('code', '', path),
        element('span', 'note', `${bytes.length.toLocaleString('en')} bytes`),
        save,
      ),
    );
  }
  return element('div', '', element('h3', '', `Files it left (${files.length})`), list);
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
