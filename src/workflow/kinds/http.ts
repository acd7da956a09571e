/** Requests, through the one place where they leave: held to the policy the node names, in the same words as a plugin's. */
import { SandboxError } from '../../core/errors.ts';
import type { Value } from '../../core/value.ts';
import type { EgressSession } from '../../egress/index.ts';
import type { Header } from '../../platform/net.ts';
import { bool, isRecord, num, str } from '../fields.ts';
import { type Answer, ask, type Question } from '../http/ask.ts';
import { bodyOf, type MakeBody } from '../http/body.ts';
import { checkHttp } from '../http/check.ts';
import { cookiesOf, type RunCookies } from '../http/cookies.ts';
import { type Fill, fillerOf } from '../http/fill.ts';
import { type Page, type Pager, pagerOf } from '../http/pages.ts';
import { fileOf, headerTable, jsonReader, type Reading, readingOf, readValue } from '../http/read.ts';
import { fillHeader } from '../http/text-places.ts';
import { fillUrl } from '../http/url.ts';
import type { Call, NodeKind, OpenContext } from '../kind.ts';
import { viewOf } from '../template.ts';
import type { Config } from '../types.ts';
import { policyOf } from './common.ts';

const MiB = 1024 * 1024;
/** Of a body that is made of an item, whatever the policy lets out. */
const MOST_CHARS = 64 * MiB;

class Requester {
  readonly #context: OpenContext;
  readonly #config: Config;
  readonly #url: Fill;
  readonly #headers: readonly (readonly [string, Fill])[];
  readonly #body: MakeBody | null;
  readonly #reading: Reading;
  readonly #pager: Pager | null;
  readonly #cookies: RunCookies | null;

  constructor(context: OpenContext) {
    const { config, services } = context;
    const fill = fillerOf(services);
    this.#context = context;
    this.#config = config;
    this.#url = fill(str(config, 'url'));
    const headers = isRecord(config['headers']) ? Object.entries(config['headers']) : [];
    this.#headers = headers.map(([name, value]) => [name, fill(String(value))] as const);
    this.#body = bodyOf(config, services);
    this.#reading = readingOf(config);
    this.#pager = pagerOf(config, services);
    this.#cookies = config['cookies'] === undefined ? null : cookiesOf(context.run, policyOf(config));
  }

  async send(item: Value, call: Call): Promise<Value> {
    const session = this.#context.services.egress(policyOf(this.#config)).open({
      signal: call.signal,
      record: record => {
        call.account.request(record);
        if (record.decision === 'denied')
          call.account.deny({
            kind: 'network',
            subject: URL.parse(record.url)?.host || record.url.slice(0, 256),
            hint: record.hint ?? '',
          });
      },
    });
    try {
      const question = await this.#question(session, item, call);
      const answer = await this.#answer(session, question, call);
      return call.budget.place(item, str(this.#config, 'into'), answer);
    } finally {
      session.close();
      const { requests, bytesUp, bytesDown } = session.usage();
      call.account.traffic(requests, bytesUp, bytesDown);
      this.#cookies?.check();
    }
  }

  async #question(session: EgressSession, item: Value, call: Call): Promise<Question> {
    const view = { ...viewOf(item, call.index, call.vars), secrets: session.placeholders };
    const scene = { view, item, call };
    const { limits } = this.#context.services.rules(policyOf(this.#config))?.network ?? {};
    const headers: Header[] = [];
    for (const [name, value] of this.#headers) {
      const pieces = await value.pieces(scene);
      headers.push([name, fillHeader(pieces, `config.headers.${name}`, limits?.requestHeaderBytes ?? 0)]);
    }
    const stated = headers.find(([name]) => name.toLowerCase() === 'content-type')?.[1] ?? null;
    const body = (await this.#body?.(scene, stated, Math.min(MOST_CHARS, limits?.uploadBytes ?? 0))) ?? null;
    if (body !== null && body.type !== null && stated === null) headers.push(['Content-Type', body.type]);
    return {
      url: fillUrl(await this.#url.pieces(scene)),
      method: str(this.#config, 'method', 'GET'),
      headers,
      body: body?.bytes ?? null,
    };
  }

  async #answer(session: EgressSession, question: Question, call: Call): Promise<Value> {
    const read = jsonReader(this.#context.services, this.#reading, call);
    const get = async (
      asked: Question,
      limit: { readonly maxBytes: number; readonly option: string },
    ): Promise<Page> => {
      const answer = await ask(session, asked, {
        ...limit,
        failOnStatus: bool(this.#config, 'failOnStatus', true),
        cookies: this.#cookies,
        signal: call.signal,
      });
      return { answer, value: await readValue(answer.bytes, answer.headers, this.#reading, read) };
    };
    const whole = ({ answer, value }: Page): Value => this.#whole(answer, value);
    if (this.#pager !== null) return await this.#pager.all(question, get, whole, call);
    const maxBytes = num(this.#config, 'maxBytes', MiB);
    return whole(await get(question, { maxBytes, option: 'config.maxBytes' }));
  }

  #whole({ status, headers }: Answer, body: Value): Value {
    if (str(this.#config, 'response', 'body') !== 'all') return body;
    return {
      status,
      headers: headerTable(headers),
      body,
      ...(body instanceof Uint8Array ? { file: fileOf(headers) } : {}),
    };
  }
}

export const http: NodeKind = {
  inputs: ['in'],
  outputs: () => ['out'],
  modes: ['item'],
  check: checkHttp,
  open(context) {
    const { config, services } = context;
    if (config['cookies'] !== undefined && !services.egress(policyOf(config)).capabilities.cookiesSeen)
      throw new SandboxError(
        'UNENFORCEABLE',
        'send requests through an egress proxy, or drop config.cookies: a page sees no cookies',
      );
    const requester = new Requester(context);
    return { item: async (item, call) => ({ out: [await requester.send(item, call)] }) };
  },
};
