/** What one run asks of the host, by one road: requests of the network and calls of host functions share its numbers. */
import type { NetCall } from '../protocol/net.ts';
import { RunFunctions } from './functions/calls.ts';
import type { CallingRun, CallPort, FunctionsGrant } from './functions/line.ts';
import { type NetworkGrant, RunNetwork } from './network.ts';

export class RunRequests {
  readonly network: RunNetwork;
  readonly functions: RunFunctions;
  #last = 0;
  #lastFetch = 0;
  #closed = false;

  constructor(network: NetworkGrant, functions: FunctionsGrant, run: CallingRun) {
    this.network = new RunNetwork(network);
    this.functions = new RunFunctions(functions, run);
  }

  /** False for what no healthy cell sends. What it sends too late, because it could not know yet, is ignored. */
  handle(call: NetCall, port: CallPort): boolean {
    if (this.#closed) return true;
    const { id, op } = call;
    if (op === 'fetch' || op === 'call') {
      if (id <= this.#last) return false;
      this.#last = id;
      if (op === 'call') return this.functions.call(call, port);
      this.#lastFetch = id;
      return this.network.handle(call, (reply, way) => port.answer(reply, way));
    }
    if (id > this.#last) return false;
    if (this.functions.has(id)) {
      if (op === 'read') return this.functions.read(id, call.way);
      this.functions.cancel(id);
      return true;
    }
    // A call that has ended meanwhile.
    if (id > this.#lastFetch) return true;
    return this.network.handle(call, (reply, way) => port.answer(reply, way));
  }

  /** The run is over: whatever is under way is aborted, and recorded so. Idempotent. */
  close(): void {
    this.#closed = true;
    this.functions.close();
    this.network.close();
  }
}
