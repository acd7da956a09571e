/** One request of a guest: decided, sent and followed, hop by hop. */
import { type Header, NetError, type NetResponse } from '../platform/net.ts';
import { createEnding, type Ending, unlessAborted } from './abort.ts';
import { createEgressBody } from './body.ts';
import type { Refusal } from './decide.ts';
import { Entry, recordUrl } from './record.ts';
import { type Hop, locationOf, nextHop } from './redirect.ts';
import type { SessionContext } from './session.ts';
import type { EgressAnswer, EgressFailure, EgressRequest } from './types.ts';
import { countedUpload } from './upload.ts';

/** Header lines of a response, and interim responses before it. */
const MOST_HEADER_LINES = 1000;
const MOST_INTERIM = 20;

/** A hop that may be sent. */
interface Cleared {
  readonly hop: Hop;
  /** Canonical, with placeholders. */
  readonly url: string;
  /** Canonical, with secrets. */
  readonly wireUrl: string;
  readonly wireHeaders: readonly Header[];
  /** `null`: an address already, or a name nobody here can resolve. */
  readonly name: string | null;
  readonly refuseAddresses: (addresses: readonly string[]) => Refusal | null;
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
  readonly #stoppers: readonly AbortSignal[];
  #places: (() => void)[] = [];
  #hops = 0;
  #uploadExceeded = false;

  constructor(context: SessionContext, request: EgressRequest, number: number) {
    this.#context = context;
    this.#request = request;
    this.#number = number;
    this.#stoppers = request.signal === undefined ? [context.over] : [context.over, request.signal];
    this.#ending = createEnding(this.#stoppers);
  }

  async run(): Promise<EgressAnswer> {
    try {
      return await this.#follow();
    } catch (error) {
      this.#finish();
      if (error instanceof Stop) return error.answer;
      return failed(this.#wasStopped() ? 'aborted' : 'network');
    }
  }

  async #follow(): Promise<EgressAnswer> {
    const { url, method = 'GET', headers = [], body = null, redirect = 'follow' } = this.#request;
    let hop: Hop = { url, method, headers, body };
    for (;;) {
      const cleared = await this.#clear(hop);
      if (this.#hops === 0) await this.#takePlaces(cleared.entry);
      const response = await this.#send(cleared);
      const locations = locationOf(response.status, response.headers);
      if (locations === null || redirect === 'manual') return this.#answer(cleared, response);
      response.body.cancel();
      hop = this.#next(cleared, response.status, locations, redirect);
    }
  }

  /** Everything that can be refused without asking anybody. */
  async #clear(hop: Hop): Promise<Cleared> {
    const context = this.#context;
    const entry = this.#entry(hop);
    if (context.over.aborted || this.#ending.signal.aborted) {
      entry.end({ decision: 'denied', outcome: 'cancelled', reason: 'aborted' });
      throw new Stop(failed('aborted'));
    }
    if (!context.meter.takeRequest()) {
      throw this.#deny(entry, quota('requests', context.quotas.requests), hop.url);
    }
    const verdict = context.decider.request(hop.url, hop.method);
    if (!verdict.allowed) throw this.#deny(entry, verdict, hop.url);
    entry.rule = verdict.rule;
    const checked = context.decider.headers(hop.headers, context.quotas.requestHeaderBytes);
    if (!checked.allowed) throw this.#deny(entry, checked, verdict.url);
    if (hop.body !== null && (hop.method === 'GET' || hop.method === 'HEAD')) {
      throw this.#deny(
        entry,
        refusal('body', `a ${hop.method} request has no body`, 'send it with POST or PUT'),
        verdict.url,
      );
    }
    const filled = await context.secrets
      .substitute(verdict.url, checked.headers, this.#ending.signal)
      .catch((error: unknown): never => {
        throw this.#fail(entry, error);
      });
    if (filled.kind === 'denied') {
      throw this.#deny(entry, refusal('secret', filled.message, filled.hint), verdict.url);
    }
    if (filled.kind === 'failed') throw this.#fail(entry, new NetError('unknown', `secret ${filled.secret}`));
    const fixed = hop.body instanceof Uint8Array ? hop.body.length : 0;
    if (!this.#takeUp(entry, headBytes(hop, verdict.url) + fixed)) {
      throw this.#deny(entry, quota('uploadBytes', context.quotas.uploadBytes), verdict.url);
    }
    return {
      hop: { ...hop, method: verdict.method },
      url: verdict.url,
      wireUrl: filled.url,
      wireHeaders: filled.headers,
      name: verdict.name,
      refuseAddresses: verdict.refuseAddresses,
      entry,
    };
  }

  async #takePlaces(entry: Entry): Promise<void> {
    for (const slots of this.#context.slots) {
      const give = await slots.take(this.#ending.signal);
      if (give === null) throw this.#fail(entry, new NetError('aborted', 'aborted while waiting'));
      this.#places.push(give);
    }
    this.#ending.within(this.#context.quotas.requestTimeoutMs);
  }

