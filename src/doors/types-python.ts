/** Python's view of host functions: stubs of the package `host`. */
import { type Group, groupsOf, keywordsOf, type Signature, TYPE_DEPTH, typeNames } from './signatures.ts';

const KEYWORDS =
  /^(?:False|None|True|and|as|assert|async|await|break|class|continue|def|del|elif|else|except|finally|for|from|global|if|import|in|is|lambda|nonlocal|not|or|pass|raise|return|try|while|with|yield)$/;
const NAME = /^[A-Za-z_]\w*$/;

const union = (parts: readonly string[]): string => [...new Set(parts)].join(' | ') || 'Any';

/** A schema as a type; `Any` for what it has no word for. */
export function pythonType(schema: unknown, depth = 0): string {
  if (schema === false) return 'Never';
  const keywords = keywordsOf(schema);
  if (keywords === null || depth > TYPE_DEPTH) return 'Any';
  const { enum: values, anyOf, oneOf } = keywords;
  const literals = 'const' in keywords ? [keywords['const']] : Array.isArray(values) ? values : null;
  if (literals !== null) return union(literals.map(literal));
  const choices = Array.isArray(anyOf) ? anyOf : Array.isArray(oneOf) ? oneOf : null;
  if (choices !== null) return union(choices.map(one => pythonType(one, depth + 1)));
  const names = typeNames(keywords);
  return names.length === 0 ? 'Any' : union(names.map(name => named(name, keywords, depth)));
}

function literal(value: unknown): string {
  if (value === null) return 'None';
  if (typeof value === 'boolean') return `Literal[${value ? 'True' : 'False'}]`;
  if (typeof value === 'string' || Number.isSafeInteger(value)) return `Literal[${JSON.stringify(value)}]`;
  return 'Any';
}

function named(name: string, keywords: { readonly [key: string]: unknown }, depth: number): string {
  switch (name) {
    case 'string':
      return 'str';
    case 'boolean':
      return 'bool';
    case 'null':
      return 'None';
    case 'number':
      return 'float';
    case 'integer':
      return 'int';
    case 'array':
      return `list[${pythonType(keywords['items'], depth + 1)}]`;
    case 'object':
      return 'dict[str, Any]';
    default:
      return 'Any';
  }
}

/** Named arguments of a function whose input is an object with properties; null for any other. */
function namedArguments({ input }: Signature): string | null {
  const keywords = keywordsOf(input);
  const properties = keywordsOf(keywords?.['properties']);
  if (keywords === null || properties === null) return null;
  const names = Object.keys(properties);
  if (names.length === 0 || !names.every(name => NAME.test(name) && !KEYWORDS.test(name) && name !== 'self'))
    return null;
  const required: readonly unknown[] = Array.isArray(keywords['required']) ? keywords['required'] : [];
  const args = names.map(
    name => `${name}: ${pythonType(properties[name])}${required.includes(name) ? '' : ' = ...'}`,
  );
  return `*, ${args.join(', ')}`;
}

function callable(signature: Signature, className: string): string {
  const answer = pythonType(signature.output);
  const byName = namedArguments(signature);
  const { input } = signature;
  const forms =
    input === null
      ? ['*args: Any, **named: Any']
      : [
          `input: ${pythonType(input)}${input === true ? ' = ...' : ''}, /`,
          ...(byName === null ? [] : [byName]),
        ];
  const overload = forms.length > 1 ? '    @overload\n' : '';
  const methods = ['def __call__', 'async def aio'].flatMap(method =>
    forms.map(form => `${overload}    ${method}(self, ${form}) -> ${answer}: ...\n`),
  );
  const text = signature.description.replaceAll('\\', '\\\\').replaceAll('"""', "'''");
  const doc = text === '' ? '' : `    """${text.endsWith('"') ? `${text} ` : text}"""\n`;
  return `class ${className}:\n${doc}${methods.join('')}`;
}

function stubs(group: Group, into: Record<string, string>): void {
  const classes = [...group.functions].map(([name, signature]) => {
    const own = callable(signature, `_${name}`);
    // A name that is a keyword can only be had by getattr.
    return KEYWORDS.test(name) ? `# ${name}: getattr(module, "${name}")\n` : `${own}\n${name}: _${name}\n`;
  });
  const path = ['host', ...(group.path === '' ? [] : group.path.split('.')), '__init__.pyi'].join('/');
  const inner = [...group.groups.keys()].filter(name => !KEYWORDS.test(name));
  const imports = inner.map(name => `from . import ${name} as ${name}\n`).join('');
  into[path] =
    `# Written by citadel types.\nfrom typing import Any, Literal, Never, overload\n${imports}\n${classes.join('\n')}`;
  for (const below of group.groups.values()) stubs(below, into);
}

export function pythonStubs(signatures: readonly Signature[]): Record<string, string> {
  const files: Record<string, string> = {};
  stubs(groupsOf(signatures), files);
  return files;
}
