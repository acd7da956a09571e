/**
 * Finds the names a program takes from its realm: identifiers that no declaration of the program binds. Follows
 * the scoping rules of ECMAScript, and of TypeScript as far as it has values; types are skipped.
 */
import type { Program } from 'acorn';

/**
 * A node as the walker sees it: ESTree, or TypeScript's additions to it, with the fields looked at here. Which of
 * them a node has depends on its type.
 */
export interface AstNode {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly loc?: { readonly start: AstPosition; readonly end: AstPosition } | null;
  readonly name?: string;
  readonly kind?: string;
  readonly operator?: string;
  readonly computed?: boolean;
  readonly importKind?: string;
  readonly exportKind?: string;
  readonly params?: readonly AstNode[];
  readonly declarations?: readonly AstNode[];
  readonly specifiers?: readonly AstNode[];
  readonly properties?: readonly AstNode[];
  readonly elements?: readonly (AstNode | null)[];
  readonly cases?: readonly AstNode[];
  readonly quasis?: readonly { readonly value: { readonly cooked?: string | null } }[];
  readonly arguments?: unknown;
  readonly argument?: unknown;
  readonly body?: unknown;
  readonly block?: unknown;
  readonly callee?: unknown;
  readonly consequent?: unknown;
  readonly declaration?: unknown;
  readonly exported?: unknown;
  readonly expression?: unknown;
  readonly handler?: unknown;
  readonly id?: unknown;
  readonly init?: unknown;
  readonly initializer?: unknown;
  readonly left?: unknown;
  readonly local?: unknown;
  readonly object?: unknown;
  readonly param?: unknown;
  readonly parameter?: unknown;
  readonly property?: unknown;
  readonly source?: unknown;
  readonly value?: unknown;
}

interface AstPosition {
  readonly line: number;
  readonly column: number;
}

export interface FreeReference {
  /** `Math.random` is ['Math', 'random']; a leading `globalThis` is left out. */
  readonly path: readonly string[];
  /** The identifier, or the whole member expression of `path`. */
  readonly node: AstNode;
  /** What the path is used for. */
  readonly use: 'call' | 'typeof' | 'other';
}

/**
 * The names bound where the walk is, and how many scopes bind each. Counting keeps a look-up the same price
 * however deep scopes nest: a hostile program nests thousands.
 */
class Scope {
  readonly #bindings: Map<string, number> = new Map();

