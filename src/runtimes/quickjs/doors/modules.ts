/** `import { find } from 'host:crm'`: modules made of the names of host functions. */

/** A group by its path, '' for all; null when there is none. */
function groupMembers(names: readonly string[], path: string): string[] | null {
  const prefix = path === '' ? '' : `${path}.`;
  const members = new Set<string>();
  for (const name of names) {
    if (!name.startsWith(prefix)) continue;
    const [member = ''] = name.slice(prefix.length).split('.');
    members.add(member);
  }
  return members.size === 0 ? null : [...members];
}

/** Source of the module `host`, or `host:` and the path of a group; null when the host offers nothing there. */
export function hostModule(names: readonly string[], specifier: string): string | null {
  if (names.length === 0 || (specifier !== 'host' && !specifier.startsWith('host:'))) return null;
  const path = specifier.slice('host:'.length);
  // `host:` alone names nothing.
  if (specifier !== 'host' && path === '') return null;
  const members = groupMembers(names, path);
  if (members === null || names.includes(path)) return null;
  const from = path === '' ? 'globalThis.host' : `globalThis.host.${path}`;
  // A name may be a reserved word: as a property and as an export it is none.
  const lines = members.map((name, i) => `const f${i} = group.${name}; export { f${i} as ${name} };`);
  return `const group = ${from};\n${lines.join('\n')}\nexport default group;\n`;
}
