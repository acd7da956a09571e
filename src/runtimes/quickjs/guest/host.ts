/** What the cell hands to the code that runs inside QuickJS before any guest code. Types only. */

/** A parsed URL in the parts its accessors answer with. */
export interface UrlRecord {
  readonly href: string;
  readonly protocol: string;
  readonly username: string;
  readonly password: string;
  readonly host: string;
  readonly hostname: string;
  readonly port: string;
  readonly pathname: string;
  readonly search: string;
  readonly hash: string;
  readonly origin: string;
}

/** The only functions that lead out of QuickJS. Strings handed to it are well-formed UTF-16. */
export interface GuestHost {
  /** `level` indexes LOG_LEVELS of protocol/frames.ts. */
  log(level: number, text: string): void;
  /** Milliseconds since the run began, in steps of 1 ms. */
  now(): number;
  random(bytes: number): ArrayBuffer;
  /**
   * `parse`: text and optional base. `set`: an href, the name of an accessor, its new value; answers the record
   * after the setter, or null when `href` itself was set to something that is no URL.
   */
  url(op: 'parse' | 'set', ...args: string[]): UrlRecord | null;
  utf8Encode(text: string): ArrayBuffer;
  /** A byte order mark is kept. With `fatal`, null for malformed bytes. */
  utf8Decode(bytes: ArrayBuffer, fatal: boolean): string | null;
  /**
   * Asks the network controller; the answer comes by `receive`. `headers`: name, value, name, value … Answers the number
   * of the request, or 0: the run may send no more.
   */
  netFetch(
    url: string,
    method: string,
    redirect: string,
    headers: readonly string[],
    body: ArrayBuffer | null,
  ): number;
  /** Asks for the next piece of an answer's body. */
  netRead(id: number, mostBytes: number): void;
  /** Ends a request, whatever it is doing. */
  netCancel(id: number): void;
}

/** An answer's head: `response`, `denied` or `failed`; or of its body: `data`, `end` or `error`. */
export type NetAnswer = 'response' | 'denied' | 'failed' | 'data' | 'end' | 'error';

/** What the cell's event loop needs of the platform. */
export interface PlatformHandle {
  /** When the earliest timer is due, in milliseconds since the run began; -1 without timers. */
  nextTimer(): number;
  /**
   * Runs the earliest timer due at `nowMs`, one per call, so that the caller drains jobs between timers as
   * browsers do; throws what its callback throws.
   */
  fireTimers(nowMs: number): void;
  /** True for the error of a refused operation. */
  isDenial(error: unknown): boolean;
  /**
   * Takes an answer of the network. Texts of a `response`: status, '1' when redirected, status text, URL, then headers as
   * name, value …; of a `denied` its message; of the others the kind of failure. `data` has an ArrayBuffer.
   */
  receive(kind: NetAnswer, id: number, value: unknown): void;
}
