/** One cell as the host knows it: what it was given, what it owes, and when patience ends. */
import type { ErrorCode } from '../core/errors.ts';
import type { CellTransport, ModuleSource, Platform } from '../platform/types.ts';
import { STOP_CANCEL, STOP_TIMEOUT } from '../protocol/control.ts';
import type { EngineName } from '../protocol/engines.ts';
import type { HostMessage } from '../protocol/messages.ts';
import { encodeReply, NET_CAPS } from '../protocol/net.ts';
import {
  type DoneFrame,
  type Frame,
  type MessageCaps,
  type NetFrame,
  parseMessage,
} from '../protocol/parse.ts';
import { filesCap } from './files.ts';
import { type Machine, machineOf } from './machine.ts';
import type { Loadable } from './modules.ts';
import { settleDone } from './outcome.ts';
import type { EndCode, Run } from './run.ts';
import type { Watchdog, Watched } from './watchdog.ts';

/** The cell keeps the guest's time itself, from the first instruction; the way there and back is not the guest's. */
const TRAVEL_MS = 25;
/** From a stop request to the answer without the cell: its in-guest tick needs a millisecond or two. */
const GRACE_MS = 60;
/** A caller who cancels has no deadline to be held to: the cell gets the time to keep its place. */
const CANCEL_GRACE_MS = 250;
const START_MS = 20_000;
/** A guest that the cell has not even begun is looked at this often, and waited for so long: that is not the guest's time. */
const BEGIN_LOOK_MS = 50;
const BEGIN_MS = 20_000;
/** A crowded machine gets at most so many times the patience. */
const MOST_CROWDING = 16;
const MOST_LATE_MS = 500;
/** A cell that compiles a module itself. */
const LOAD_MS = 20_000;
/** Native modules a cell keeps. */
const MAX_MODULES = 8;
/** An idle cell is asked for a sign of life this often: one that ran out of heap sends no event. */
const HEARTBEAT_MS = 5_000;
const PONG_MS = 5_000;
/** How much guessed work may wait inside a cell. */
const PREFETCH_MS = 4;
const MAX_PREFETCH = 64;
/** A run that lasts this long gives back what waits behind it. */
const STALL_MS = 20;
/** Small frames of one request: reads, and its end. */
const NET_FRAME_BYTES = 64;
const FRAMES = 10_000;
/** Frames beyond what the limits explain: pongs, withdrawals, framing. */
const SPARE_BYTES = 256 * 1024;

export interface SessionEvents {
  /** It became ready, or finished or gave back something: there may be room for more. */
  changed(session: CellSession): void;
  /** It is gone; `unstarted` runs lost nothing and want another cell. */
  dead(session: CellSession, reason: string, unstarted: readonly Run[]): void;
  /** These were given back untouched. */
  returned(runs: readonly Run[]): void;
}

export class CellSession implements Watched {
  /** The engine and trust domain it is bound to for life; null while a spare. */
  domain: string | null = null;
  readonly engine: EngineName;
  state: 'starting' | 'ready' | 'dead' = 'starting';
  deadline: number;
  executions = 0;
  peakMemory = 0;
  boundAt = 0;
  idleSince = 0;
  /** Gets no more runs; replaced when those it has are done. */
  retiring = false;
  readonly ready: Promise<boolean>;
  readonly #platform: Platform;
  readonly #watchdog: Watchdog;
  readonly #events: SessionEvents;
  readonly #machine: Machine;
  /** Null before its turn to start. */
  #transport: CellTransport | null = null;
  readonly #started: () => void;
  readonly #inFlight: Run[] = [];
  #hasStarted = false;
  #spawnedAt = 0;
  #resolveReady: (ready: boolean) => void = () => {};
  #outbox: HostMessage[] = [];
  #nextId = 1;
  /** What the deadline means now. */
  #waitingFor: 'start' | 'load' | 'guest' | 'host' | 'stop' | 'heartbeat' | 'pong' = 'start';
  /** Of the guest's time, what is left while its host functions work; and how long they did, the way there and back included. */
  #guestMsLeft = 0;
  #hostSince = 0;
  #hostMs = 0;
  /** When what is waited for is overdue; `deadline` may come earlier, for the stall. */
  #patience: number;
  #stallAt = Number.POSITIVE_INFINITY;
  #received = 0;
  /** The cell was asked when it began the current run. */
  #hasAsked = false;
  /** Smoothed milliseconds of a run in this cell; null before the first. */
  #typicalMs: number | null = null;

