/** From a plugin's text to what the engine evaluates. Runs on hostile text inside the cell, where it can be killed. */
import { transform } from 'sucrase';
import { findDefect, NO_NAMESPACE } from '../../syntax/defects.ts';
import { detectForm, type ProgramForm, type SyntaxProblem } from '../../syntax/forms.ts';
import { stoppableParser } from '../../syntax/stoppable.ts';

export interface Prepared {
  readonly form: ProgramForm;
  /** Top-level await: the engine's value is then a promise. */
  readonly hasAwait: boolean;
  /** What the engine is given: for a body, the text inside a function on the same line. */
  readonly text: string;
  /** Characters before the plugin's own first column on line 1. */
  readonly offset: number;
  /** A module without a default export has no value. */
  readonly hasDefault: boolean;
}

export type PrepareResult = Prepared | { readonly problem: SyntaxProblem };

const BODY_SYNC = '(function(){';
const BODY_ASYNC = '(async function(){';

function stripTypes(code: string): string {
  return transform(code, {
    transforms: ['typescript'],
    disableESTransforms: true,
    keepUnusedImports: true,
    production: true,
  }).code;
}

/** At the beginning of a statement: `namespace A.B {` or `module A {`, not `declare`d. */
const NAMESPACE = /^[\t ]*(?:export[\t ]+)?(?:namespace|module)[\t ]+[\w$.]+[\t ]*\{/;

/**
 * sucrase drops namespaces, and what uses them fails for no reason that could be seen. It keeps lines, so what looks like one
 * and is gone from its line was one; in a text or a comment it would still be there.
 */
function droppedNamespace(code: string, stripped: string): SyntaxProblem | null {
  if (!code.includes('namespace') && !code.includes('module')) return null;
  const after = stripped.split('\n');
  let offset = 0;
  for (const [i, line] of code.split('\n').entries()) {
    if (NAMESPACE.test(line) && !/\b(?:namespace|module)\b/.test(after[i] ?? '')) {
      const column = line.length - line.trimStart().length + 1;
      return { message: NO_NAMESPACE, line: i + 1, column, offset };
    }
    offset += line.length + 1;
  }
  return null;
}

/** sucrase says where in the text of its message: `… (line:column)`. */
function problemOf(error: unknown): SyntaxProblem {
  const text = error instanceof Error ? error.message : '';
  const place = /\((\d+):(\d+)\)$/.exec(text);
  const message = text.replace(/^Error transforming [^:]*: /, '').replace(/ \(\d+:\d+\)$/, '');
  return {
    message: error instanceof RangeError ? 'the program is nested too deeply to be parsed' : message,
    line: Number(place?.[1] ?? 1),
    column: Number(place?.[2] ?? 1),
    offset: 0,
  };
}

/** @throws whatever `check` throws: it is called often while the text is read */
export function prepareSource(
  code: string,
  language: 'javascript' | 'typescript',
  check: () => void,
): PrepareResult {
  let text = code;
  if (language === 'typescript') {
    try {
      text = stripTypes(code);
      const problem = droppedNamespace(code, text);
      if (problem !== null) return { problem };
    } catch (error) {
      return { problem: problemOf(error) };
    }
  }
  const detected = detectForm(text, stoppableParser(check));
  // A parser that was stopped looks like one that failed.
  check();
  if (detected.error !== undefined) return { problem: detected.error };
  const { form, hasAwait, program } = detected;
  const defect = findDefect(program, text);
  if (defect !== null) return { problem: defect };
  if (form === 'body') {
    const open = hasAwait ? BODY_ASYNC : BODY_SYNC;
    // The parser has accepted the text as a function's body, so it cannot end the function it is put in.
    return {
      form,
      hasAwait,
      text: `${open}${text.startsWith('#!') ? `//${text.slice(2)}` : text}\n})`,
      offset: open.length,
      hasDefault: false,
    };
  }
  const hasDefault =
    form === 'module' &&
    program.body.some(
      node =>
        node.type === 'ExportDefaultDeclaration' ||
        (node.type === 'ExportNamedDeclaration' &&
          node.specifiers.some(
            ({ exported }) => (exported.type === 'Identifier' ? exported.name : exported.value) === 'default',
          )),
    );
  return { form, hasAwait, text, offset: 0, hasDefault };
}
