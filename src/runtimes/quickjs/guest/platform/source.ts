/**
 * Bytes that come piece by piece: of an answer from the network, or of a body that is here already. A source may have
 * several branches (a cloned response), each of which gets every piece once.
 */
import {
  ArrayBufferCtor,
  Bytes,
  MapCtor,
  MapDelete,
  MapGet,
  MapSet,
  typedArrayByteLength,
  typedArraySet,
} from './primordials.ts';
import { host, list } from './webidl.ts';

type Wake = () => void;

interface Source {
  /** Number of the request; 0 when nothing more will come. */
  readonly id: number;
  readonly branches: Branch[];
  asked: boolean;
  ended: boolean;
  /** A box, since the reason may be any value. */
  failed: { readonly reason: unknown } | null;
}

/** Where the pieces that follow are to go. */
const open: Map<number, Source> = new MapCtor();

/** Of one piece; what the host gives at most. */
const PIECE = 192 * 1024;

export interface Branch {
  readonly source: Source;
  /** Pieces not read yet, from `at` on. */
  queue: Uint8Array[];
  at: number;
  cancelled: boolean;
  wake: Wake | null;
}

function branchOf(source: Source): Branch {
  const branch: Branch = { source, queue: list(), at: 0, cancelled: false, wake: null };
  source.branches[source.branches.length] = branch;
  return branch;
}

export function bytesBranch(bytes: ArrayBuffer): Branch {
  const branch = branchOf({ id: 0, branches: list(), asked: false, ended: true, failed: null });
  const piece = new Bytes(bytes);
  if (typedArrayByteLength(piece) > 0) branch.queue[0] = piece;
  return branch;
}

/** The body of the answer to the request `id`. */
export function netBranch(id: number): Branch {
  const source: Source = { id, branches: list(), asked: false, ended: false, failed: null };
  MapSet(open, id, source);
  return branchOf(source);
}

/** Another branch with everything this one has not read yet. */
export function fork(branch: Branch): Branch {
  const made = branchOf(branch.source);
  for (let i = branch.at; i < branch.queue.length; i++) {
    made.queue[made.queue.length] = copy(branch.queue[i] as Uint8Array);
  }
  return made;
}

function copy(bytes: Uint8Array): Uint8Array {
  const made = new Bytes(typedArrayByteLength(bytes));
  typedArraySet(made, bytes);
  return made;
}

/** The next piece; null at the end; undefined when it is still to come: `wake` is called then. Throws what failed. */
export function next(branch: Branch, wake: Wake): Uint8Array | null | undefined {
  const { source } = branch;
  if (branch.at < branch.queue.length) {
    const piece = branch.queue[branch.at] as Uint8Array;
    branch.at++;
    if (branch.at === branch.queue.length) {
      branch.queue = list();
      branch.at = 0;
    }
    return piece;
  }
  if (source.failed !== null) throw source.failed.reason;
  if (source.ended || branch.cancelled) return null;
  branch.wake = wake;
  if (!source.asked) {
    source.asked = true;
    host.netRead(source.id, PIECE);
  }
  return undefined;
}

/** Nobody reads this branch any more; the last one ends the transfer. */
export function cancel(branch: Branch): void {
  const { source } = branch;
  branch.cancelled = true;
  branch.queue = list();
  branch.at = 0;
  for (let i = 0; i < source.branches.length; i++) if (!(source.branches[i] as Branch).cancelled) return;
  end(source);
}

function end(source: Source): void {
  if (source.ended) return;
  source.ended = true;
  if (MapDelete(open, source.id)) host.netCancel(source.id);
  wakeAll(source);
}

function wakeAll(source: Source): void {
  for (let i = 0; i < source.branches.length; i++) {
    const branch = source.branches[i] as Branch;
    const { wake } = branch;
    branch.wake = null;
    if (wake !== null) wake();
  }
}

/** Ends a transfer from outside: its readers get the reason. */
export function breakOff(branch: Branch, reason: unknown): void {
  const { source } = branch;
  if (source.ended) return;
  source.failed = { reason };
  end(source);
}

/** A piece, the end (null), or a failure for the body of the request `id`. */
export function receivePiece(id: number, bytes: ArrayBuffer | null, failure?: Error): void {
  const source = MapGet<Source>(open, id);
  if (source === undefined) return;
  source.asked = false;
  if (bytes === null) {
    source.ended = true;
    if (failure !== undefined) source.failed = { reason: failure };
    MapDelete(open, id);
  } else {
    const piece = new Bytes(bytes);
    let given = false;
    for (let i = 0; i < source.branches.length; i++) {
      const branch = source.branches[i] as Branch;
      if (branch.cancelled) continue;
      branch.queue[branch.queue.length] = given ? copy(piece) : piece;
      given = true;
    }
  }
  wakeAll(source);
}

/** All that is left, in one buffer. */
export function collect(
  branch: Branch,
  done: (bytes: ArrayBuffer) => void,
  fail: (reason: unknown) => void,
): void {
  const pieces: Uint8Array[] = list();
  let size = 0;
  const step = (): void => {
    try {
      for (;;) {
        const piece = next(branch, step);
        if (piece === undefined) return;
        if (piece === null) break;
        pieces[pieces.length] = piece;
        size += typedArrayByteLength(piece);
      }
      done(joined(pieces, size));
    } catch (error) {
      fail(error);
    }
  };
  step();
}

function joined(pieces: Uint8Array[], size: number): ArrayBuffer {
  const whole = new ArrayBufferCtor(size);
  const bytes = new Bytes(whole);
  let at = 0;
  for (let i = 0; i < pieces.length; i++) {
    const piece = pieces[i] as Uint8Array;
    typedArraySet(bytes, piece, at);
    at += typedArrayByteLength(piece);
  }
  return whole;
}
