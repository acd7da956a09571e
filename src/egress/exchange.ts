/** One request of a guest: decided, sent and followed, hop by hop. */
import { type Header, NetError, type NetResponse } from '../platform/net.ts';
import {
  checkHeaders,
  decideAddress,
  decideUrl,
  nextHop,
  type RedirectDecision,
  type UrlClearance,
  type UrlDecision,
} from '../policy/egress/index.ts';
import { createEnding, type Ending, unlessAborted } from './abort.ts';
import { createEgressBody } from './body.ts';
import { Entry, recordUrl } from './record.ts';
import { locationsOf } from './redirect.ts';
import { detail, overLimit, type Refused, refused } from './refusal.ts';
import type { SessionContext } from './session.ts';
import type { EgressAnswer, EgressFailure, EgressRequest } from './types.ts';
import { countedUpload } from './upload.ts';

/** Header lines of a response, and interim responses before it. */
const MOST_HEADER_LINES = 1000;
const MOST_INTERIM = 20;

type Body = NonNullable<EgressRequest['body']> | null;

/** What one hop asks for, and what the rules say to it. */
interface Hop {
  readonly decision: UrlDecision;
  readonly url: string;
  readonly method: string;
  /** With placeholders: a secret is filled in for each hop anew, or not. */
  readonly headers: readonly Header[];
  readonly body: Body;
}

/** A hop that may be sent. */
interface Cleared {
  readonly clearance: UrlClearance;
  readonly headers: readonly Header[];
  readonly body: Body;
  /** With secrets. */
  readonly wire: { readonly url: string; readonly headers: readonly Header[] };
  readonly entry: Entry;
}

/** Ends an exchange with an answer. */
class Stop extends Error {
  readonly answer: EgressAnswer;

  constructor(answer: EgressAnswer) {
    super('stop');
    this.answer = answer;
  }
}

export class Exchange {
  readonly #context: SessionContext;
  readonly #request: EgressRequest;
  readonly #number: number;
  readonly #ending: Ending;
  #places: (() => void)[] = [];
  #hops = 0;
  #uploadExceeded = false;
  #current: Entry | null = null;

  constructor(context: SessionContext, request: EgressRequest, number: number) {
    this.#context = context;
    this.#request = request;
    this.#number = number;
    this.#ending = createEnding(context.over, request.signal);
  }

