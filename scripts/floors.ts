/**
 * Holds imports to the floors of ARCHITECTURE.md: `node scripts/floors.ts`. The table there is what is enforced, so the
 * page cannot go stale.
 */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { referencesIn } from './imports.ts';

/** Where the rules apply. */
const FOLDERS = ['src', 'workers', 'web'];
/** Longer files of the library are to be split. */
const MAX_LINES = 500;

/** One row of the table. */
export interface Floor {
  /** A folder ending in `/`, or a file; relative to the root. */
  readonly path: string;
  readonly floor: number;
  /** The only other rows it may import, when the table names some. */
  readonly only: readonly string[] | null;
  /** Packages, `#` imports, `node:` (all of Node.js's own) and files outside the table it may import; `import()`: computed ones. */
  readonly packages: readonly string[];
}

export interface Violation {
  readonly file: string;
  readonly line: number;
  readonly message: string;
}

/** `code spans` of a table cell. */
function spans(cell: string): string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map(match => match[1] ?? '');
}

/** Reads the table between `<!-- floors -->` and `<!-- /floors -->`: path, floor, content, only, packages. */
export function parseFloors(page: string): Floor[] {
  const [, table] = /<!-- floors -->([\s\S]*?)<!-- \/floors -->/.exec(page) ?? [];
  if (table === undefined)
    throw new Error('Mark the table of floors with <!-- floors --> and <!-- /floors -->');
  const rows = table
    .trim()
    .split('\n')
    .slice(2)
    .map(line => {
      const [path = '', floor = '', , only = '', packages = ''] = line
        .split('|')
        .slice(1, -1)
        .map(cell => cell.trim());
      const [name] = spans(path);
      if (name === undefined || !/^\d+$/.test(floor))
        throw new Error(`Repair this row of the floors: ${line}`);
      const others = spans(only);
      return {
        path: name,
        floor: Number(floor),
        only: others.length > 0 ? others : null,
        packages: spans(packages),
      };
    });
  if (rows.length === 0) throw new Error('Add rows to the table of floors: it is empty');
  return rows;
}

function sourcesBelow(root: string): string[] {
  return FOLDERS.filter(folder => existsSync(join(root, folder))).flatMap(folder =>
    readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
      .filter(entry => entry.isFile() && /\.[cm]?[jt]sx?$/.test(entry.name))
      .map(entry => relative(root, join(entry.parentPath, entry.name)).replaceAll('\\', '/'))
      .filter(path => !path.includes('node_modules/') && !path.startsWith('web/dist/'))
      .sort(),
  );
}

/** The most specific row a path belongs to. */
function rowOf(floors: readonly Floor[], path: string): Floor | null {
  return floors
    .filter(row => (row.path.endsWith('/') ? path.startsWith(row.path) : path === row.path))
    .reduce<Floor | null>((best, row) => (best && best.path.length > row.path.length ? best : row), null);
}

/** `@scope/name/deep` → `@scope/name`; `node:fs` → `node:`; `#a/b` stays. */
function packageName(specifier: string): string {
  if (specifier.startsWith('node:')) return 'node:';
  if (specifier.startsWith('#')) return specifier;
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

/** What is wrong with one row importing another, or null. */
function complaint(from: Floor, to: Floor): string | null {
  if (from.path === to.path) return null;
  // The types a folder's implementations share lie beside them.
  if (to.path.endsWith('/') && from.path.startsWith(to.path)) return null;
  if (from.only && !from.only.includes(to.path))
    return `${from.path} may import only ${from.only.join(', ')}: move what it needs, or pass it in`;
  if (to.floor < from.floor) return null;
  return `${from.path} (floor ${from.floor}) may not import ${to.path} (floor ${to.floor}): only floors below its own`;
}

/** Source files an entry of package.json's `imports` leads to while developing. */
function sourceTargets(root: string, specifier: string): string[] {
  const { imports = {} } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    imports?: Record<string, unknown>;
  };
  const entry = imports[specifier];
  const source = (entry as Record<string, unknown> | undefined)?.['citadel-source'];
  return source && typeof source === 'object'
    ? Object.values(source as Record<string, string>).map(path => path.replace(/^\.\//, ''))
    : [];
}

/** Every group of files that import each other in a circle, as a path that returns to its start. */
function cycles(graph: ReadonlyMap<string, readonly string[]>): string[][] {
  const found: string[][] = [];
  const done = new Set<string>();
  const visit = (file: string, path: string[]): void => {
    const at = path.indexOf(file);
    if (at >= 0) found.push([...path.slice(at), file]);
    if (at >= 0 || done.has(file)) return;
    for (const next of graph.get(file) ?? []) visit(next, [...path, file]);
    done.add(file);
  };
  for (const file of graph.keys()) visit(file, []);
  return found;
}

/** Everything that breaks the rules below `root`. */
export function checkFloors(root: string, floors: readonly Floor[]): Violation[] {
  const violations: Violation[] = [];
  const graph = new Map<string, string[]>();
  for (const file of sourcesBelow(root)) {
    const source = readFileSync(join(root, file), 'utf8');
    const blame = (line: number, message: string): void => void violations.push({ file, line, message });
    const lines = source.trimEnd().split('\n').length;
    if (file.startsWith('src/') && lines > MAX_LINES)
      blame(lines, `split it: ${lines} lines, ${MAX_LINES} at most`);
    const row = rowOf(floors, file);
    if (!row) {
      blame(1, 'give its folder a row in the table of floors');
      continue;
    }
    const edges: string[] = [];
    graph.set(file, edges);
    const follow = (target: string, line: number, typeOnly: boolean): void => {
      const other = rowOf(floors, target);
      const wrong = other
        ? complaint(row, other)
        : row.packages.includes(target)
          ? null
          : `${row.path} may not import ${target}: its row of the table of floors does not list it`;
      if (wrong) blame(line, wrong);
      if (!typeOnly) edges.push(target);
    };
    for (const { specifier, line, typeOnly } of referencesIn(file, source)) {
      if (specifier === null) {
        if (!row.packages.includes('import()'))
          blame(line, 'name the module in import() with a literal: nobody can check a computed one');
      } else if (/^\.{0,2}\//.test(specifier)) {
        const path = specifier.replace(/[?#].*$/, '');
        const target = relative(root, resolve(root, dirname(file), path)).replaceAll('\\', '/');
        if (existsSync(join(root, target)) && statSync(join(root, target)).isFile())
          follow(target, line, typeOnly);
        else blame(line, `there is no file ${target}`);
      } else {
        const targets = sourceTargets(root, specifier);
        for (const target of targets) follow(target, line, typeOnly);
        const name = packageName(specifier);
        if (!row.packages.includes(name))
          blame(line, `${row.path} may not import ${name}: its row of the table of floors does not list it`);
      }
    }
  }
  for (const circle of cycles(graph))
    violations.push({ file: circle[0] ?? '', line: 1, message: `break the circle ${circle.join(' → ')}` });
  return violations;
}

if (import.meta.main) {
  const root = fileURLToPath(new URL('..', import.meta.url));
  const floors = parseFloors(readFileSync(join(root, 'ARCHITECTURE.md'), 'utf8'));
  const violations = checkFloors(root, floors);
  for (const { file, line, message } of violations) console.error(`${file}:${line}: ${message}`);
  console.log(`floors: ${sourcesBelow(root).length} files, ${violations.length} violations`);
  process.exitCode = violations.length > 0 ? 1 : 0;
}
