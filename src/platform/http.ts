/** A small HTTP server, as far as a service of ours needs one. */

export interface HttpCall {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  /** The one value of a header, `null` when there is none or more than one. */
  header(name: string): string | null;
  /** The next bytes of the body, `null` at its end. */
  readonly read: () => Promise<Uint8Array | null>;
  /** Aborted when the client is gone, or the server closes for good. */
  readonly signal: AbortSignal;
}

export interface HttpReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: AsyncIterable<Uint8Array>;
}

/** Never rejects. */
export type HttpHandler = (call: HttpCall) => Promise<HttpReply>;

export interface HttpService {
  readonly host: string;
  readonly port: number;
  /** Takes no more calls, gives those under way `graceMs`, then ends them. Idempotent. */
  close(graceMs: number): Promise<void>;
}
