/** As much of URL as libraries of the host use that run in a cell, which has none: see scripts/build-cell.ts. */
import { basicURLParse, serializeURL, type UrlState } from 'whatwg-url/lib/url-state-machine.js';

export class URL {
  readonly #state: UrlState;

  constructor(text: string, base?: string) {
    const baseURL = base === undefined ? null : basicURLParse(base);
    const state =
      base !== undefined && baseURL === null
        ? null
        : basicURLParse(text, baseURL === null ? {} : { baseURL });
    if (state === null) throw new TypeError('Invalid URL');
    this.#state = state;
  }

  get href(): string {
    return serializeURL(this.#state);
  }

  get hash(): string {
    const { fragment } = this.#state;
    return fragment === null || fragment === '' ? '' : `#${fragment}`;
  }

  set hash(text: string) {
    if (text === '') {
      this.#state.fragment = null;
      return;
    }
    this.#state.fragment = '';
    basicURLParse(text.startsWith('#') ? text.slice(1) : text, {
      url: this.#state,
      stateOverride: 'fragment',
    });
  }
}
