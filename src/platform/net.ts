/**
 * How a request leaves: one hop at a time, to addresses that were vetted before. Nothing here judges; `egress/` does.
 * Two folders implement it: node/ and browser/.
 */

/** As they are on the wire, in order; a name may occur more than once. */
export type Header = readonly [name: string, value: string];

export interface NetCapabilities {
  /** Names are resolved once, every address is vetted, and the connection goes to a vetted one. */
  readonly dnsPinned: boolean;
  /** Redirects are handed over, so that each hop can be decided before anything is sent to it. */
  readonly redirectsSeen: boolean;
  /** Every header of a response is handed over, `Set-Cookie` among them, and `Cookie` can be sent. */
  readonly cookiesSeen: boolean;
}

/** What can go wrong, for the operator's record. A guest is told of none of them. */
export type NetFault =
  /** The name has no address, or nobody answered in time. */
  | 'dns'
  /** No connection: refused, unreachable, or to an address that was not vetted. */
  | 'connect'
  /** The certificate is not valid for the name, or no common protocol. */
  | 'tls'
  /** The peer does not speak HTTP as it should, or hides something in it. */
  | 'protocol'
  /** More header bytes, header lines or interim responses than allowed. */
  | 'headers'
  /** The body is not what its coding says, or expands beyond reason. */
  | 'decode'
  /** The connection ended in the middle. */
  | 'reset'
  /** The caller's signal. */
  | 'aborted'
  /** An enforcer further out refused: only where requests leave through a proxy. */
  | 'denied'
  /** The platform does not say. */
  | 'unknown';

export class NetError extends Error {
  override readonly name: string = 'NetError';
  readonly fault: NetFault;

  constructor(fault: NetFault, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.fault = fault;
  }
}

export interface NetRequest {
  /** Canonical, http or https, without credentials and fragment. */
  readonly url: string;
  readonly method: string;
  /** Checked: no framing, no connection management, no Host. */
  readonly headers: readonly Header[];
  readonly body: Uint8Array | AsyncIterable<Uint8Array> | null;
  /** The only addresses a connection may go to; `null` where the platform cannot choose. */
  readonly addresses: readonly string[] | null;
  readonly signal: AbortSignal;
  readonly limits: NetLimits;
}

/** What the platform holds one response to. */
export interface NetLimits {
  /** Status line and header lines, in bytes. */
  readonly headerBytes: number;
  /** Header lines. */
  readonly headerLines: number;
  /** Interim (1xx) responses. */
  readonly interimResponses: number;
  /** Decoded bytes for each byte on the wire; not applied to the first MiB. */
  readonly expansion: number;
}

/** Pulled: nothing is read ahead beyond the platform's own buffers. */
export interface NetBody {
  /** The next bytes, `null` at the end. @throws NetError when it breaks off */
  read(): Promise<Uint8Array | null>;
  /** Ends the transfer and its connection. Idempotent; a waiting `read` is rejected. */
  cancel(): void;
}

export interface NetResponse {
  readonly status: number;
  readonly statusText: string;
  readonly headers: readonly Header[];
  /** The content coding that `body` no longer has. */
  readonly decoded: string | null;
  /** Whom it came from, when the platform knows. */
  readonly address: string | null;
  readonly body: NetBody;
}

export interface NetPlatform {
  capabilities(): NetCapabilities;
  /** Monotonic milliseconds. */
  now(): number;
  /**
   * Every address of a name, or `null` where the platform has no view of names. At least one address.
   * @throws NetError `dns`
   */
  readonly resolve: ((name: string, signal: AbortSignal) => Promise<readonly string[]>) | null;
  /**
   * Sends one request and resolves with the head of its response. Follows nothing, stores nothing, adds no credentials.
   * @throws NetError
   */
  request(request: NetRequest): Promise<NetResponse>;
}
