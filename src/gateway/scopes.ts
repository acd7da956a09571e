/** Scopes: what a caller may do, as words with colons. Compared piece by piece; nothing is looked up in an object. */

const SCOPE = /^(?:\*|[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?)(?::(?:\*|[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?)){1,4}$/;
const CHARS = 200;

/** Such as `plugin:geo:execute`, `node:http:use`, `plugin:*:execute`. `*` stands for one piece, not for several. */
export function isScope(text: unknown): text is string {
  return typeof text === 'string' && text.length <= CHARS && SCOPE.test(text);
}

/** Whether one of the scopes covers what is needed. `needed` has no `*`. */
export function hasScope(scopes: Iterable<string>, needed: string): boolean {
  if (!isScope(needed) || needed.includes('*')) return false;
  const wanted = needed.split(':');
  for (const scope of scopes) {
    if (!isScope(scope)) continue;
    const pieces = scope.split(':');
    if (pieces.length === wanted.length && pieces.every((piece, i) => piece === '*' || piece === wanted[i]))
      return true;
  }
  return false;
}

/** What may be done with a plugin. */
export type PluginAction = 'execute' | 'read' | 'install' | 'upgrade' | 'uninstall';

export const pluginScope = (plugin: string, action: PluginAction): string => `plugin:${plugin}:${action}`;
/** Of a node of a workflow. */
export const nodeScope = (type: string): string => `node:${type}:use`;