  /** Never rejects. */
  async run(): Promise<EgressAnswer> {
    try {
      return await this.#follow();
    } catch (error) {
      this.#finish();
      if (error instanceof Stop) return error.answer;
      // Nothing that is known throws anything else; if it does, the attempt is on record all the same.
      this.#current?.end({ decision: 'allowed', outcome: 'failed', fault: 'internal' });
      return failed(this.#wasStopped() ? 'aborted' : 'network');
    }
  }

  async #follow(): Promise<EgressAnswer> {
    const { url, method = 'GET', headers = [], body = null, redirect = 'follow' } = this.#request;
    let hop: Hop = { decision: decideUrl(this.#context.rules, url, method), url, method, headers, body };
    for (;;) {
      const cleared = await this.#clear(hop);
      if (this.#hops === 0) await this.#takePlaces(cleared.entry);
      const response = await this.#send(cleared);
      const locations = locationsOf(response.status, response.headers);
      if (locations === null || redirect === 'manual') return this.#answer(cleared, response);
      response.body.cancel();
      hop = this.#next(cleared, response.status, locations, redirect);
    }
  }

  /** Everything that can be refused without asking anybody. */
  async #clear(hop: Hop): Promise<Cleared> {
    const { over, meter, limits, secrets, rules } = this.#context;
    const entry = this.#entry(hop);
    if (over.signal.aborted || this.#ending.signal.aborted) {
      entry.end({ decision: 'denied', outcome: 'cancelled', reason: 'aborted' });
      throw new Stop(failed('aborted'));
    }
    if (!meter.takeRequest()) throw this.#deny(entry, overLimit('requests', limits.requests), hop);
    const { decision } = hop;
    if (!decision.allowed) throw this.#deny(entry, decision, hop);
    entry.rule = decision.rule;
    const checked = checkHeaders(hop.headers, limits.requestHeaderBytes, rules.allowHeaders);
    if (!checked.allowed) throw this.#deny(entry, checked, hop);
    if (hop.body !== null && (decision.method === 'GET' || decision.method === 'HEAD')) {
      const message = `a ${decision.method} request has no body`;
      throw this.#deny(entry, refused('body', message, 'send it with POST or PUT'), hop);
    }
    const filled = await secrets
      .fill(decision, checked.headers, this.#ending.signal)
      .catch((error: unknown): never => {
        throw this.#fail(entry, error);
      });
    if (filled.kind === 'denied') throw this.#deny(entry, filled.why, hop);
    if (filled.kind === 'failed') {
      throw this.#fail(entry, new NetError('unknown', `the provider of ${filled.secret} failed`));
    }
    const wire = { url: filled.url, headers: this.#withCookies(entry, hop, filled.headers) };
    const fixed = hop.body instanceof Uint8Array ? hop.body.length : 0;
    const kept = wire.headers.length > filled.headers.length ? wire.headers.slice(-1) : [];
    if (!this.#takeUp(entry, headBytes(decision, [...hop.headers, ...kept]) + fixed)) {
      throw this.#deny(entry, overLimit('uploadBytes', limits.uploadBytes), hop);
    }
    return { clearance: decision, headers: checked.headers, body: hop.body, wire, entry };
  }

  /** Those kept for this hop's address, as a line of their own: never among the headers that a redirect takes along. */
  #withCookies(entry: Entry, hop: Hop, headers: readonly Header[]): readonly Header[] {
    const { url } = hop.decision;
    const cookie = url === null ? null : (this.#request.cookies?.header(url) ?? null);
    if (cookie === null) return headers;
    const checked = checkHeaders([['Cookie', cookie]], this.#context.limits.requestHeaderBytes, ['cookie']);
    if (!checked.allowed) throw this.#deny(entry, checked, hop);
    return [...headers, ...checked.headers];
  }

  async #takePlaces(entry: Entry): Promise<void> {
    for (const slots of this.#context.slots) {
      const give = await slots.take(this.#ending.signal);
      if (give === null) throw this.#fail(entry, new NetError('aborted', 'aborted while waiting'));
      this.#places.push(give);
    }
    this.#ending.within(this.#context.limits.requestTimeoutMs);
  }

  async #send(cleared: Cleared): Promise<NetResponse> {
    const { net, limits } = this.#context;
    const { clearance, body, wire, entry } = cleared;
    const { signal } = this.#ending;
    try {
      const response = await net.request({
        url: wire.url,
        method: clearance.method,
        headers: wire.headers,
        body:
          body === null || body instanceof Uint8Array
            ? body
            : countedUpload(body, bytes => this.#takeStreamed(entry, bytes), signal),
        addresses: await this.#vetted(clearance, entry),
        signal,
        limits: {
          headerBytes: limits.responseHeaderBytes,
          headerLines: MOST_HEADER_LINES,
          interimResponses: MOST_INTERIM,
          expansion: limits.expansion,
        },
      });
      entry.address = response.address ?? entry.address;
      entry.status = response.status;
      this.#request.cookies?.take(
        clearance.url,
        response.headers.filter(([name]) => name.toLowerCase() === 'set-cookie').map(([, value]) => value),
      );
      return response;
    } catch (error) {
      if (error instanceof Stop) throw error;
      if (this.#uploadExceeded) {
        throw this.#deny(entry, overLimit('uploadBytes', limits.uploadBytes), clearance);
      }
      if (error instanceof NetError && error.fault === 'denied') {
        const hint = 'allow it in the policy of the egress proxy';
        throw this.#deny(entry, refused('proxy', error.message, hint), clearance);
      }
      throw this.#fail(entry, error);
    }
  }

  /** All addresses of the name, each of which may be connected to; `null` where nobody here can tell. */
  async #vetted(clearance: UrlClearance, entry: Entry): Promise<readonly string[] | null> {
    const { net, rules } = this.#context;
    const { signal } = this.#ending;
    if (clearance.name === null || net.resolve === null) return null;
    const addresses = await unlessAborted(net.resolve(clearance.name, signal), signal);
    entry.address = addresses.slice(0, 8).join(' ');
    const vetted: string[] = [];
    for (const address of addresses) {
      const decision = decideAddress(rules, address, clearance);
      if (!decision.allowed) {
        // The operator learns why; the guest learns what it would of a name that does not exist.
        entry.end({ decision: 'denied', outcome: 'denied', ...detail(decision) });
        throw new Stop(failed('network'));
      }
      vetted.push(decision.address);
    }
    return vetted;
  }

  #next(
    { clearance, headers, body, entry }: Cleared,
    status: number,
    locations: readonly string[],
    redirect: 'follow' | 'error',
  ): Hop {
    const { rules, limits, secrets } = this.#context;
    const [location] = locations;
    if (redirect === 'error' || location === undefined || locations.length > 1) throw this.#lost(entry);
    const found = nextHop(rules, clearance, secrets.redact(location), status, headers);
    const keepsBody = found.allowed && found.hop.keepsBody;
    // A stream was read by the first hop.
    if (keepsBody && body !== null && !(body instanceof Uint8Array)) throw this.#lost(entry);
    entry.end({ decision: 'allowed', outcome: 'redirected' });
    this.#hops += 1;
    const hop = hopOf(found, clearance, keepsBody ? body : null);
    if (this.#hops > limits.redirects) {
      const hint = `raise network.limits.redirects, now ${limits.redirects}`;
      const message = `more than ${limits.redirects} redirects`;
      throw this.#deny(this.#entry(hop), refused('redirect', message, hint), hop);
    }
    return hop;
  }

  #answer({ clearance, entry }: Cleared, response: NetResponse): EgressAnswer {
    const { secrets, meter } = this.#context;
    const body = createEgressBody(response.body, {
      count: bytes => {
        entry.bytesDown += bytes;
        return meter.takeDown(bytes);
      },
      redactor: secrets.streamRedactor(),
      signal: this.#ending.signal,
      wasStopped: () => this.#wasStopped(),
      done: end => {
        entry.end({ decision: 'allowed', ...end });
        this.#finish();
      },
    });
    return {
      kind: 'response',
      response: {
        status: response.status,
        statusText: secrets.redact(response.statusText),
        headers: response.headers.map(([name, value]): Header => [name, secrets.redact(value)]),
        url: clearance.url,
        redirected: this.#hops > 0,
        decoded: response.decoded,
        body,
      },
    };
  }

  #entry({ decision, url, method }: Hop): Entry {
    const { clock, record } = this.#context;
    const start = {
      request: this.#number,
      hop: this.#hops,
      atMs: clock(),
      method: cleanMethod(method),
      url: recordUrl(decision.url ?? url),
    };
    this.#current = new Entry(start, clock, record);
    this.#context.open.set(this.#number, this.#current);
    return this.#current;
  }

