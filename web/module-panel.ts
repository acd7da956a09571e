/** A module that was opened: what it is, what it would be given, and how it is to be called. */
import type { InspectedFunction, InspectionReport } from '../src/validate/index.ts';
import { byId, element } from './dom.ts';
import type { OutputForm } from './protocol.ts';

export interface OpenedModule {
  readonly name: string;
  /** Guest path → text: what an example brings along. */
  readonly files: Readonly<Record<string, string>>;
  readonly entry: string;
  readonly args: readonly string[];
  readonly output: OutputForm;
}

export interface ModulePanel {
  /** Null before one was opened. */
  opened(): OpenedModule | null;
  open(module: OpenedModule): void;
  show(report: InspectionReport): void;
  setVisible(visible: boolean): void;
}

const INTERFACES: Readonly<Record<string, string>> = {
  wasi: 'a WASI command',
  extism: 'an Extism plugin',
  core: 'a plugin of the core interface',
  functions: 'functions over numbers',
};
const LISTED = 200;

function signature({ name, params, results }: InspectedFunction): string {
  return `${name}(${params.join(', ')})${results.length === 0 ? '' : ` → ${results.join(', ')}`}`;
}

function line({ abi, bytes, functions, memoryPages, grantedPages }: InspectionReport, name: string): string {
  const size = `${bytes.toLocaleString('en')} bytes`;
  if (abi === null) return `${name}: ${size}`;
  const memory =
    memoryPages === null
      ? 'no memory'
      : `memory of ${memoryPages.initial} pages, ${grantedPages.toLocaleString('en')} granted`;
  return `${name}: ${INTERFACES[abi]}, ${size}, ${functions.toLocaleString('en')} functions, ${memory}`;
}

export function createModulePanel(): ModulePanel {
  const panel = byId('module', HTMLDivElement);
  const summary = byId('module-line', HTMLParagraphElement);
  const fields = byId('module-fields', HTMLDivElement);
  const entry = byId('entry', HTMLSelectElement);
  const output = byId('output', HTMLSelectElement);
  const args = byId('args', HTMLTextAreaElement);
  const files = byId('module-files', HTMLUListElement);
  const problems = byId('module-problems', HTMLUListElement);
  const imports = byId('module-imports', HTMLDetailsElement);
  let current: OpenedModule | null = null;

  function showEntries({ abi, entries }: InspectionReport): void {
    const wanted = entry.value === '' ? (current?.entry ?? '') : entry.value;
    entry.replaceChildren(
      ...entries.slice(0, LISTED).map(one => {
        const option = element('option', '', signature(one));
        option.value = one.name;
        return option;
      }),
    );
    if (entries.some(({ name }) => name === wanted)) entry.value = wanted;
    fields.hidden = entries.length === 0;
    // Arguments of a command line, and answers of bytes, are what not every interface has.
    (args.parentElement as HTMLElement).hidden = abi !== 'wasi';
    (output.parentElement as HTMLElement).hidden = abi === 'functions';
  }

  return {
    opened: () =>
      current && {
        ...current,
        entry: entry.value,
        args: args.value.split('\n').filter(text => text !== ''),
        output: output.value as OutputForm,
      },
    open(module) {
      current = module;
      entry.replaceChildren();
      args.value = module.args.join('\n');
      output.value = module.output;
      const paths = Object.entries(module.files);
      files.replaceChildren(
        ...paths.map(([path, text]) =>
          element(
            'li',
            '',
            'finds ',
            element('code', '', path),
            ` (${text.length.toLocaleString('en')} characters)`,
          ),
        ),
      );
      files.hidden = paths.length === 0;
    },
    show(report) {
      summary.textContent = line(report, current?.name ?? 'module');
      showEntries(report);
      problems.replaceChildren(
        ...report.problems.map(({ code, message }) =>
          element('li', 'error', element('code', '', code), ` ${message}`),
        ),
      );
      problems.hidden = report.problems.length === 0;
      imports.hidden = report.imports.length === 0;
      const [heading, list] = [imports.querySelector('summary'), imports.querySelector('ul')];
      if (heading !== null) heading.textContent = `Imports (${report.imports.length})`;
      list?.replaceChildren(
        ...report.imports
          .slice(0, LISTED)
          .map(({ module, name, granted }) =>
            element(
              'li',
              granted ? '' : 'error',
              element('code', '', `${module}.${name}`),
              granted ? '' : ' not granted',
            ),
          ),
      );
    },
    setVisible(visible) {
      panel.hidden = !visible;
    },
  };
}
