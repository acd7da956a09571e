/** The rules: each looks at a parsed program and a policy, and says what would fail. */
import type { Program } from 'acorn';
import { cleanLine } from '../core/text.ts';
import { bothFunctions } from '../policy/functions.ts';
import type { ResolvedPolicy } from '../policy/policy.ts';
import type { ParsedForm } from '../syntax/forms.ts';
import type { Problem } from './report.ts';
import { type AstNode, asNode, freeReferences, isNode, propertyName, walk } from './scopes.ts';

/** @throws RangeError when the program is nested deeper than the stack */
export function checkProgram(parsed: ParsedForm, policy: ResolvedPolicy): Problem[] {
  return [
    ...forbiddenImports(parsed.program, policy),
    ...blockedFunctions(parsed.program, policy),
    ...(parsed.form === 'module' ? missingDefault(parsed.program) : []),
  ];
}

function at(node: AstNode, rule: Problem['rule'], severity: Problem['severity'], message: string): Problem {
  const start = node.loc?.start ?? { line: 1, column: 0 };
  const end = node.loc?.end ?? start;
  return {
    rule,
    severity,
    message,
    line: start.line,
    column: start.column + 1,
    endLine: end.line,
    endColumn: end.column + 1,
  };
}

/** The text of a string literal, or of a template without holes. */
function literalText(node: unknown): string | null {
  if (!isNode(node)) return null;
  if (node.type === 'Literal') return typeof node.value === 'string' ? node.value : null;
  if (node.type !== 'TemplateLiteral') return null;
  const [only, ...others] = node.quasis ?? [];
  return others.length === 0 ? (only?.value.cooked ?? null) : null;
}

const IMPORTING = /^(?:Import|ExportNamed|ExportAll)Declaration$|^ImportExpression$/;

function forbiddenImports(program: Program, policy: ResolvedPolicy): Problem[] {
  const problems: Problem[] = [];
  const allowed = policy.modules.javascript;
  walk(program, node => {
    if (!IMPORTING.test(node.type)) return;
    // `import type` and `export type` leave nothing at run time.
    if (node.importKind === 'type' || node.exportKind === 'type') return;
    const specifier = literalText(node.source);
    if (specifier === null || allowed.includes(specifier)) return;
    const group = /^host(?:$|:(.+))/.exec(specifier);
    if (group !== null) {
      const path = group[1];
      const wanted = path === undefined ? null : `${path}.*`;
      const offered =
        wanted === null
          ? policy.functions.length > 0
          : policy.functions.some(pattern => bothFunctions(pattern, wanted) !== null);
      if (offered) return;
      problems.push(
        at(
          asNode(node.source),
          'forbidden-import',
          'error',
          `policy.functions lists no function of ${JSON.stringify(cleanLine(specifier, 100))}`,
        ),
      );
      return;
    }
    problems.push(
      at(
        asNode(node.source),
        'forbidden-import',
        'error',
        `policy.modules.javascript does not list ${JSON.stringify(cleanLine(specifier, 100))}`,
      ),
    );
  });
  return problems;
}

/** What is there although it is blocked, and throws when called. */
const THROWING = /^(?:eval|Function)$/;
/** Methods that call the function they are of, now or later. */
const CALLING = /^(?:call|apply|bind)$/;

function blockedFunctions(program: Program, policy: ResolvedPolicy): Problem[] {
  const problems: Problem[] = [];
  const blocked = policy.blockedFunctions.map(name => ({
    name,
    path: name.replace(/^globalThis\./, '').split('.'),
  }));
  const tried = triedRanges(program);
  for (const { path, node, use } of freeReferences(program)) {
    // `typeof eval` is how careful code asks whether there is one.
    const hit =
      use === 'typeof' ? undefined : blocked.find(each => each.path.every((step, i) => path[i] === step));
    // It is there to be compared with, and throws when called.
    const inert =
      hit?.name === 'Function' && !(use === 'call' && (path.length === 1 || CALLING.test(path[1] ?? '')));
    if (hit !== undefined && !inert) {
      problems.push(
        at(
          node,
          'blocked-function',
          (use !== 'call' && hit.name === 'eval') ||
            tried.some(([start, end]) => node.start >= start && node.end <= end)
            ? 'warning'
            : 'error',
          THROWING.test(hit.name)
            ? `policy.blockedFunctions lets ${hit.name} make no code of text: the call throws an EvalError`
            : `policy.blockedFunctions removes ${hit.name} from the plugin’s realm`,
        ),
      );
    } else if (
      use === 'call' &&
      path.length === 1 &&
      path[0] === 'fetch' &&
      policy.network.allow.length + policy.network.allowIp.length === 0
    ) {
      problems.push(
        at(
          node,
          'network-denied',
          'warning',
          'policy.network.allow lists no host: every fetch() will be refused',
        ),
      );
    }
  }
  if (policy.blockedFunctions.includes('Function')) {
    walk(program, node => {
      if (reachesFunction(node)) {
        problems.push(
          at(
            asNode(node.callee),
            'blocked-function',
            'warning',
            'this reaches Function through a constructor property; policy.blockedFunctions removes it',
          ),
        );
      }
    });
  }
  return problems;
}

/** Where what is thrown is caught: code that asks whether something works. */
function triedRanges(program: Program): (readonly [start: number, end: number])[] {
  const ranges: (readonly [number, number])[] = [];
  walk(program, node => {
    if (node.type === 'TryStatement' && isNode(node.handler))
      ranges.push([asNode(node.block).start, asNode(node.block).end]);
  });
  return ranges;
}

/** `x.constructor.constructor(…)` and `(() => {}).constructor(…)`: there is nothing else it could mean. */
function reachesFunction(node: AstNode): boolean {
  if (node.type !== 'CallExpression' && node.type !== 'NewExpression') return false;
  const callee = asNode(node.callee);
  if (callee.type !== 'MemberExpression' || propertyName(callee) !== 'constructor') return false;
  const owner = asNode(callee.object);
  if (owner.type === 'MemberExpression') return propertyName(owner) === 'constructor';
  return owner.type === 'FunctionExpression' || owner.type === 'ArrowFunctionExpression';
}

function missingDefault(program: Program): Problem[] {
  const isDefault = (node: AstNode): boolean => {
    if (node.type === 'ExportDefaultDeclaration') return true;
    if (node.type === 'ExportAllDeclaration') return exportedName(node.exported) === 'default';
    if (node.type !== 'ExportNamedDeclaration') return false;
    return (node.specifiers ?? []).some(each => exportedName(each.exported) === 'default');
  };
  if (program.body.some(node => isDefault(asNode(node)))) return [];
  const first = program.body.find(node => /^(?:Import|Export)/.test(node.type)) ?? program.body[0];
  return [
    at(
      asNode(first ?? program),
      'module-without-default',
      'error',
      'the module has no default export, so its run would have no value; add export default',
    ),
  ];
}

/** `export { x as default }` and, since a string may stand there too, `export { x as 'default' }`. */
function exportedName(node: unknown): string | null {
  if (!isNode(node)) return null;
  return node.type === 'Identifier' ? (node.name ?? '') : literalText(node);
}
