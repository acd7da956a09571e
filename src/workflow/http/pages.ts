/** Answers that go on elsewhere: page after page, each held to the policy as if a node had asked for it. */
import type { Value } from '../../core/value.ts';
import { headersForOthers } from '../../policy/egress/index.ts';
import { failure } from '../failure.ts';
import { checkFields, choice, type Fields, integer, isRecord, num, str, text } from '../fields.ts';
import type { Call, Complain } from '../kind.ts';
import { checkTexts } from '../kinds/common.ts';
import { path } from '../path.ts';
import type { Services } from '../services.ts';
import type { Config } from '../types.ts';
import { textOf } from '../written.ts';
import type { Answer, Question } from './ask.ts';
import { headerTable } from './read.ts';

const MiB = 1024 * 1024;
const PAGES = 10;
const PAGES_BYTES = 8 * MiB;
const CURSOR_CHARS = 4_096;

const FIELDS: Fields = {
  by: { ...choice('link', 'cursor', 'number'), required: true },
  /** JSONPath of the next cursor, or of the next address. */
  at: text(1_000),
  /** Parameter of the query. */
  param: text(200),
  start: integer(0, 1_000_000_000),
  step: integer(1, 1_000_000),
  items: text(1_000),
  most: integer(1, 1_000),
  maxBytes: integer(0, 64 * MiB),
  more: choice('fail', 'leave'),
};

export function checkPages(config: Config, complain: Complain): void {
  const { pages } = config;
  if (pages === undefined) return;
  if (!isRecord(pages)) {
    complain('pages', 'must be an object { by: link, cursor or number }');
    return;
  }
  const say = Object.assign((at: string, message: string): void => complain(`pages.${at}`, message), {
    as: complain.as,
  }) as Complain;
  if (!checkFields(pages, FIELDS, say)) return;
  checkTexts(
    'path',
    ['at', 'items'].map(key => [`pages.${key}`, str(pages, key)] as const),
    complain,
  );
  const by = str(pages, 'by');
  const needed = by === 'cursor' ? ['at'] : by === 'number' ? ['param', 'items'] : [];
  const known = new Set(
    by === 'cursor' ? ['at', 'param'] : by === 'number' ? ['param', 'start', 'step'] : [],
  );
  for (const key of needed) if (str(pages, key) === '') say(key, `is missing: pages by ${by} need it`);
  for (const key of ['at', 'param', 'start', 'step'])
    if (pages[key] !== undefined && !known.has(key)) say(key, `means nothing for pages by ${by}`);
  if (str(pages, 'items') !== '' && str(config, 'response') === 'all')
    say('items', 'cannot be taken from pages with config.response = all: leave one of them out');
  if (str(config, 'method') === 'HEAD')
    complain('pages', 'cannot be followed with HEAD, whose answers have no body');
}

