/** fetch, for now without a network: arguments are checked as the standard says, then the call is refused and told. */

import { abortReason } from './abort.ts';
import { global, PromiseCtor, TypeErrorCtor, WeakSetAdd, WeakSetCtor, WeakSetHas } from './primordials.ts';
import { Request, type RequestState, requestState } from './request.ts';
import { hidden, host, isObject, need } from './webidl.ts';

/** Index of `network` among the kinds of denials. */
const NETWORK = 0;
const denials: WeakSet<object> = new WeakSetCtor();

export function isDenial(error: unknown): boolean {
  return isObject(error) && WeakSetHas(denials, error);
}

function refuse(state: RequestState): Error {
  const { url } = state;
  // A URL without a host, like data:, is named by its scheme.
  const subject = url.host === '' ? url.protocol : url.host;
  host.deny(NETWORK, subject);
  const error = new TypeErrorCtor('fetch is denied: ' + subject + ' is not in policy.network.allow');
  WeakSetAdd(denials, error);
  return error;
}

function fetch(input: unknown, init: unknown = undefined): Promise<never> {
  const given = arguments.length;
  return new PromiseCtor((_, reject) => {
    try {
      need(given, 1, 'fetch');
      // From here on only this private copy counts: what the guest passed is not read again.
      const state = requestState(new Request(input, init)) as RequestState;
      const aborted = abortReason(state.signal);
      reject(aborted === undefined ? refuse(state) : aborted.reason);
    } catch (error) {
      reject(error);
    }
  });
}

export function installFetch(): void {
  hidden(global, 'fetch', fetch);
}
