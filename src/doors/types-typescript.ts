/** TypeScript's view of host functions. */
import { type Group, groupsOf, keywordsOf, type Signature, TYPE_DEPTH, typeNames } from './signatures.ts';

const IDENTIFIER = /^[A-Za-z_$][\w$]*$/;
const RESERVED =
  /^(?:break|case|catch|class|const|continue|debugger|delete|do|else|enum|export|extends|false|finally|for|function|if|import|in|instanceof|new|null|return|super|switch|this|throw|true|try|typeof|var|void|while|with|yield|let|static|implements|interface|package|private|protected|public|await)$/;

function union(parts: readonly string[]): string {
  return [...new Set(parts)].join(' | ') || 'never';
}

/** A schema as a type; `unknown` for what it has no word for. */
export function typescriptType(schema: unknown, depth = 0): string {
  if (schema === false) return 'never';
  const keywords = keywordsOf(schema);
  if (keywords === null || depth > TYPE_DEPTH) return 'unknown';
  if ('const' in keywords) return literal(keywords['const']);
  const { enum: values, anyOf, oneOf } = keywords;
  if (Array.isArray(values)) return union(values.map(literal));
  const choices = Array.isArray(anyOf) ? anyOf : Array.isArray(oneOf) ? oneOf : null;
  if (choices !== null) return union(choices.map(one => typescriptType(one, depth + 1)));
  const names = typeNames(keywords);
  return names.length === 0 ? 'unknown' : union(names.map(name => named(name, keywords, depth)));
}

function literal(value: unknown): string {
  return value === null || ['string', 'number', 'boolean'].includes(typeof value)
    ? JSON.stringify(value)
    : 'unknown';
}

function named(name: string, keywords: { readonly [key: string]: unknown }, depth: number): string {
  switch (name) {
    case 'string':
    case 'boolean':
    case 'null':
      return name;
    case 'number':
    case 'integer':
      return 'number';
    case 'array':
      return `readonly (${typescriptType(keywords['items'], depth + 1)})[]`;
    case 'object':
      return objectType(keywords, depth);
    default:
      return 'unknown';
  }
}

function objectType(keywords: { readonly [key: string]: unknown }, depth: number): string {
  const properties = keywordsOf(keywords['properties']) ?? {};
  const required: readonly unknown[] = Array.isArray(keywords['required']) ? keywords['required'] : [];
  const members = Object.entries(properties).map(
    ([key, schema]) =>
      `readonly ${IDENTIFIER.test(key) ? key : JSON.stringify(key)}${required.includes(key) ? '' : '?'}: ${typescriptType(schema, depth + 1)}`,
  );
  const more = keywords['additionalProperties'];
  if (more !== false && (members.length === 0 || keywordsOf(more) !== null))
    members.push(
      `readonly [key: string]: ${members.length === 0 ? typescriptType(more, depth + 1) : 'unknown'}`,
    );
  return members.length === 0 ? 'Record<string, never>' : `{ ${members.join('; ')} }`;
}

function functionType({ input, output }: Signature): string {
  const args =
    input === null ? 'any[]' : input === true ? '[input?: unknown]' : `[input: ${typescriptType(input)}]`;
  return `HostFunction<${args}, ${typescriptType(output)}>`;
}

function comment({ description }: Signature, indent: string): string {
  const lines = description.replaceAll('*/', '*\u200b/').split('\n');
  return description === '' ? '' : `${indent}/** ${lines.join(`\n${indent} * `)} */\n`;
}

function members(group: Group, indent: string): string {
  const functions = [...group.functions].map(
    ([name, signature]) =>
      `${comment(signature, indent)}${indent}readonly ${name}: ${functionType(signature)};\n`,
  );
  const groups = [...group.groups].map(
    ([name, inner]) => `${indent}readonly ${name}: {\n${members(inner, `${indent}  `)}${indent}};\n`,
  );
  return [...functions, ...groups].join('');
}

function moduleOf(group: Group): string {
  const path = group.path === '' ? '' : `.${group.path}`;
  const names = [...group.functions.keys(), ...group.groups.keys()];
  const lines = names.map((name, i) => {
    const type = `(typeof host)${(path === '' ? name : `${path.slice(1)}.${name}`)
      .split('.')
      .map(part => `['${part}']`)
      .join('')}`;
    return RESERVED.test(name)
      ? `  const f${i}: ${type};\n  export { f${i} as ${name} };\n`
      : `  export const ${name}: ${type};\n`;
  });
  const own = `declare module '${group.path === '' ? 'host' : `host:${group.path}`}' {\n${lines.join('')}}\n`;
  return [own, ...[...group.groups.values()].map(moduleOf)].join('\n');
}

/** A script of declarations: the global `host`, and a module for each group. */
export function typescriptDeclarations(signatures: readonly Signature[]): string {
  const root = groupsOf(signatures);
  return `// Written by citadel types.
/** Answers a promise; \`sync\` waits instead, where the thread can. */
interface HostFunction<Args extends unknown[], Answer> {
  (...args: Args): Promise<Answer>;
  sync(...args: Args): Answer;
}

declare const host: {
${members(root, '  ')}};

${moduleOf(root)}`;
}
