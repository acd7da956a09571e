/** The operator's view of one attempt. */
import { cleanLine } from '../core/text.ts';
import type { EgressRecord } from './types.ts';

/** What a record can show of a URL. */
const MOST_CHARACTERS = 2048;

/** Fit for a record: without the values of the query, which may be credentials, and without control characters. */
export function recordUrl(url: string): string {
  const parsed = URL.parse(url);
  if (parsed === null || !/^https?:$/.test(parsed.protocol))
    return cleanLine(url.replace(/[?#].*$/s, '?…'), 256);
  parsed.username = '';
  parsed.password = '';
  parsed.hash = '';
  if (parsed.search !== '') {
    const names = parsed.search.slice(1).split('&');
    parsed.search = '';
    const kept = names.map(pair => (pair.includes('=') ? `${pair.slice(0, pair.indexOf('='))}=…` : '…'));
    return cleanLine(`${parsed.href}?${kept.join('&')}`, MOST_CHARACTERS);
  }
  return cleanLine(parsed.href, MOST_CHARACTERS);
}

type Fixed = 'request' | 'hop' | 'atMs' | 'method' | 'url';
export type RecordStart = Pick<EgressRecord, Fixed>;
export type RecordEnd = Partial<Omit<EgressRecord, Fixed>> & Pick<EgressRecord, 'decision' | 'outcome'>;

/** One for each attempt. `end` counts once. */
export class Entry {
  readonly #start: RecordStart;
  readonly #clock: () => number;
  readonly #sink: (record: EgressRecord) => void;
  #ended = false;
  /** Gathered on the way. */
  rule: string | null = null;
  address: string | null = null;
  status: number | null = null;
  bytesUp = 0;
  bytesDown = 0;

  constructor(start: RecordStart, clock: () => number, sink: (record: EgressRecord) => void) {
    this.#start = start;
    this.#clock = clock;
    this.#sink = sink;
  }

  end(end: RecordEnd): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#sink(
      Object.freeze({
        ...this.#start,
        rule: this.rule,
        reason: null,
        hint: null,
        address: this.address,
        status: this.status,
        fault: null,
        bytesUp: this.bytesUp,
        bytesDown: this.bytesDown,
        ms: this.#clock() - this.#start.atMs,
        ...end,
      }),
    );
  }
}
