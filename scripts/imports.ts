/** What a source file names as another module, found by parsing. */
import { parseSync, Visitor } from 'rolldown/utils';

export interface Reference {
  /** `null`: computed, so nobody can tell. */
  readonly specifier: string | null;
  /** 1-based. */
  readonly line: number;
  /** True when it vanishes with the types. */
  readonly typeOnly: boolean;
}

/** `import.meta.url`, as `new URL('./worker.js', import.meta.url)` uses it to name a file that is loaded later. */
function isOwnUrl(text: string): boolean {
  return text.replace(/\s+/g, '') === 'import.meta.url';
}

/** Every import, re-export, `import()`, `import('…').Type` and `new URL('…', import.meta.url)` of a file, in order. */
export function referencesIn(fileName: string, source: string): Reference[] {
  const { program, errors } = parseSync(fileName, source);
  if (errors.length > 0) throw new Error(`Fix ${fileName}: it does not parse: ${errors[0]?.message ?? ''}`);
  const found: { specifier: string | null; start: number; typeOnly: boolean }[] = [];
  const add = (node: { start: number }, specifier: unknown, typeOnly: boolean): void => {
    found.push({ specifier: typeof specifier === 'string' ? specifier : null, start: node.start, typeOnly });
  };
  const literal = (node: unknown): unknown => (node as { value?: unknown } | undefined)?.value;
  new Visitor({
    ImportDeclaration(node) {
      add(node, node.source.value, node.importKind === 'type');
    },
    ExportNamedDeclaration(node) {
      if (node.source) add(node, node.source.value, node.exportKind === 'type');
    },
    ExportAllDeclaration(node) {
      add(node, node.source.value, node.exportKind === 'type');
    },
    ImportExpression(node) {
      add(node, literal(node.source), false);
    },
    TSImportType(node) {
      add(node, literal(node.source), true);
    },
    NewExpression(node) {
      const [target, base] = node.arguments;
      if (node.callee.type !== 'Identifier' || node.callee.name !== 'URL' || !target || !base) return;
      // A computed one may be any address; only a named file is a module of ours.
      if (isOwnUrl(source.slice(base.start, base.end)) && typeof literal(target) === 'string')
        add(node, literal(target), false);
    },
  }).visit(program);
  return found
    .sort((a, b) => a.start - b.start)
    .map(({ specifier, start, typeOnly }) => ({
      specifier,
      typeOnly,
      line: source.slice(0, start).split('\n').length,
    }));
}
