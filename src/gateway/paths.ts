/** Paths a stranger names, below a root they must not leave. Pure: see `openBelow` of the Node.js part for disks. */
import { filePathProblem } from '../policy/manifest/index.ts';

export type PathDecision =
  /** Segments below the root, with `/` between; in NFC. */
  | { readonly allowed: true; readonly path: string }
  /** One line. */
  | { readonly allowed: false; readonly problem: string };

/**
 * Whether a relative path names one file below a root, on every system alike. It is taken as it is: nothing is decoded, so
 * that nothing can be decoded twice. A path in percent-encoding has to be decoded once before it is passed here.
 */
export function checkRelativePath(path: string): PathDecision {
  if (typeof path !== 'string') return { allowed: false, problem: 'it is no text' };
  // The usual form of a name; a second file whose name differs only in its form cannot be named.
  const normal = path.length <= 1000 ? path.normalize('NFC') : path;
  const problem = filePathProblem(normal);
  if (problem !== null) return { allowed: false, problem };
  if (/~\d/.test(normal)) return { allowed: false, problem: 'it looks like the short form of another name' };
  return { allowed: true, path: normal };
}