/** The target of the first link with this relation, RFC 8288; null for none. */
export function linkOf(header: string, relation: string): string | null {
  const links = /<([^>]*)>((?:\s*;\s*[^\s=;,<>"]+(?:\s*=\s*(?:"(?:[^"\\]|\\.)*"|[^\s;,"]*))?)*)/g;
  for (const [, target = '', parameters = ''] of header.matchAll(links)) {
    let relations: string | null = null;
    let isOfOther = false;
    for (const [, name = '', quoted, plain] of parameters.matchAll(
      /;\s*([^\s=;,]+)(?:\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;,"]*)))?/g,
    )) {
      if (/^rel$/i.test(name)) relations ??= quoted ?? plain ?? '';
      if (/^anchor$/i.test(name)) isOfOther = true;
    }
    if (!isOfOther && relations?.toLowerCase().split(/\s+/).includes(relation) === true) return target;
  }
  return null;
}

function nameOf(pair: string): string {
  const name = pair.split('=', 1)[0]?.replaceAll('+', ' ') ?? '';
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}

/** The other parameters stay as they were written. */
function withParam(url: string, name: string, value: string): string {
  const [base = '', query = ''] = (url.split('#', 1)[0] ?? '').split(/\?(.*)/s);
  const others = query.split('&').filter(pair => pair !== '' && nameOf(pair) !== name);
  return `${base}?${[...others, `${encodeURIComponent(name)}=${encodeURIComponent(value)}`].join('&')}`;
}

/** The cursor, null at the end. */
function cursorOf(value: Value): string | null {
  if (value === undefined || value === null || value === '' || value === false) return null;
  if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'bigint')
    throw failure('NODE_FAILED', 'config.pages.at leads to neither a text nor a number');
  return textOf(value, 'config.pages.at', CURSOR_CHARS);
}

type Ending = Pick<Call, 'signal'>;

export interface Page {
  readonly answer: Answer;
  readonly value: Value;
}

export interface Pager {
  /** Everything there is, in order: of each page what `items` finds, or what `whole` makes of it. */
  all(
    first: Question,
    get: (question: Question, limit: { readonly maxBytes: number; readonly option: string }) => Promise<Page>,
    whole: (page: Page) => Value,
    call: Ending,
  ): Promise<Value[]>;
}

export function pagerOf(config: Config, services: Services): Pager | null {
  const pages = config['pages'];
  if (!isRecord(pages)) return null;
  const [by, param] = [str(pages, 'by'), str(pages, 'param')];
  const at = path(services, str(pages, 'at'));
  const items = str(pages, 'items') === '' ? null : path(services, str(pages, 'items'));
  const [start, step] = [num(pages, 'start', 1), num(pages, 'step', 1)];
  const most = num(pages, 'most', PAGES);
  const maxBytes = num(pages, 'maxBytes', PAGES_BYTES);
  const each = num(config, 'maxBytes', MiB);

  /** Where the next page is, null when this was the last. */
  const next = async (
    { answer, value }: Page,
    question: Question,
    index: number,
    found: number,
    call: Ending,
  ): Promise<string | null> => {
    if (by === 'number')
      return found === 0 ? null : withParam(question.url, param, String(start + (index + 1) * step));
    let target: string | null;
    if (by === 'link') {
      const { link } = headerTable(answer.headers.filter(([name]) => name.toLowerCase() === 'link'));
      target = typeof link === 'string' ? linkOf(link, 'next') : null;
    } else {
      const cursor = cursorOf(await at.first(value, call));
      if (cursor === null || param === '') target = cursor;
      else return withParam(question.url, param, cursor);
    }
    if (target === null) return null;
    const url = URL.parse(target, answer.url);
    if (url === null) throw failure('NODE_FAILED', `page ${index + 1} leads to what is no address`);
    return url.href;
  };

  return {
    async all(first, get, whole, call) {
      const results: Value[] = [];
      const seen = new Set<string>();
      let bytes = 0;
      let question = by === 'number' ? { ...first, url: withParam(first.url, param, String(start)) } : first;
      for (let index = 0; ; index++) {
        seen.add(question.url);
        const left = maxBytes - bytes;
        const page = await get(
          question,
          left < each
            ? { maxBytes: left, option: 'config.pages.maxBytes' }
            : { maxBytes: each, option: 'config.maxBytes' },
        );
        bytes += page.answer.bytes.length;
        const found = items === null ? [whole(page)] : await items.all(page.value, call);
        for (const one of found) results.push(one);
        const url = await next(page, question, index, found.length, call);
        if (url === null) return results;
        if (seen.has(url)) throw failure('NODE_FAILED', `page ${index + 1} leads back to a page before it`);
        if (index + 1 >= most) {
          if (str(pages, 'more') === 'leave') return results;
          throw failure(
            'NODE_FAILED',
            `raise config.pages.most, or set config.pages.more to leave: there may be more than ${most} pages`,
          );
        }
        // As with a redirect: what was meant for one origin is not told to another.
        const isSame = URL.parse(url)?.origin === URL.parse(question.url)?.origin;
        question = {
          ...question,
          url,
          headers: isSame ? question.headers : headersForOthers(question.headers),
        };
      }
    },
  };
}
