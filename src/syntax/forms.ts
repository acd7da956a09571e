/**
 * Which of the three forms a program has. Shared by the engine's cell (which decides how to evaluate) and by
 * static validation (which tells an editor the same answer): both import it from here, never a copy.
 *
 * The rule: text that parses as a script is a `body` when it returns outside any function and a `script`
 * otherwise; text that does not, but parses as a module, is a `module`.
 */
import { type Node, type Options, Parser, type Program } from 'acorn';

/** `script`: the last expression is the value. `body`: `return` is. `module`: the default export is. */
export type ProgramForm = 'script' | 'body' | 'module';

export interface SyntaxProblem {
  readonly message: string;
  /** 1-based. */
  readonly line: number;
  /** 1-based, in UTF-16 code units. */
  readonly column: number;
  /** Offset in UTF-16 code units; how far the parser got. */
  readonly offset: number;
}

export interface ParsedForm {
  readonly form: ProgramForm;
  /** `await` or `for await` outside any function. */
  readonly hasAwait: boolean;
  readonly program: Program;
  readonly error?: undefined;
}

export interface UnparsedForm {
  /** The form that got further before it failed. */
  readonly form: ProgramForm;
  readonly hasAwait: false;
  readonly program?: undefined;
  readonly error: SyntaxProblem;
}

export type DetectedForm = ParsedForm | UnparsedForm;

/** A parser class of acorn's shape: acorn's own, or one extended for TypeScript. */
export interface ParserLike {
  parse(code: string, options: Options): Program;
}

/** `allowReserved` stays unset: acorn then treats reserved words as the language does. */
const SCRIPT: Options = {
  ecmaVersion: 'latest',
  sourceType: 'script',
  allowReturnOutsideFunction: true,
  allowAwaitOutsideFunction: true,
  locations: true,
};
const MODULE: Options = { ecmaVersion: 'latest', sourceType: 'module', locations: true };

/** Never throws for any text. */
export function detectForm(code: string, parser: ParserLike = Parser): DetectedForm {
  let asScript: SyntaxProblem;
  try {
    const program = parser.parse(code, SCRIPT);
    const { returns, awaits } = scanTopLevel(program);
    return { form: returns ? 'body' : 'script', hasAwait: awaits, program };
  } catch (error) {
    asScript = toProblem(error);
  }
  try {
    const program = parser.parse(code, MODULE);
    return { form: 'module', hasAwait: scanTopLevel(program).awaits, program };
  } catch (error) {
    const asModule = toProblem(error);
    // The reading that understood more of the text is the one its author meant.
    return asModule.offset > asScript.offset
      ? { form: 'module', hasAwait: false, error: asModule }
      : { form: 'script', hasAwait: false, error: asScript };
  }
}

/** The parser is recursive: text nested deeper than the stack of this thread ends it. */
const TOO_DEEP = 'the program is nested too deeply to be parsed';

function toProblem(error: unknown): SyntaxProblem {
  if (error instanceof SyntaxError) {
    const { pos, loc } = error as SyntaxError & { pos?: number; loc?: { line: number; column: number } };
    if (pos !== undefined && loc !== undefined) {
      const text = error.message.replace(/ \(\d+:\d+\)$/, '');
      const message = text.startsWith('Not enough stack space') ? TOO_DEEP : text;
      return { message, line: loc.line, column: loc.column + 1, offset: pos };
    }
  }
  const given = error instanceof Error ? error.message : String(error);
  const message = error instanceof RangeError ? TOO_DEEP : given;
  return { message, line: 1, column: 1, offset: 0 };
}

const FUNCTIONS: ReadonlySet<string> = new Set([
  'FunctionDeclaration',
  'FunctionExpression',
  'ArrowFunctionExpression',
]);

/** Looks for `return` and `await` outside functions. Iterative: depth is the author's choice, not the stack's. */
function scanTopLevel(program: Program): { returns: boolean; awaits: boolean } {
  let returns = false;
  let awaits = false;
  const todo: unknown[] = [program];
  while (todo.length > 0) {
    const item = todo.pop();
    if (Array.isArray(item)) for (const child of item) todo.push(child);
    else if (isNode(item) && !FUNCTIONS.has(item.type)) {
      if (item.type === 'ReturnStatement') returns = true;
      else if (item.type === 'AwaitExpression') awaits = true;
      else if (item.type === 'ForOfStatement' && 'await' in item && item.await === true) awaits = true;
      for (const key of Object.keys(item)) {
        const child: unknown = item[key as keyof Node];
        if (typeof child === 'object' && child !== null && key !== 'loc') todo.push(child);
      }
    }
  }
  return { returns, awaits };
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && typeof (value as Node).type === 'string';
}