  isFree(name: string): boolean {
    return (this.#bindings.get(name) ?? 0) === 0;
  }

  /** Binds `names` while `inside` runs. */
  within(names: ReadonlySet<string>, inside: () => void): void {
    for (const name of names) this.#bindings.set(name, (this.#bindings.get(name) ?? 0) + 1);
    inside();
    for (const name of names) this.#bindings.set(name, (this.#bindings.get(name) ?? 1) - 1);
  }
}

/** @throws RangeError when the program is nested deeper than the stack */
export function freeReferences(program: Program): readonly FreeReference[] {
  const found: FreeReference[] = [];
  const root = asNode(program);
  const names = new Set<string>();
  declareVars(root, names);
  declareLexical(root.body, names);
  const scope = new Scope();
  scope.within(names, () => visitChildren(root, scope, found));
  return found;
}

/** Calls back for every node, types included. @throws RangeError */
export function walk(value: unknown, callback: (node: AstNode) => void): void {
  if (isNode(value)) callback(value);
  forEachChild(value, child => walk(child, callback));
}

export function asNode(value: unknown): AstNode {
  return value as AstNode;
}

export function isNode(value: unknown): value is AstNode {
  return typeof value === 'object' && value !== null && typeof (value as AstNode).type === 'string';
}

function forEachChild(value: unknown, callback: (child: unknown) => void): void {
  if (Array.isArray(value)) for (const item of value) callback(item);
  else if (isNode(value)) {
    for (const key of Object.keys(value)) {
      const child: unknown = value[key as keyof AstNode];
      if (typeof child === 'object' && child !== null && key !== 'loc') callback(child);
    }
  }
}

const FUNCTION = /^(?:FunctionDeclaration|FunctionExpression|ArrowFunctionExpression|TSDeclareFunction)$/;
/** TypeScript nodes that are there at run time; every other one is a type. */
const TS_VALUES =
  /^TS(?:AsExpression|SatisfiesExpression|NonNullExpression|TypeAssertion|InstantiationExpression|EnumDeclaration|EnumBody|EnumMember|ModuleDeclaration|ModuleBlock|ParameterProperty|ExportAssignment)$/;

/** Adds the names a binding pattern binds. */
function declarePattern(pattern: unknown, names: Set<string>): void {
  if (!isNode(pattern)) return;
  switch (pattern.type) {
    case 'Identifier':
      names.add(pattern.name ?? '');
      return;
    case 'ObjectPattern':
      for (const property of pattern.properties ?? []) {
        declarePattern(property.type === 'Property' ? property.value : property, names);
      }
      return;
    case 'ArrayPattern':
      for (const element of pattern.elements ?? []) declarePattern(element, names);
      return;
    case 'AssignmentPattern':
      declarePattern(pattern.left, names);
      return;
    case 'RestElement':
      declarePattern(pattern.argument, names);
      return;
    case 'TSParameterProperty':
      declarePattern(pattern.parameter, names);
  }
}

/** Adds every `var` below `value`, functions apart, and functions in blocks, which sloppy code hoists as well. */
function declareVars(value: unknown, names: Set<string>): void {
  forEachChild(value, child => {
    if (isNode(child)) {
      if (FUNCTION.test(child.type)) {
        if (child.type === 'FunctionDeclaration') declarePattern(child.id, names);
        return;
      }
      // Their own `var` scopes.
      if (child.type === 'StaticBlock' || child.type === 'TSModuleBlock') return;
      if (child.type === 'VariableDeclaration' && child.kind === 'var') {
        for (const each of child.declarations ?? []) declarePattern(each.id, names);
      }
    }
    declareVars(child, names);
  });
}

/** Adds what the statements themselves declare: let, const, classes, functions, imports, enums, namespaces. */
function declareLexical(statements: unknown, names: Set<string>): void {
  if (!Array.isArray(statements)) return;
  for (const given of statements as readonly AstNode[]) {
    const exported = /^Export(?:Named|Default)Declaration$/.test(given.type) ? given.declaration : given;
    if (!isNode(exported)) continue;
    switch (exported.type) {
      case 'VariableDeclaration':
        for (const each of exported.declarations ?? []) declarePattern(each.id, names);
        break;
      case 'FunctionDeclaration':
      case 'ClassDeclaration':
      case 'TSDeclareFunction':
      case 'TSEnumDeclaration':
      case 'TSModuleDeclaration':
      case 'TSImportEqualsDeclaration':
        declarePattern(exported.id, names);
        break;
      case 'ImportDeclaration':
        for (const each of exported.specifiers ?? []) declarePattern(each.local, names);
    }
  }
}

/** What a node that is a scope, other than a function, binds in it. */
function scopeNames(node: AstNode): ReadonlySet<string> {
  const names = new Set<string>();
  switch (node.type) {
    case 'ClassDeclaration':
    case 'ClassExpression':
      declarePattern(node.id, names);
      break;
    case 'CatchClause':
      declarePattern(node.param, names);
      break;
    case 'SwitchStatement':
      for (const each of node.cases ?? []) declareLexical(each.consequent, names);
      break;
    case 'BlockStatement':
      declareLexical(node.body, names);
      break;
    case 'StaticBlock':
    case 'TSModuleBlock':
      declareVars(node, names);
      declareLexical(node.body, names);
      break;
    default:
      // A loop's head.
      declareLexical([node.init ?? node.left].filter(isNode), names);
  }
  return names;
}

function visitChildren(node: AstNode, scope: Scope, found: FreeReference[], skip = ''): void {
  for (const key of Object.keys(node)) {
    if (key !== 'loc' && key !== skip) visitAll(node[key as keyof AstNode], scope, found);
  }
}

function visitAll(value: unknown, scope: Scope, found: FreeReference[]): void {
  if (Array.isArray(value)) for (const item of value) visitAll(item, scope, found);
  else if (isNode(value)) visit(value, scope, found, 'other');
}

function visitFunction(node: AstNode, scope: Scope, found: FreeReference[]): void {
  const names = new Set<string>();
  if (node.type === 'FunctionExpression') declarePattern(node.id, names);
  if (node.type !== 'ArrowFunctionExpression') names.add('arguments');
  for (const parameter of node.params ?? []) declarePattern(parameter, names);
  const { body } = node;
  declareVars(body, names);
  if (isNode(body) && body.type === 'BlockStatement') declareLexical(body.body, names);
  scope.within(names, () => {
    visitAll(node.params, scope, found);
    visitAll(body, scope, found);
  });
}

function visit(node: AstNode, scope: Scope, found: FreeReference[], use: FreeReference['use']): void {
  if (FUNCTION.test(node.type)) {
    if (node.type !== 'TSDeclareFunction') visitFunction(node, scope, found);
    return;
  }
  if (node.type.startsWith('TS') && !TS_VALUES.test(node.type)) return;
  switch (node.type) {
    case 'Identifier': {
      const { name = '' } = node;
      if (scope.isFree(name)) found.push({ path: [name], node, use });
      return;
    }
    case 'MemberExpression':
      visitMember(node, scope, found, use);
      return;
    case 'CallExpression':
    case 'NewExpression':
      visit(asNode(node.callee), scope, found, 'call');
      visitAll(node.arguments, scope, found);
      return;
    case 'UnaryExpression':
      visit(asNode(node.argument), scope, found, node.operator === 'typeof' ? 'typeof' : 'other');
      return;
    case 'ChainExpression':
    case 'ParenthesizedExpression':
    case 'TSAsExpression':
    case 'TSSatisfiesExpression':
    case 'TSNonNullExpression':
    case 'TSTypeAssertion':
    case 'TSInstantiationExpression':
      visit(asNode(node.expression), scope, found, use);
      return;
    case 'Property':
    case 'MethodDefinition':
    case 'PropertyDefinition':
    case 'AccessorProperty':
      // A shorthand's key and value are one node; the value is the reference.
      visitChildren(node, scope, found, node.computed === true ? '' : 'key');
      return;
    case 'TSEnumMember':
      visitAll(node.initializer, scope, found);
      return;
    case 'TSModuleDeclaration':
      visitAll(node.body, scope, found);
      return;
    case 'ClassDeclaration':
    case 'ClassExpression':
    case 'BlockStatement':
    case 'StaticBlock':
    case 'TSModuleBlock':
    case 'SwitchStatement':
    case 'ForStatement':
    case 'ForInStatement':
    case 'ForOfStatement':
    case 'CatchClause':
      scope.within(scopeNames(node), () => visitChildren(node, scope, found));
      return;
    case 'ExportNamedDeclaration':
      // With a source, `local` names something of the other module.
      if (node.source === null || node.source === undefined) visitChildren(node, scope, found);
      return;
    case 'ExportSpecifier':
      visitAll(node.local, scope, found);
      return;
    case 'LabeledStatement':
      visitChildren(node, scope, found, 'label');
      return;
    case 'BreakStatement':
    case 'ContinueStatement':
    case 'MetaProperty':
    case 'ImportDeclaration':
    case 'ExportAllDeclaration':
      return;
  }
  visitChildren(node, scope, found);
}

function visitMember(node: AstNode, scope: Scope, found: FreeReference[], use: FreeReference['use']): void {
  const path = freePath(node, scope);
  if (path !== null) found.push({ path, node, use });
  else visit(asNode(node.object), scope, found, 'other');
  if (node.computed === true) visitAll(node.property, scope, found);
}

/** The path from a free name through properties named in the text; null when it starts elsewhere. */
function freePath(node: AstNode, scope: Scope): readonly string[] | null {
  const steps: string[] = [];
  let at = node;
  while (at.type === 'MemberExpression') {
    const name = propertyName(at);
    // An unknown property ends what is known: the path up to it counts.
    if (name === null) steps.length = 0;
    else steps.push(name);
    at = asNode(at.object);
    while (/^(?:ChainExpression|ParenthesizedExpression|TSNonNullExpression|TSAsExpression)$/.test(at.type)) {
      at = asNode(at.expression);
    }
  }
  if (at.type !== 'Identifier' || !scope.isFree(at.name ?? '')) return null;
  steps.push(at.name ?? '');
  steps.reverse();
  while (steps.length > 1 && steps[0] === 'globalThis') steps.shift();
  return steps;
}

/** The name a member expression reads, when the text says it. */
export function propertyName(node: AstNode): string | null {
  const property = asNode(node.property);
  if (node.computed !== true) return property.type === 'Identifier' ? (property.name ?? '') : null;
  if (property.type === 'Literal' && typeof property.value === 'string') return property.value;
  return null;
}
