/**
 * acorn, and acorn with its TypeScript plugin, bounded in their work. In a cell a parser runs under the run's
 * deadline; here it runs in the caller's own thread, on text nobody has reviewed.
 */
import { tsPlugin } from '@sveltejs/acorn-typescript';
import { Parser } from 'acorn';
import type { ParserLike } from '../syntax/forms.ts';

/**
 * Roughly nanoseconds. What it stops, each measured at 15 seconds a megabyte or worse: tens of thousands of `let`
 * in one scope (a declaration searches those before it), thousands of nested blocks full of names (a name climbs
 * them), and TypeScript that is read again and again (`<A>(<A>(…`; a failed reading also counts all lines).
 */
const BUDGET = 500_000_000;
const BUDGET_PER_CHARACTER = 500;
const READ_COST = 800;
const SCOPE_COST = 5;
const DECLARED_COST = 4;
/** Per character before the error: acorn counts the lines anew each time. */
const LINE_COUNT_COST = 2;

interface AcornScope {
  readonly var: readonly string[];
  readonly lexical: readonly string[];
  readonly functions: readonly string[];
}

/** The parts of acorn's parser a plugin works with. */
interface AcornInternals {
  readonly input: string;
  readonly scopeStack: readonly AcornScope[];
  nextToken(): void;
  declareName(...args: unknown[]): void;
  raise(at: number, message: string): never;
}

function bounded(base: typeof Parser): typeof Parser {
  const Base = base as unknown as new (...args: unknown[]) => AcornInternals;
  class BoundedParser extends Base {
    workLeft: number | undefined;

    spend(work: number): void {
      this.workLeft ??= BUDGET + this.input.length * BUDGET_PER_CHARACTER;
      this.workLeft -= work;
      if (this.workLeft < 0) throw new Error('the program takes too long to be parsed');
    }

    override nextToken(): void {
      this.spend(READ_COST + this.scopeStack.length * SCOPE_COST);
      super.nextToken();
    }

    override declareName(...args: unknown[]): void {
      const scope = this.scopeStack.at(-1);
      if (scope !== undefined) {
        this.spend((scope.lexical.length + scope.var.length + scope.functions.length) * DECLARED_COST);
      }
      super.declareName(...args);
    }

    override raise(at: number, message: string): never {
      this.spend(at * LINE_COUNT_COST);
      return super.raise(at, message);
    }
  }
  return BoundedParser as unknown as typeof Parser;
}

const javascript: ParserLike = Parser.extend(bounded);
/** Made when first needed: most programs are not TypeScript. */
let typescript: ParserLike | null = null;

export function parserFor(language: 'javascript' | 'typescript'): ParserLike {
  if (language === 'javascript') return javascript;
  typescript ??= Parser.extend(tsPlugin(), bounded);
  return typescript;
}
