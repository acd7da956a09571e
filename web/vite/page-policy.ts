/** Writes the Content-Security-Policy of the playground into its page. Runs in Vite, not in the page. */
import { randomBytes } from 'node:crypto';
import { statSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import type { Plugin } from 'vite';

/**
 * - the hash and `'wasm-unsafe-eval'` and `worker-src blob:`: the frame of a cell inherits this policy, so it has to
 *   allow what the frame needs, and nothing else inline
 * - the nonce: CodeMirror writes its style sheet while the page runs. Styles only; scripts have none.
 * - Trusted Types: no text becomes markup or a script anywhere in this page, whatever a plugin answers
 */
export function policyText(wardenHash: string, nonce: string): string {
  return [
    "default-src 'none'",
    `script-src 'self' '${wardenHash}' 'wasm-unsafe-eval'`,
    `style-src 'self' 'nonce-${nonce}'`,
    "worker-src 'self' blob:",
    "connect-src 'self'",
    "img-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "require-trusted-types-for 'script'",
    'trusted-types citadel-sandbox citadel-playground',
  ].join('; ');
}

async function readWardenHash(dist: string): Promise<string> {
  const path = `${dist}/cells/shell-browser.js`;
  let changed: number;
  try {
    changed = statSync(path).mtimeMs;
  } catch {
    throw new Error('Run npm run build first: dist/cells/shell-browser.js is missing');
  }
  // A server that goes on while dist is built again must not answer with the hash of before.
  const { wardenHash } = (await import(`${pathToFileURL(path).href}?${changed}`)) as { wardenHash: string };
  return wardenHash;
}

export function pagePolicy(dist: string): Plugin {
  return {
    name: 'citadel-page-policy',
    buildStart: async () => void (await readWardenHash(dist)),
    transformIndexHtml: {
      order: 'pre',
      async handler(html) {
        const nonce = randomBytes(16).toString('base64');
        const policy = policyText(await readWardenHash(dist), nonce);
        return html.replaceAll('%PAGE_POLICY%', policy).replaceAll('%STYLE_NONCE%', nonce);
      },
    },
  };
}
