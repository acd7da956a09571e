/** Cells of one sandbox: who gets one, who waits, what is kept warm, when one is replaced. */
import { SandboxError } from '../core/errors.ts';
import type { Limits } from '../core/limits.ts';
import type { Platform } from '../platform/types.ts';
import type { EngineName } from '../protocol/engines.ts';
import { Deque } from './deque.ts';
import type { EndCode, Run } from './run.ts';
import { CellSession, type SessionEvents } from './session.ts';
import type { Watchdog } from './watchdog.ts';

/** Starts that fail in a row before those who wait are told. */
const START_ATTEMPTS = 3;
/** A cell whose guest once held this much is replaced when idle: WebAssembly memory never shrinks. */
const RECYCLE_MEMORY_BYTES = 64 * 1024 * 1024;
/** A plugin that has no cell and has waited this long takes one from a plugin that has. */
const FAIR_MS = 100;

export class CellPool {
  readonly #platform: Platform;
  readonly #watchdog: Watchdog;
  readonly #limits: Limits;
  /** Cells one trust domain may have. */
  readonly #perDomain: number;
  /** Waiting runs by engine, trust domain and depth; the order of the map is whose turn it is. */
  readonly #waiting: Map<string, Deque<Run>> = new Map();
  #waitingCount = 0;
  /** Cells bound to a domain. */
  readonly #cells: Set<CellSession> = new Set();
  /** One cell of each engine in use, kept ready for the next plugin or to step in for a terminated one. */
  readonly #spares: Set<CellSession> = new Set();
  #failedStarts = 0;
  #closed = false;
  #scheduled = false;
  readonly #events: SessionEvents = {
    changed: session => this.#changed(session),
    dead: (session, reason, unstarted) => this.#dead(session, reason, unstarted),
    returned: runs => this.#putBack(runs),
  };

  constructor(
    platform: Platform,
    watchdog: Watchdog,
    limits: Limits,
    perDomain: number = limits.concurrency,
  ) {
    this.#platform = platform;
    this.#watchdog = watchdog;
    this.#limits = limits;
    this.#perDomain = perDomain;
  }

  /** Queues a run, or answers it with QUEUE_FULL. */
  submit(run: Run): void {
    // Runs that a cell can take at once do not count as waiting.
    const capacity =
      this.#limits.queueLength + Math.max(0, this.#limits.concurrency - this.#busyCells(run.request.depth));
    if (this.#waitingCount >= capacity) {
      run.fail(
        'QUEUE_FULL',
        `${this.#waitingCount} runs wait already, limits.queueLength = ${this.#limits.queueLength}`,
      );
      return;
    }
    this.#queueOf(run.queue).push(run);
    this.#waitingCount++;
    this.#schedule();
  }

  /** Ends a run wherever it is. */
  end(run: Run, code: EndCode, message: string): void {
    if (run.settled) return;
    const queue = this.#waiting.get(run.queue);
    if (queue?.remove(run)) {
      this.#waitingCount--;
      if (queue.length === 0) this.#waiting.delete(run.queue);
      run.fail(code, message);
      return;
    }
    for (const session of this.#cells) {
      if (session.holds(run)) {
        session.end(run, code, message);
        return;
      }
    }
    run.fail(code, message);
  }

  async warm(engine: EngineName): Promise<void> {
    const ready = [...this.#cells, ...this.#spares].some(
      session => session.engine === engine && session.state === 'ready',
    );
    if (ready) return;
    const session = this.#spareFor(engine) ?? this.#spawnSpare(engine);
    if (!(await session.ready) && !this.#closed) {
      throw new SandboxError('CELL_START_FAILED', 'a cell did not start');
    }
  }

  /** Cells that exist, and those of them that are bound to a domain. */
  count(): { readonly cells: number; readonly bound: number } {
    return { cells: this.#cells.size + this.#spares.size, bound: this.#cells.size };
  }

  /** Lets a domain's cells go: each when it has answered what it took. */
  release(domain: string): void {
    for (const session of [...this.#cells]) {
      if (session.domain !== domain) continue;
      session.retiring = true;
      if (session.load === 0) this.#changed(session);
    }
  }

  close(): void {
    this.#closed = true;
    const message = 'the sandbox was closed';
    for (const queue of this.#waiting.values())
      for (const run of queue.drain()) run.fail('CANCELLED', message);
    this.#waiting.clear();
    this.#waitingCount = 0;
    for (const session of [...this.#cells, ...this.#spares]) {
      for (const run of session.destroy()) run.fail('CANCELLED', message, { terminated: true });
    }
    this.#cells.clear();
    this.#spares.clear();
  }

  #queueOf(domain: string): Deque<Run> {
    let queue = this.#waiting.get(domain);
    if (queue === undefined) {
      queue = new Deque();
      this.#waiting.set(domain, queue);
    }
    return queue;
  }

  #busyCells(depth: number): number {
    let busy = 0;
    for (const session of this.#cells) if (session.depth === depth) busy++;
    return busy;
  }

  /**
   * Cells a run of this depth finds taken: by runs as deep as it, or by nobody yet. Those of other depths do not count, since a run
   * that waits for a deeper one must not be what keeps it from a cell; so each depth has cells of its own.
   */
  #taken(depth: number): number {
    let taken = 0;
    for (const session of this.#cells) if (session.load === 0 || session.depth === depth) taken++;
    return taken;
  }

  #putBack(runs: readonly Run[]): void {
    for (const run of runs) {
      this.#queueOf(run.queue).unshift([run]);
      this.#waitingCount++;
    }
    this.#schedule();
  }

  /** Once a turn, however many frames and submissions ask for it. */
  #schedule(): void {
    if (this.#scheduled || this.#closed || this.#waitingCount === 0) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      if (!this.#closed) this.#assign();
    });
  }

  /** Gives waiting runs to cells, one per domain and round, until nobody can be served. */
  #assign(): void {
    let served = true;
    while (served && this.#waitingCount > 0) {
      served = false;
      for (const turn of this.#turns()) {
        const queue = this.#waiting.get(turn);
        const head = queue?.peek();
        const session = queue === undefined || head === undefined ? null : this.#cellFor(head, queue.length);
        const run = session === null ? undefined : queue?.shift();
        if (queue === undefined || session === null || run === undefined) continue;
        this.#waitingCount--;
        // Whoever was served goes to the end of the line.
        this.#waiting.delete(turn);
        if (queue.length > 0) this.#waiting.set(turn, queue);
        served = true;
        // Its time may have run out a moment before the watchdog looks.
        if (run.deadline <= this.#platform.now()) run.expired();
        else session.dispatch(run);
      }
    }
    this.#makeRoom();
  }

  /** Who waits, those without a cell first. */
  #turns(): string[] {
    const bound = new Set([...this.#cells].map(session => session.domain));
    const turns = [...this.#waiting.keys()];
    if (turns.length < 2) return turns;
    const hasCell = (turn: string): boolean => bound.has(this.#waiting.get(turn)?.peek()?.place ?? '');
    return [...turns.filter(turn => !hasCell(turn)), ...turns.filter(hasCell)];
  }

  /** Retires a cell for a domain that has none and has waited too long. */
  #makeRoom(): void {
    if (this.#cells.size < this.#limits.concurrency) return;
    const bound = new Set([...this.#cells].map(session => session.domain));
    const patience = this.#platform.now() - FAIR_MS;
    let starving = 0;
    for (const queue of this.#waiting.values()) {
      const head = queue.peek();
      if (head !== undefined && !bound.has(head.place) && head.submittedAt < patience) starving++;
    }
    for (const session of this.#cells) if (session.retiring) starving--;
    // Whoever just got a cell keeps it for its turn, so that plugins take turns instead of cells away.
    const candidates = [...this.#cells]
      .filter(session => session.state === 'ready' && !session.retiring && session.boundAt < patience)
      .sort((a, b) => a.load - b.load);
    for (const victim of candidates.slice(0, Math.max(0, starving))) victim.retiring = true;
    for (const session of candidates) if (session.retiring && session.load === 0) this.#changed(session);
  }

  /** The ready cell that takes this domain's next run; starts one when that is what is missing. */
  #cellFor({ place: domain, engine, request }: Run, waiting: number): CellSession | null {
    const { depth } = request;
    let best: CellSession | null = null;
    let coming = 0;
    let own = 0;
    for (const session of this.#cells) {
      if (session.domain !== domain) continue;
      if (session.load === 0 || session.depth === depth) own++;
      if (session.state === 'starting') coming++;
      // A run inside another never stands behind one: that may be waiting for it.
      else if (session.room > 0 && (depth === 0 || session.load === 0))
        if (best === null || session.load < best.load) best = session;
    }
    if (best?.load === 0 || own >= this.#perDomain) return best;
    const place = this.#taken(depth) < this.#limits.concurrency;
    const spare = this.#spareFor(engine, 'ready');
    // A free cell beats a place in the queue of a busy one; a cell that has yet to start does not.
    if (best !== null && !(place && spare !== undefined)) return best;
    if (coming >= waiting) return null;
    const fresh = this.#bind(domain, engine, spare, depth);
    return fresh?.state === 'ready' ? fresh : null;
  }

  /** Binds a spare or new cell to the domain, at the cost of an idle foreign one when all places are taken. */
  #bind(
    domain: string,
    engine: EngineName,
    spare: CellSession | undefined,
    depth: number,
  ): CellSession | null {
    if (this.#taken(depth) >= this.#limits.concurrency && !this.#evict(domain)) return null;
    const chosen = spare ?? this.#spareFor(engine) ?? this.#spawn(engine);
    this.#spares.delete(chosen);
    chosen.domain = domain;
    chosen.boundAt = this.#platform.now();
    this.#cells.add(chosen);
    if (chosen.state === 'ready') this.#replenish(engine);
    return chosen;
  }

  /** Destroys the longest idle cell of another domain that has no use for it. */
  #evict(domain: string): boolean {
    let victim: CellSession | null = null;
    for (const session of this.#cells) {
      if (session.load > 0 || session.state !== 'ready' || session.domain === domain) continue;
      if (this.#isWaitedFor(session.domain)) continue;
      if (victim === null || session.idleSince < victim.idleSince) victim = session;
    }
    if (victim === null) return false;
    this.#cells.delete(victim);
    victim.destroy();
    return true;
  }

  #isSurplus(): boolean {
    if (this.#cells.size <= this.#limits.concurrency) return false;
    for (const session of this.#cells) if (session.waits) return false;
    return this.#taken(0) > this.#limits.concurrency;
  }

  #isWaitedFor(place: string | null): boolean {
    for (const queue of this.#waiting.values()) if (queue.peek()?.place === place) return true;
    return false;
  }

  #spareFor(engine: EngineName, state?: CellSession['state']): CellSession | undefined {
    return [...this.#spares].find(
      session => session.engine === engine && (state === undefined || session.state === state),
    );
  }

  #spawn(engine: EngineName): CellSession {
    return new CellSession(this.#platform, this.#watchdog, engine, this, this.#events);
  }

  #spawnSpare(engine: EngineName): CellSession {
    const session = this.#spawn(engine);
    this.#spares.add(session);
    return session;
  }

  #replenish(engine: EngineName): void {
    if (this.#closed || this.#spareFor(engine) !== undefined) return;
    this.#spawnSpare(engine);
  }

  #changed(session: CellSession): void {
    this.#failedStarts = 0;
    const { maxExecutions } = this.#limits;
    if (session.executions >= maxExecutions || session.peakMemory > RECYCLE_MEMORY_BYTES)
      session.retiring = true;
    // Cells that runs inside others needed go with the last of them.
    if (session.load === 0 && this.#cells.has(session) && this.#isSurplus()) session.retiring = true;
    if (session.retiring && session.load === 0 && this.#cells.delete(session)) session.destroy();
    // The spare starts after the first answer, so that a cold start has the machine to itself.
    if (session.executions > 0) this.#replenish(session.engine);
    this.#schedule();
  }

  #dead(session: CellSession, reason: string, unstarted: readonly Run[]): void {
    this.#cells.delete(session);
    this.#spares.delete(session);
    if (this.#closed) return;
    if (!session.hasStarted && ++this.#failedStarts >= START_ATTEMPTS) {
      this.#failedStarts = 0;
      for (const queue of this.#waiting.values()) {
        for (const run of queue.drain()) run.fail('CELL_START_FAILED', `no cell starts: ${reason}`);
      }
      this.#waiting.clear();
      this.#waitingCount = 0;
    }
    this.#putBack(unstarted);
  }
}
