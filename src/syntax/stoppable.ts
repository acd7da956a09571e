/**
 * acorn for text that is hostile and has a deadline: it can be stopped, and it does not look names up, which takes it
 * the square of their number. What that no longer finds (a name declared twice, an export of nothing) the engine
 * reports when it compiles the text.
 */
import { Parser } from 'acorn';
import type { ParserLike } from './forms.ts';

/** The parts of acorn's parser that are replaced. */
interface AcornInternals {
  nextToken(): void;
}

const TOKENS_BETWEEN = 128;

/** A parser that calls `check` every few tokens; what that throws ends the parse. */
export function stoppableParser(check: () => void): ParserLike {
  let left = 0;
  return Parser.extend(base => {
    const Base = base as unknown as new (...args: unknown[]) => AcornInternals;
    class StoppableParser extends Base {
      override nextToken(): void {
        if (--left < 0) {
          left = TOKENS_BETWEEN;
          check();
        }
        super.nextToken();
      }

      declareName(): void {}
      checkLocalExport(): void {}
    }
    return StoppableParser as unknown as typeof Parser;
  });
}
