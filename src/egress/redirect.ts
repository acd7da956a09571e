/** Whether a response sends its client elsewhere. Where to, and whether it may go there, is the rules' to say. */
import type { Header } from '../platform/net.ts';
import { isRedirect } from '../policy/egress/index.ts';

/** The targets it names, `null` when it is no redirect. More than one is one too many. */
export function locationsOf(status: number, headers: readonly Header[]): readonly string[] | null {
  if (!isRedirect(status)) return null;
  const found = headers.filter(([name]) => name.toLowerCase() === 'location').map(([, value]) => value);
  return found.length === 0 ? null : [...new Set(found)];
}
