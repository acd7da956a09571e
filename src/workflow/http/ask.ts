/** One request of a node, and its answer with the body that was read. */
import { concatBytes } from '../../core/bytes.ts';
import {
  type CookieStore,
  type EgressBody,
  EgressBodyError,
  type EgressSession,
} from '../../egress/index.ts';
import type { Header } from '../../platform/net.ts';
import { failure } from '../failure.ts';
import { REFUSAL_BYTES, refusalOf } from './refusal.ts';

export interface Question {
  readonly url: string;
  readonly method: string;
  readonly headers: readonly Header[];
  readonly body: Uint8Array | null;
}

export interface AskOptions {
  readonly maxBytes: number;
  /** Which option says so. */
  readonly option: string;
  readonly failOnStatus: boolean;
  readonly cookies: CookieStore | null;
  readonly signal: AbortSignal;
}

export interface Answer {
  readonly status: number;
  readonly headers: readonly Header[];
  readonly bytes: Uint8Array;
  /** Of the last hop. */
  readonly url: string;
}

/** At most so many bytes; `isCut` when there were more. */
async function read(body: EgressBody, most: number): Promise<{ bytes: Uint8Array; isCut: boolean }> {
  const parts: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const part of body) {
      parts.push(part.subarray(0, most - length));
      length += part.length;
      if (length > most) break;
    }
  } catch (error) {
    if (!(error instanceof EgressBodyError)) throw error;
    throw failure('HTTP_FAILED', error.message, error);
  } finally {
    body.cancel();
  }
  return { bytes: concatBytes(parts), isCut: length > most };
}

/** @throws SandboxError POLICY_DENIED, HTTP_FAILED, NODE_FAILED */
export async function ask(session: EgressSession, question: Question, options: AskOptions): Promise<Answer> {
  const { cookies, maxBytes, option, failOnStatus, signal } = options;
  const answer = await session.fetch({ ...question, signal, ...(cookies === null ? {} : { cookies }) });
  if (answer.kind === 'denied')
    throw failure('POLICY_DENIED', `${answer.denial.message}: ${answer.denial.hint}`);
  if (answer.kind === 'failed')
    throw failure('HTTP_FAILED', `the request to ${URL.parse(question.url)?.host ?? 'there'} failed`);
  const { status, headers, body, url } = answer.response;
  if (status >= 400 && failOnStatus) {
    const { bytes, isCut } = await read(body, Math.min(REFUSAL_BYTES, maxBytes)).catch(() => ({
      // What it said is lost; that it refused is not.
      bytes: new Uint8Array(),
      isCut: true,
    }));
    throw refusalOf(status, headers, bytes, isCut);
  }
  const { bytes, isCut } = await read(body, maxBytes);
  if (isCut) throw failure('NODE_FAILED', `raise ${option}: the response has more than ${maxBytes} bytes`);
  return { status, headers, bytes, url };
}
