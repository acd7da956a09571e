/** fetch, for now without a network: arguments are checked as the standard says, then the call is refused and told. */

import { denial } from '../denial.ts';
import { abortReason } from './abort.ts';
import { global, PromiseCtor } from './primordials.ts';
import { Request, type RequestState, requestState } from './request.ts';
import { hidden, host, need } from './webidl.ts';

/** Index of `network` among the kinds of denials. */
const NETWORK = 0;
function refuse(state: RequestState): Error {
  const { url } = state;
  // A URL without a host, like data:, is named by its scheme.
  const subject = url.host === '' ? url.protocol : url.host;
  host.deny(NETWORK, subject);
  return denial('fetch is denied: ' + subject + ' is not in policy.network.allow');
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
