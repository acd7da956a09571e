/** TextEncoder and TextDecoder for bundled code that expects them in a realm without: see scripts/build-cell.ts. */
import { utf8Decode, utf8Encode } from './utf8.ts';

export class TextEncoder {
  encode(text = ''): Uint8Array<ArrayBuffer> {
    return utf8Encode(text);
  }
}

export class TextDecoder {
  readonly #fatal: boolean;

  constructor(_label?: string, options: { readonly fatal?: boolean } = {}) {
    this.#fatal = options.fatal === true;
  }

  decode(bytes: Uint8Array): string {
    const text = utf8Decode(bytes, this.#fatal);
    if (text === null) throw new TypeError('not UTF-8');
    return text;
  }
}
