/** fetch: the request goes to the network controller outside, which decides, sends it, and answers. */

import { denial } from '../denial.ts';
import type { NetAnswer } from '../host.ts';
import { type AbortSignal, abortReason, onAbort } from './abort.ts';
import { makeBody, sendable } from './body.ts';
import { domException } from './dom-exception.ts';
import { addDefault, addReceived, flatPairs, makeHeaders, setGuard } from './headers.ts';
import {
  global,
  MapCtor,
  MapDelete,
  MapGet,
  MapSet,
  NumberCtor,
  PromiseCtor,
  TypeErrorCtor,
} from './primordials.ts';
import { Request, type RequestState, requestState } from './request.ts';
import { isNullBody, networkResponse } from './response.ts';
import { type Branch, breakOff, netBranch, receivePiece } from './source.ts';
import { hidden, host, need } from './webidl.ts';

interface Pending {
  readonly resolve: (response: object) => void;
  readonly reject: (reason: unknown) => void;
  readonly signal: AbortSignal;
}

/** Requests without an answer, by number. */
const pending: Map<number, Pending> = new MapCtor();

/** Of a response's texts before its headers: status, whether it was redirected, status text, URL. */
const FIRST_HEADER = 4;

function failure(kind: string): Error {
  if (kind === 'aborted') return domException('AbortError', 'This operation was aborted');
  return new TypeErrorCtor(
    kind === 'limit' ? 'fetch failed: more than the policy lets a run receive' : 'fetch failed',
  );
}

function send(state: RequestState, resolve: Pending['resolve'], reject: Pending['reject']): void {
  const { url, method, headers, redirect, signal } = state;
  const aborted = abortReason(signal);
  if (aborted !== undefined) throw aborted.reason;
  if (state.integrity !== '') throw new TypeErrorCtor('fetch: integrity is not supported here');
  addDefault(headers, 'accept', '*/*');
  const id = host.netFetch(url.href, method, redirect, flatPairs(headers), sendable(state.body));
  if (id === 0) throw new TypeErrorCtor('fetch failed: more than the policy lets a run send');
  MapSet(pending, id, { resolve, reject, signal });
  onAbort(signal, () => {
    if (!MapDelete(pending, id)) return;
    host.netCancel(id);
    reject(abortReason(signal)?.reason);
  });
}

function answer(id: number, { resolve, signal }: Pending, texts: readonly string[]): void {
  const status = NumberCtor(texts[0]) as number;
  const headers = makeHeaders('none');
  for (let i = FIRST_HEADER; i + 1 < texts.length; i += 2)
    addReceived(headers, texts[i] as string, texts[i + 1] as string);
  setGuard(headers, 'immutable');
  let branch: Branch | null = null;
  // An answer that has no body still has to be let go.
  if (isNullBody(status)) host.netCancel(id);
  else {
    branch = netBranch(id);
    const its = branch;
    onAbort(signal, () => breakOff(its, abortReason(signal)?.reason));
  }
  resolve(
    networkResponse({
      status,
      redirected: texts[1] === '1',
      statusText: texts[2] as string,
      url: texts[3] as string,
      headers,
      body: makeBody(null, null, branch),
    }),
  );
}

/** What the host answers. */
export function receive(kind: NetAnswer, id: number, value: unknown): void {
  if (kind === 'data') receivePiece(id, value as ArrayBuffer);
  else if (kind === 'end') receivePiece(id, null);
  else if (kind === 'error') receivePiece(id, null, failure((value as string[])[0] as string));
  else {
    const request = MapGet<Pending>(pending, id);
    if (request === undefined) return;
    MapDelete(pending, id);
    const texts = value as string[];
    if (kind === 'response') answer(id, request, texts);
    else if (kind === 'denied') request.reject(denial('fetch is denied: ' + texts[0]));
    else request.reject(failure(texts[0] as string));
  }
}

function fetch(input: unknown, init: unknown = undefined): Promise<object> {
  const given = arguments.length;
  return new PromiseCtor((resolve, reject) => {
    try {
      need(given, 1, 'fetch');
      // From here on only this private copy counts: what the guest passed is not read again.
      send(requestState(new Request(input, init)) as RequestState, resolve, reject);
    } catch (error) {
      reject(error);
    }
  });
}

export function installFetch(): void {
  hidden(global, 'fetch', fetch);
}
