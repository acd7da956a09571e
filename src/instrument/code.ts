/** Writes the code section again, function by function, with what the walk planned for each. */
import { DEFAULT_CAPS } from './caps.ts';
import { type Appended, Emitter, type OwnLocals } from './emit.ts';
import type { ModuleInfo } from './layout.ts';
import { signatureOf } from './module.ts';
import type { FuelOptions, InstrumentOptions, InstrumentStats } from './options.ts';
import { Insert, Plan } from './plan.ts';
import { readLocals } from './prescan.ts';
import { Reader } from './reader.ts';
import { ValueType } from './types.ts';
import { Walker } from './walk.ts';
import { Writer } from './writer.ts';

/** Place behind every other. */
const NOWHERE = Number.POSITIVE_INFINITY;

type CodeStats = { -readonly [K in 'loops' | 'skippedLoops' | 'bulkOperations']: InstrumentStats[K] };

export class CodeWriter {
  readonly stats: CodeStats = { loops: 0, skippedLoops: 0, bulkOperations: 0 };
  readonly #module: ModuleInfo;
  readonly #fuel: FuelOptions | undefined;
  readonly #plan: Plan = new Plan();
  readonly #walker: Walker;
  readonly #body: Writer = new Writer(4096);

  constructor(module: ModuleInfo, { fuel, allowAtomics, allowExceptions, caps }: InstrumentOptions) {
    this.#module = module;
    this.#fuel = fuel;
    const rules = {
      allowAtomics: allowAtomics ?? false,
      allowExceptions: allowExceptions ?? false,
      caps: { ...DEFAULT_CAPS, ...caps },
    };
    this.#walker = new Walker(module, rules, this.#plan);
  }

  /** `tick` writes the call to the host. */
  write(appended: Appended, tick: (out: Writer) => void): Writer {
    const { bodies, bytes } = this.#module;
    const fuel = this.#fuel;
    const emit = fuel && new Emitter(this.#body, appended, fuel.width);
    const functions = bodies.length / 2;
    const size = (bodies.at(-1) ?? 0) - (bodies[0] ?? 0);
    const out = new Writer(Math.ceil(size * 1.25) + 1024);
    out.u32(functions + (fuel ? 2 : 0));
    for (let i = 0; i < functions; i++) {
      const start = bodies[i * 2] as number;
      const end = bodies[i * 2 + 1] as number;
      const { values, localsEnd } = this.#scan(i, start, end);
      if (emit && fuel && this.#writeBody(i, start, end, localsEnd, values, emit, fuel))
        out.sized(this.#body.view());
      else {
        out.u32(end - start);
        out.bytes(bytes, start, end);
      }
    }
    if (emit) {
      this.#body.clear();
      emit.tickBody(() => tick(this.#body));
      out.sized(this.#body.view());
      this.#body.clear();
      emit.refillBody();
      out.sized(this.#body.view());
    }
    return out;
  }

  /** Plans a body: also what refuses instructions the options do not allow. */
  #scan(defined: number, start: number, end: number): { values: number; localsEnd: number } {
    const module = this.#module;
    const reader = new Reader(module.bytes, start, end);
    const locals = readLocals(reader);
    const localsEnd = reader.pos;
    const { params, results } = signatureOf(module, module.importCounts.function + defined);
    const values = params.length + locals;
    this.#walker.read(reader, results, values);
    this.stats.loops += this.#plan.loops;
    this.stats.bulkOperations += this.#plan.bulk;
    return { values, localsEnd };
  }

  /** Writes the charged body; false when it has no charge, and its bytes can be copied. */
  #writeBody(
    defined: number,
    start: number,
    end: number,
    localsEnd: number,
    values: number,
    emit: Emitter,
    fuel: FuelOptions,
  ): boolean {
    const { bytes, importCounts } = this.#module;
    const plan = this.#plan;
    const { places, inserts, costs, dispatch } = plan;
    const interpreter = fuel.interpreters?.has(importCounts.function + defined) === true;
    if (interpreter) this.stats.skippedLoops += dispatch.filter(Boolean).length;
    const first = fuel.charge === 'loops' || interpreter ? 1 : 0;
    if (places.length === first) return false;
    if (plan.loops > 0 && !interpreter) plan.findRegions();

    const body = this.#body;
    body.clear();
    const locals = this.#writeLocals(start, localsEnd, values, emit.fuelType);
    let copied = localsEnd;
    let move = 0;
    for (let point = first; point < places.length || move < plan.moves.length; ) {
      const place = places[point] ?? NOWHERE;
      const next = plan.moves[move];
      if (next !== undefined && plan.movesFirst(next, place)) {
        const at = plan.placeOf(next);
        body.bytes(bytes, copied, at);
        copied = at;
        if (plan.isLoad(next)) emit.load(locals.fuel);
        else emit.store(locals.fuel);
        move++;
        continue;
      }
      if (!(interpreter && dispatch[point] === true)) {
        body.bytes(bytes, copied, place);
        copied = place;
        const cached = plan.isCached(point) ? locals.fuel : null;
        if (inserts[point] === Insert.Static)
          emit.static(Math.min(costs[point] as number, fuel.maxRegionCost ?? Infinity), cached);
        else emit.length(inserts[point] as number, locals, cached);
      }
      point++;
    }
    body.bytes(bytes, copied, end);
    return true;
  }

  /** Copies the declarations of locals and adds our own, as far as they are needed. */
  #writeLocals(start: number, localsEnd: number, values: number, fuelType: number): OwnLocals {
    const { bytes } = this.#module;
    const needsFuel = this.#plan.moves.length > 0;
    const needsScratch = this.#plan.inserts.some(insert => insert !== Insert.Static);
    const reader = new Reader(bytes, start, localsEnd);
    const groups = reader.u32();
    this.#body.u32(groups + (needsFuel ? 1 : 0) + (needsScratch ? 1 : 0));
    this.#body.bytes(bytes, reader.pos, localsEnd);
    if (needsFuel) this.#body.u8(1, fuelType);
    if (needsScratch) this.#body.u8(1, ValueType.I32);
    return { fuel: values, scratch: values + (needsFuel ? 1 : 0) };
  }
}