  /** Native modules the cell has or is getting, least recently used first; with the id of the answer awaited. */
  readonly #modules: Map<string, number> = new Map();
  /** Of what the cell is asked to do next to runs. */
  #nextLoad = 1;

  /** @param owner whose turn its start is: owners take turns */
  constructor(
    platform: Platform,
    watchdog: Watchdog,
    engine: EngineName,
    owner: object,
    events: SessionEvents,
  ) {
    this.#platform = platform;
    this.#machine = machineOf(platform);
    this.engine = engine;
    this.#watchdog = watchdog;
    this.#events = events;
    const { promise, resolve } = Promise.withResolvers<boolean>();
    this.ready = promise;
    this.#resolveReady = resolve;
    this.#patience = Number.POSITIVE_INFINITY;
    this.deadline = this.#patience;
    watchdog.watch(this);
    this.#started = this.#machine.start(owner, () => this.#start());
  }

  #start(): void {
    this.#transport = this.#platform.spawn(
      { engine: this.engine },
      { message: data => this.#receive(data), exit: reason => this.#die('CELL_CRASHED', reason, false) },
    );
    this.#spawnedAt = this.#platform.now();
    this.#await('start', this.#spawnedAt + START_MS);
  }

  /** It became ready once. */
  get hasStarted(): boolean {
    return this.#hasStarted;
  }

  get load(): number {
    return this.#inFlight.length;
  }

  /** How many more runs it should be given now. */
  get room(): number {
    if (this.state !== 'ready' || this.retiring || this.#waitingFor === 'stop') return 0;
    // Who is put behind a run that waits for another run may be what that one waits for.
    if (this.waits || (this.#inFlight[0]?.request.depth ?? 0) > 0) return 0;
    const depth = this.#typicalMs === null ? 1 : Math.floor(PREFETCH_MS / Math.max(this.#typicalMs, 0.01));
    return Math.min(MAX_PREFETCH, Math.max(1, depth)) - this.#inFlight.length;
  }

  /** Its guest waits for host functions. */
  get waits(): boolean {
    return this.#waitingFor === 'host';
  }

  /** How deep the run is that it works on; -1 when idle. */
  get depth(): number {
    return this.#inFlight[0]?.request.depth ?? -1;
  }

  dispatch(run: Run): void {
    const id = this.#nextId;
    this.#nextId = id === 0x7fff_ffff ? 1 : id + 1;
    run.wireId = id;
    this.#inFlight.push(run);
    const { code, module, job, input } = run.request;
    if (module !== null) this.#load(module);
    this.#post({ type: 'run', id, code, job, input });
    if (this.#inFlight.length === 1) {
      this.#transport?.ref(true);
      this.#machine.ran(1);
      this.#headChanged();
    } else if (this.#stallAt === Number.POSITIVE_INFINITY) {
      this.#stallAt = this.#platform.now() + STALL_MS;
      this.#aim();
    }
  }

  /** Ends a run this cell holds; it is answered when the cell lets go of it, or when its grace is over. */
  end(run: Run, code: EndCode, message: string): void {
    run.ending = { code, message };
    this.#post({ type: 'cancel', id: run.wireId });
    if (run !== this.#inFlight[0]) {
      run.fail(code, message);
      return;
    }
    this.#stop(code === 'TIMEOUT' ? STOP_TIMEOUT : STOP_CANCEL);
  }

  holds(run: Run): boolean {
    return this.#inFlight.includes(run);
  }

  /** Destroys it now. Runs it holds are answered by the caller of this method. */
  destroy(): readonly Run[] {
    if (this.state === 'dead') return [];
    this.state = 'dead';
    this.#watchdog.unwatch(this);
    this.#transport?.terminate();
    this.#started();
    if (this.#inFlight.length > 0) this.#machine.ran(-1);
    this.#resolveReady(false);
    return this.#inFlight.splice(0);
  }

  expired(now: number): void {
    if (now >= this.#stallAt) {
      this.#stallAt = Number.POSITIVE_INFINITY;
      if (this.#inFlight.length > 1) this.#post({ type: 'withdraw' });
    }
    if (now < this.#patience) {
      this.#aim();
      return;
    }
    const head = this.#inFlight[0];
    if (this.#waitingFor === 'load') this.#die('TIMEOUT', 'the module takes too long to compile', true);
    else if (this.#waitingFor === 'start' && now < this.#spawnedAt + START_MS * this.#crowding)
      this.#await('start', this.#spawnedAt + START_MS * this.#crowding);
    else if (this.#waitingFor === 'start')
      this.#die('CELL_START_FAILED', 'it did not become ready in time', false);
    else if (this.#waitingFor === 'pong') this.#die('CELL_CRASHED', 'it gave no sign of life', false);
    else if (this.#waitingFor === 'heartbeat') {
      this.#post({ type: 'ping', id: 0 });
      this.#await('pong', now + PONG_MS * this.#crowding);
    } else if (this.#waitingFor === 'guest' && head !== undefined) {
      if (this.#hasTime(head, now)) return;
      const { timeoutMs } = head.request.limits;
      head.ending ??= {
        code: 'TIMEOUT',
        message: `the plugin ran longer than limits.timeoutMs = ${timeoutMs}`,
      };
      this.#stop(STOP_TIMEOUT);
    } else if (head !== undefined) this.#abandon(head);
  }

  get #crowding(): number {
    return Math.min(MOST_CROWDING, this.#machine.crowding);
  }

  /**
   * Whether the guest was begun later than it was handed over, and has time left; then the deadline is set anew. What the cell says
   * of that is believed once for each run: a cell that lies gains its limit once more, and one that never begins 20 s.
   */
  #hasTime(head: Run, now: number): boolean {
    if (this.#hasAsked) return false;
    const begunMsAgo = this.#transport?.begunMsAgo(head.wireId) ?? null;
    const handedOver = head.startedAt ?? now;
    if (begunMsAgo === null) {
      if (now >= handedOver + BEGIN_MS) return false;
      this.#await('guest', now + BEGIN_LOOK_MS);
      return true;
    }
    this.#hasAsked = true;
    const begun = Math.max(handedOver, now - begunMsAgo);
    const until = begun + head.request.limits.timeoutMs + TRAVEL_MS + this.#hostMs;
    if (until <= now) return false;
    this.#await('guest', until);
    return true;
  }

  #await(what: 'start' | 'load' | 'guest' | 'host' | 'stop' | 'heartbeat' | 'pong', until: number): void {
    this.#waitingFor = what;
    this.#patience = until;
    this.#aim();
  }

  #aim(): void {
    this.deadline = Math.min(this.#patience, this.#stallAt);
    this.#watchdog.moved(this);
  }

  #stop(reason: number): void {
    const head = this.#inFlight[0];
    if (head === undefined || this.#waitingFor === 'stop') return;
    this.#transport?.stop(head.wireId, reason);
    const now = this.#platform.now();
    // A host that comes late to its own deadline shares its processors with others than its cells.
    const late = Math.min(MOST_LATE_MS, Math.max(0, now - this.#patience));
    const grace = head.ending?.code === 'CANCELLED' ? CANCEL_GRACE_MS : GRACE_MS * this.#crowding + late;
    this.#await('stop', now + grace);
  }

  /** The cell did not stop when asked: the caller gets the answer, the cell gets terminated. */
  #abandon(head: Run): void {
    const { code, message } = head.ending ?? { code: 'TIMEOUT' as const, message: 'the plugin did not stop' };
    this.#die(code, message, true);
  }

  /** A new run has come to the head of the cell's queue, or none is left. */
  #headChanged(): void {
    const now = this.#platform.now();
    const head = this.#inFlight[0];
    this.#received = 0;
    this.#hasAsked = false;
    this.#hostMs = 0;
    if (head === undefined) {
      this.idleSince = now;
      this.#stallAt = Number.POSITIVE_INFINITY;
      this.#transport?.ref(false);
      this.#await('heartbeat', now + HEARTBEAT_MS);
      return;
    }
    const module = head.request.module;
    if (module !== null && this.#modules.get(module.key) !== 0) {
      // Its time begins when the cell has the module.
      this.#await('load', now + LOAD_MS);
      if (head.ending !== null) this.#stop(STOP_CANCEL);
      return;
    }
    head.startedAt = now;
    if (this.#inFlight.length > 1) this.#stallAt = now + STALL_MS;
    this.#await('guest', now + head.request.limits.timeoutMs + TRAVEL_MS);
    if (head.ending !== null) this.#stop(STOP_CANCEL);
  }

  /** Sees to it that the cell has this module before the run that follows. */
  #load(module: Loadable): void {
    const known = this.#modules.get(module.key);
    const id = known ?? this.#nextLoad++;
    this.#modules.delete(module.key);
    this.#modules.set(module.key, id);
    if (known !== undefined) return;
    const source = module.answer as ModuleSource;
    this.#post({
      type: 'load',
      id,
      key: module.key,
      module: source.module,
      bytes: source.bytes,
      info: source.info,
    });
    const [oldest] = this.#modules.keys();
    if (this.#modules.size <= MAX_MODULES || oldest === undefined) return;
    this.#modules.delete(oldest);
    this.#post({ type: 'unload', key: oldest });
  }

  #loaded(id: number): void {
    for (const [key, awaited] of this.#modules) {
      if (awaited === id) this.#modules.set(key, 0);
    }
    if (this.#waitingFor === 'load') this.#headChanged();
  }

  #post(message: HostMessage): void {
    this.#outbox.push(message);
    if (this.#outbox.length > 1) return;
    // One message for everything that is said in this turn.
    queueMicrotask(() => {
      const batch = this.#outbox;
      this.#outbox = [];
      if (this.state !== 'dead') this.#transport?.post(batch);
    });
  }

  #receive(data: unknown): void {
    if (this.state === 'dead') return;
    try {
      for (const frame of parseMessage(data, this.#caps())) {
        this.#take(frame);
        if ((this.state as string) === 'dead') return;
      }
    } catch {
      this.#die('PROTOCOL_VIOLATION', 'a cell sent what no healthy cell sends', true);
      return;
    }
    this.#events.changed(this);
  }

  /** What the runs in flight could explain. */
  #caps(): MessageCaps {
    const request = this.#inFlight[0]?.request;
    if (request === undefined) return { bytes: SPARE_BYTES };
    const { limits, writable, network } = request;
    const { functionCalls, functionsInFlight, functionInputBytes } = limits;
    const files = writable.length === 0 ? 0 : filesCap(limits);
    const { requests, uploadBytes } = network.egress.limits;
    // Calls, reads and cancels of each.
    const calls = functionCalls + functionsInFlight + NET_CAPS.spareRequests;
    const asked =
      uploadBytes + NET_CAPS.headBytes + functionInputBytes + NET_FRAME_BYTES * (requests + 3 * calls);
    const bytes = SPARE_BYTES + limits.outputBytes + 4 * limits.logBytes + files + asked;
    const runs = this.#inFlight.length;
    return { bytes: bytes * runs, frames: FRAMES + 3 * (requests + calls) * runs };
  }

  #take(frame: Frame): void {
    if (frame.type === 'failed') {
      this.#die(this.state === 'starting' ? 'CELL_START_FAILED' : 'CELL_CRASHED', frame.text, false);
    } else if (frame.type === 'ready') {
      if (this.state !== 'starting') throw new Error('ready twice');
      this.state = 'ready';
      this.#hasStarted = true;
      this.#started();
      this.#resolveReady(true);
      this.#headChanged();
    } else if (frame.type === 'pong') {
      if (this.#waitingFor === 'pong') this.#await('heartbeat', this.#platform.now() + HEARTBEAT_MS);
    } else if (frame.type === 'withdrawn') this.#withdrawn(frame.id);
    else if (frame.type === 'loaded') this.#loaded(frame.id);
    else if (frame.type === 'net') this.#network(frame);
    else this.#headFrame(frame);
  }

  #network({ id, call }: NetFrame): void {
    const head = this.#inFlight[0];
    if (head === undefined || id !== head.wireId) throw new Error('not the current run');
    const isCurrent = (): boolean => this.state !== 'dead' && !head.settled && head === this.#inFlight[0];
    const isHealthy = head.requests.handle(call, {
      answer: (reply, way) => {
        if (!isCurrent()) return;
        const bytes = encodeReply(reply);
        if (way === 'window') this.#transport?.reply(head.wireId, bytes);
        else this.#post({ type: 'net', id: head.wireId, bytes });
      },
      waits: waiting => {
        if (isCurrent()) this.#hostWorks(waiting);
      },
      broken: () => {
        if (isCurrent()) this.#die('PROTOCOL_VIOLATION', 'a cell sent what no healthy cell sends', true);
      },
    });
    if (!isHealthy) throw new Error('a request out of order');
  }

  /**
   * Waiting for the host is not the guest's time: while a call is under way, patience ends with the run. Whether the guest
   * computes meanwhile only its cell knows, which counts it; a cell that does not is held to the run's own deadline.
   */
  #hostWorks(begins: boolean): void {
    const now = this.#platform.now();
    if (begins && this.#waitingFor === 'guest') {
      this.#guestMsLeft = Math.max(0, this.#patience - now);
      this.#hostSince = now;
      this.#await('host', Number.POSITIVE_INFINITY);
    } else if (!begins && this.#waitingFor === 'host') {
      this.#hostMs += now - this.#hostSince + TRAVEL_MS;
      this.#await('guest', now + this.#guestMsLeft + TRAVEL_MS);
    }
  }

  #headFrame(frame: Frame & { type: 'log' | 'done' }): void {
    const head = this.#inFlight[0];
    if (head === undefined || frame.id !== head.wireId) throw new Error('not the current run');
    if (frame.type === 'log') {
      this.#received += frame.bytes;
      const { logBytes, logEntries } = head.request.limits;
      if (this.#received > SPARE_BYTES + 4 * logBytes + 16 * logEntries) throw new Error('log flood');
      head.addLogs(frame.records);
      return;
    }
    this.#finish(head, frame);
  }

  #finish(run: Run, done: DoneFrame): void {
    run.addLogs(done.logs);
    // Throws for a malformed value: the run is then still the head, and answered as a violation.
    if (!run.settled) settleDone(run, done);
    this.#inFlight.shift();
    if (this.#inFlight.length === 0) this.#machine.ran(-1);
    this.executions++;
    this.peakMemory = Math.max(this.peakMemory, done.memoryBytes ?? 0);
    const took = this.#platform.now() - (run.startedAt ?? 0);
    this.#typicalMs = this.#typicalMs === null ? took : this.#typicalMs * 0.8 + took * 0.2;
    this.#headChanged();
  }

  #withdrawn(id: number): void {
    const at = this.#inFlight.findIndex(run => run.wireId === id);
    const [run] = at > 0 ? this.#inFlight.splice(at, 1) : [];
    if (run === undefined) throw new Error('not a waiting run');
    if (!run.settled) this.#events.returned([run]);
  }

  #die(code: ErrorCode, reason: string, terminated: boolean): void {
    if (this.state === 'dead') return;
    const failedStart = this.state === 'starting';
    const [head, ...unstarted] = this.destroy();
    if (head !== undefined) {
      const ending = head.ending;
      const text = code === 'CELL_CRASHED' ? `the cell died while the plugin ran: ${reason}` : reason;
      head.fail(ending?.code ?? code, ending?.message ?? text, { terminated: terminated || !failedStart });
    }
    const waiting = unstarted.filter(run => !run.settled);
    this.#events.dead(this, reason, waiting);
  }
}
