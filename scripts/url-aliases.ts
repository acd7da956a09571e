/**
 * Build settings for a bundle that contains ops/url.ts. Two of whatwg-url's modules want what a cell's realm does not
 * have or this project does not need: `lib/encoding.js` makes a TextEncoder at load, and `@exodus/bytes` brings the
 * legacy encodings, while a URL object's query is always UTF-8.
 */
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const file = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

/** The plugin part of rolldown's interface that is used here. */
export interface ResolvePlugin {
  readonly name: string;
  resolveId(source: string, importer: string | undefined): string | null;
}

/** Add to rolldown's `plugins`. */
export function urlAliases(): ResolvePlugin {
  return {
    name: 'citadel-url-aliases',
    resolveId(source, importer) {
      if (source === '@exodus/bytes/whatwg.js') return file('../src/runtimes/quickjs/ops/shims/percent.ts');
      if (source === '@exodus/bytes/encoding.js') return file('../src/runtimes/quickjs/ops/shims/nothing.ts');
      if (source === './encoding' && importer?.includes('/whatwg-url/'))
        return file('../src/runtimes/quickjs/ops/shims/encoding.ts');
      // Not Node's own module of that name: the trailing slash asks for the package.
      if (source === 'punycode/' && importer) return createRequire(importer).resolve('punycode/');
      return null;
    },
  };
}