  #takeUp(entry: Entry, bytes: number): boolean {
    if (!this.#context.meter.takeUp(bytes)) return false;
    entry.bytesUp += bytes;
    return true;
  }

  #takeStreamed(entry: Entry, bytes: number): boolean {
    if (this.#takeUp(entry, bytes)) return true;
    this.#uploadExceeded = true;
    this.#ending.end();
    return false;
  }

  #deny(entry: Entry, why: Refused, { url }: Pick<Hop, 'url'>): Stop {
    entry.end({ decision: 'denied', outcome: 'denied', ...detail(why) });
    const { reason, message, hint } = why;
    return new Stop({ kind: 'denied', denial: { reason, message, hint, url: recordUrl(url) } });
  }

  #fail(entry: Entry, error: unknown): Stop {
    if (this.#wasStopped()) {
      entry.end({ decision: 'allowed', outcome: 'cancelled' });
      return new Stop(failed('aborted'));
    }
    const isLate = this.#ending.signal.aborted;
    const told = error instanceof NetError ? `${error.fault}: ${error.message}` : 'unknown';
    const fault = isLate ? 'timeout' : this.#context.secrets.redact(told);
    entry.end({ decision: 'allowed', outcome: 'failed', fault });
    return new Stop(failed('network'));
  }

  /** A redirect that leads nowhere. */
  #lost(entry: Entry): Stop {
    entry.end({ decision: 'allowed', outcome: 'failed', fault: 'redirect' });
    return new Stop(failed('network'));
  }

  /** By the guest or with its run; otherwise the request's own time was over. */
  #wasStopped(): boolean {
    return this.#context.over.signal.aborted || this.#request.signal?.aborted === true;
  }

  #finish(): void {
    this.#context.open.delete(this.#number);
    this.#ending.end();
    for (const give of this.#places) give();
    this.#places = [];
  }
}

function failed(failure: EgressFailure): EgressAnswer {
  return { kind: 'failed', failure };
}

function hopOf(found: RedirectDecision, from: UrlClearance, body: Body): Hop {
  if (!found.allowed)
    return { decision: found, url: found.url ?? '', method: from.method, headers: [], body };
  const { url, method, headers } = found.hop;
  return { decision: found.clearance, url, method, headers, body };
}

function cleanMethod(method: string): string {
  return /^[A-Za-z-]{1,32}$/.test(method) ? method : '?';
}

/** What of the head the guest chose. */
function headBytes({ method, url }: UrlClearance, headers: readonly Header[]): number {
  return headers.reduce(
    (sum, [name, value]) => sum + name.length + value.length + 4,
    method.length + url.length,
  );
}