  async #send(cleared: Cleared): Promise<NetResponse> {
    const { net, quotas } = this.#context;
    const { hop, entry } = cleared;
    const { signal } = this.#ending;
    try {
      let addresses: readonly string[] | null = null;
      if (cleared.name !== null && net.resolve !== null) {
        addresses = await unlessAborted(net.resolve(cleared.name, signal), signal);
        entry.address = addresses.join(' ');
        const refused = addresses.length === 0 ? NOWHERE : cleared.refuseAddresses(addresses);
        if (refused !== null) {
          // The operator learns why; the guest learns what it would of a name that does not exist.
          entry.end({ decision: 'denied', outcome: 'denied', ...detail(refused) });
          throw new Stop(failed('network'));
        }
      }
      const body =
        hop.body === null || hop.body instanceof Uint8Array
          ? hop.body
          : countedUpload(hop.body, bytes => this.#takeStreamed(entry, bytes), signal);
      const response = await net.request({
        url: cleared.wireUrl,
        method: hop.method,
        headers: cleared.wireHeaders,
        body,
        addresses,
        signal,
        limits: {
          headerBytes: quotas.responseHeaderBytes,
          headerLines: MOST_HEADER_LINES,
          interimResponses: MOST_INTERIM,
          expansion: quotas.expansion,
        },
      });
      entry.address = response.address;
      entry.status = response.status;
      return response;
    } catch (error) {
      if (error instanceof Stop) throw error;
      if (this.#uploadExceeded)
        throw this.#deny(entry, quota('uploadBytes', quotas.uploadBytes), cleared.url);
      if (error instanceof NetError && error.fault === 'denied') {
        const hint = 'allow it in the policy of the egress proxy';
        throw this.#deny(entry, refusal('proxy', error.message, hint), cleared.url);
      }
      throw this.#fail(entry, error);
    }
  }

  #next(
    { hop, url, entry }: Cleared,
    status: number,
    locations: readonly string[],
    redirect: 'follow' | 'error',
  ): Hop {
    const { quotas, secrets } = this.#context;
    const next =
      redirect === 'error'
        ? null
        : nextHop(
            hop,
            url,
            status,
            locations.map(location => secrets.redact(location)),
          );
    if (next === null) {
      entry.end({ decision: 'allowed', outcome: 'failed', fault: 'redirect' });
      throw new Stop(failed('network'));
    }
    entry.end({ decision: 'allowed', outcome: 'redirected' });
    this.#hops += 1;
    if (this.#hops > quotas.redirects) {
      throw this.#deny(
        this.#entry(next),
        refusal('redirect', `more than ${quotas.redirects} redirects`, 'raise quotas.redirects'),
        next.url,
      );
    }
    return next;
  }

  #answer({ url, entry }: Cleared, response: NetResponse): EgressAnswer {
    const { secrets, meter } = this.#context;
    const body = createEgressBody(response.body, {
      count: bytes => {
        entry.bytesDown += bytes;
        return meter.takeDown(bytes);
      },
      redactor: secrets.redactor(),
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
        url,
        redirected: this.#hops > 0,
        decoded: response.decoded,
        body,
      },
    };
  }

  #entry(hop: Hop): Entry {
    const { clock, record } = this.#context;
    return new Entry(
      {
        request: this.#number,
        hop: this.#hops,
        atMs: clock(),
        method: hop.method.slice(0, 32),
        url: recordUrl(hop.url),
      },
      clock,
      record,
    );
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

  #deny(entry: Entry, refused: Refusal, url: string): Stop {
    entry.end({ decision: 'denied', outcome: 'denied', ...detail(refused) });
    const { reason, message, hint } = refused;
    return new Stop({ kind: 'denied', denial: { reason, message, hint, url: recordUrl(url) } });
  }

  #fail(entry: Entry, error: unknown): Stop {
    if (this.#wasStopped()) {
      entry.end({ decision: 'allowed', outcome: 'cancelled' });
      return new Stop(failed('aborted'));
    }
    const isLate = this.#ending.signal.aborted;
    const fault = isLate
      ? 'timeout'
      : error instanceof NetError
        ? `${error.fault}: ${error.message}`
        : 'unknown';
    entry.end({ decision: 'allowed', outcome: 'failed', fault: this.#context.secrets.redact(fault) });
    return new Stop(failed('network'));
  }

  /** By the guest or with its run; otherwise the request's own time was over. */
  #wasStopped(): boolean {
    return this.#stoppers.some(({ aborted }) => aborted);
  }

  #finish(): void {
    this.#ending.end();
    for (const give of this.#places) give();
    this.#places = [];
  }
}

const NOWHERE: Refusal = refusal('address', 'the name has no address', 'check the name');

function failed(failure: EgressFailure): EgressAnswer {
  return { kind: 'failed', failure };
}

function refusal(reason: string, message: string, hint: string): Refusal {
  return { allowed: false, rule: null, reason, message, hint };
}

function quota(name: string, value: number): Refusal {
  return refusal('quota', `the run has used up its ${name}, ${value}`, `raise quotas.${name}`);
}

function detail({ rule, reason, hint }: Refusal): Pick<Refusal, 'reason' | 'hint'> & { rule?: string } {
  return { reason, hint, ...(rule === null ? {} : { rule }) };
}

/** What of the head the guest chose. */
function headBytes({ method, headers }: Hop, url: string): number {
  return headers.reduce(
    (sum, [name, value]) => sum + name.length + value.length + 4,
    method.length + url.length,
  );
}
