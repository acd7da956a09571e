/** What goes into and comes out of a session. An answer says what a guest may know, a record what the operator may. */
import type { Header } from '../platform/net.ts';

export interface EgressRequest {
  readonly url: string;
  /** Default GET. */
  readonly method?: string;
  readonly headers?: readonly Header[];
  readonly body?: Uint8Array | AsyncIterable<Uint8Array> | null;
  /** `follow`: hop by hop, each decided. `manual`: the redirect is the answer. `error`: it is a failure. Default `follow`. */
  readonly redirect?: 'follow' | 'manual' | 'error';
  /** Asked and told at each hop; what it gives is added to the headers, and needs no grant. Never a guest's. Default: none. */
  readonly cookies?: CookieStore;
  /** The guest's own wish to stop. */
  readonly signal?: AbortSignal;
}

/** Whoever keeps cookies between requests. Neither may throw. */
export interface CookieStore {
  /** The value of `Cookie` for this address, null for none. */
  header(url: string): string | null;
  /** What an answer from this address sets, a line each. */
  take(url: string, lines: readonly string[]): void;
}

export type EgressAnswer =
  | { readonly kind: 'response'; readonly response: EgressResponse }
  | { readonly kind: 'denied'; readonly denial: EgressDenial }
  | { readonly kind: 'failed'; readonly failure: EgressFailure };

/**
 * `network` is one word for whatever went wrong out there, addresses that are not allowed included: a guest must not
 * tell a closed port from a forbidden one. `aborted`: the guest's signal, or the end of its run.
 */
export type EgressFailure = 'network' | 'aborted';

/** Refused by what the guest itself said, without asking anybody. */
export interface EgressDenial {
  /** A reason of the rules, or one of `limit`, `body`, `proxy`. */
  readonly reason: string;
  /** One line, for the guest. */
  readonly message: string;
  /** The hop that was refused, without the values of its query. */
  readonly url: string;
  /** What would allow it, for the operator. */
  readonly hint: string;
}

export interface EgressResponse {
  readonly status: number;
  readonly statusText: string;
  /** As received, with placeholders for secrets. Names in their own case. */
  readonly headers: readonly Header[];
  /** Of the last hop; secrets in it are placeholders. */
  readonly url: string;
  readonly redirected: boolean;
  /** The content coding the body no longer has, although its headers tell of it. */
  readonly decoded: string | null;
  readonly body: EgressBody;
}

export type BodyPart =
  | { readonly kind: 'data'; readonly bytes: Uint8Array }
  | { readonly kind: 'end' }
  | { readonly kind: 'error'; readonly failure: EgressFailure | 'limit' };

export interface EgressBody extends AsyncIterable<Uint8Array> {
  /** The next part. After `end` and `error` always the same again. One at a time. */
  read(): Promise<BodyPart>;
  /** Ends the transfer. Idempotent. */
  cancel(): void;
}

/** Thrown where a body is iterated. */
export class EgressBodyError extends Error {
  override readonly name: string = 'EgressBodyError';
  readonly failure: EgressFailure | 'limit';

  constructor(failure: EgressFailure | 'limit') {
    super(
      failure === 'limit'
        ? 'the run may not receive more'
        : failure === 'aborted'
          ? 'the transfer was aborted'
          : 'the transfer broke off',
    );
    this.failure = failure;
  }
}

export type { EgressRecord } from '../core/result.ts';

export interface EgressUsage {
  readonly requests: number;
  readonly bytesUp: number;
  readonly bytesDown: number;
  /** Attempts without a record of their own, because the run had asked far too often. */
  readonly unrecorded: number;
}
