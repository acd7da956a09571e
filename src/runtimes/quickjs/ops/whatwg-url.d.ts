/** The internals of whatwg-url this project uses: it publishes no types for them. */
declare module 'whatwg-url/lib/url-state-machine.js' {
  export interface UrlState {
    scheme: string;
    username: string;
    password: string;
    host: unknown;
    port: number | null;
    path: string | string[];
    query: string | null;
    fragment: string | null;
  }
  export function basicURLParse(
    input: string,
    options?: { baseURL?: UrlState; url?: UrlState; stateOverride?: string },
  ): UrlState | null;
  export function cannotHaveAUsernamePasswordPort(url: UrlState): boolean;
  export function hasAnOpaquePath(url: UrlState): boolean;
  export function serializeHost(host: unknown): string;
  export function serializeInteger(integer: number): string;
  export function serializePath(url: UrlState): string;
  export function serializeURL(url: UrlState): string;
  export function serializeURLOrigin(url: UrlState): string;
  export function setTheUsername(url: UrlState, username: string): void;
  export function setThePassword(url: UrlState, password: string): void;
}
