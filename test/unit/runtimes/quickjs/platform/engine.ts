/**
 * The guest platform in the real engine, without the rest of the runtime: the bundle is evaluated in QuickJS, and
 * the host functions are bridged to the cell's own operations. The clock is virtual: it moves when nothing else can.
 */
import variant from '@jitl/quickjs-wasmfile-release-sync';
import {
  newQuickJSWASMModuleFromVariant,
  type QuickJSContext,
  type QuickJSHandle,
} from 'quickjs-emscripten-core';
import { rolldown } from 'rolldown';
import { createRandom } from '../../../../../src/runtimes/cell/random.ts';
import { utf8Decode, utf8Encode } from '../../../../../src/runtimes/cell/utf8.ts';
import { parseUrl, setUrlPart } from '../../../../../src/runtimes/quickjs/ops/url.ts';

export interface Guest {
  /** Evaluates an expression or program; its JSON-like value. Throws what the guest threw, as `Name: message`. */
  run(code: string): unknown;
  /** Evaluates to a promise and turns the event loop until it settles. */
  settle(code: string): unknown;
  /** Turns the event loop until there is nothing left; stops at `untilMs`. Throws uncaught errors. */
  turn(untilMs?: number): void;
  readonly logs: { level: number; text: string }[];
  /** URLs asked for; each is denied when the loop turns. */
  readonly asked: string[];
  readonly fired: number[];
  clock: number;
  memoryUsed(): number;
  dispose(): void;
}

let bundled: Promise<string> | undefined;

/** The minified platform, as an expression whose value has `installPlatform`. */
export function platformBundle(): Promise<string> {
  bundled ??= (async () => {
    const input = new URL('../../../../../src/runtimes/quickjs/guest/platform/index.ts', import.meta.url)
      .pathname;
    const build = await rolldown({ input, platform: 'neutral' });
    const { output } = await build.generate({ format: 'iife', name: 'platform', minify: true });
    await build.close();
    return `(()=>{${output[0].code};return platform})()`;
  })();
  return bundled;
}

/**
 * Strings cross escaped: the library's own conversion stops at NUL and drops a byte order mark. Everything here is
 * captured, as the runtime's bridge must be: tests poison the realm.
 */
const SAFE_STRINGS = `(raw => {
  const out = escape, back = unescape, parts = ['href','protocol','username','password','host','hostname','port','pathname','search','hash','origin'];
  return {
    log: (level, text) => raw.log(level, out(text)), now: raw.now, random: raw.random,
    url: (op, a, b, c) => {
      const r = b === undefined ? raw.url(op, out(a)) : c === undefined ? raw.url(op, out(a), out(b)) : raw.url(op, out(a), out(b), out(c));
      if (r !== null) for (let i = 0; i < parts.length; i++) r[parts[i]] = back(r[parts[i]]);
      return r;
    },
    netFetch: url => raw.netFetch(out(url)), netRead: raw.netRead, netCancel: raw.netCancel, utf8Encode: text => raw.utf8Encode(out(text)),
    utf8Decode: (bytes, fatal) => { const t = raw.utf8Decode(bytes, fatal); return t === null ? null : back(t); },
  };
})`;

const engine = newQuickJSWASMModuleFromVariant(variant as never);

function bridge(context: QuickJSContext, guest: Guest): QuickJSHandle {
  const random = createRandom(new Uint8Array(32).fill(7));
  const host = context.newObject();
  const define = (name: string, fn: (...args: QuickJSHandle[]) => QuickJSHandle | undefined): void => {
    context.newFunction(name, fn as never).consume(handle => context.setProp(host, name, handle));
  };
  const text = (handle: QuickJSHandle): string => unescape(context.getString(handle));
  const bytes = (array: Uint8Array): QuickJSHandle => context.newArrayBuffer(array.slice().buffer);
  define('log', (level, message) => {
    guest.logs.push({ level: context.getNumber(level as never), text: text(message as never) });
    return undefined;
  });
  define('now', () => context.newNumber(guest.clock));
  define('random', size => bytes(random(context.getNumber(size as never))));
  define('url', (...args) => {
    const [op, first = '', second, third = ''] = args.map(text);
    const record = op === 'parse' ? parseUrl(first, second) : setUrlPart(first, second as string, third);
    if (record === null) return context.null;
    // As the runtime's bridge must: no setter on Object.prototype is met.
    const made = context.newObject(context.null);
    for (const [key, value] of Object.entries(record)) {
      context.newString(escape(value)).consume(handle => context.setProp(made, key, handle));
    }
    return made;
  });
  define('utf8Encode', value => bytes(utf8Encode(text(value as never))));
  define('utf8Decode', (value, fatal) => {
    const data = context.getArrayBuffer(value as never);
    const decoded = utf8Decode(data.value.slice(), context.dump(fatal as never) === true);
    data.dispose();
    return decoded === null ? context.null : context.newString(escape(decoded));
  });
  define('netFetch', url => context.newNumber(guest.asked.push(text(url as never))));
  define('netRead', () => undefined);
  define('netCancel', () => undefined);
  return host;
}

export async function createGuest(): Promise<Guest> {
  const context = (await engine).newContext();
  const { runtime } = context;
  const evaluate = (code: string): QuickJSHandle => {
    const result = context.evalCode(code, 'plugin.js');
    if (!result.error) return result.value;
    const thrown = context.dump(result.error);
    result.error.dispose();
    throw describe(thrown);
  };
  const describe = (thrown: unknown): Error => {
    const { name, message } = (thrown ?? {}) as { name?: string; message?: string };
    return new Error(typeof thrown === 'object' ? `${name}: ${message}` : `thrown: ${String(thrown)}`);
  };
  const dump = (handle: QuickJSHandle): unknown => {
    const value = context.dump(handle);
    // Dumping a promise disposes of it.
    if (handle.alive) handle.dispose();
    return value;
  };
  const guest: Guest = {
    logs: [],
    asked: [],
    fired: [],
    clock: 0,
    run: code => dump(evaluate(code)),
    settle: code => {
      const promise = evaluate(code);
      try {
        for (let turns = 0; turns < 10_000; turns++) {
          drain();
          const state = context.getPromiseState(promise);
          if (state.type === 'fulfilled') return dump(state.value);
          if (state.type === 'rejected') throw describe(dump(state.error));
          if (!step(Number.POSITIVE_INFINITY)) throw new Error('the promise never settles');
        }
        throw new Error('the promise did not settle in 10,000 turns');
      } finally {
        if (promise.alive) promise.dispose();
      }
    },
    turn: (untilMs = Number.POSITIVE_INFINITY) => {
      drain();
      while (step(untilMs)) drain();
    },
    memoryUsed: () => {
      const usage = runtime.computeMemoryUsage();
      return (dump(usage) as { memory_used_size: number }).memory_used_size;
    },
    dispose: () => {
      next.dispose();
      receive.dispose();
      fire.dispose();
      handleObject.dispose();
      context.dispose();
    },
  };
  const raw = bridge(context, guest);
  const wrap = evaluate(SAFE_STRINGS);
  const host = context.unwrapResult(context.callFunction(wrap, context.undefined, raw));
  wrap.dispose();
  raw.dispose();
  const install = evaluate(`${await platformBundle()}.installPlatform`);
  const handleObject = context.unwrapResult(context.callFunction(install, context.undefined, host));
  install.dispose();
  host.dispose();
  const next = context.getProp(handleObject, 'nextTimer');
  const fire = context.getProp(handleObject, 'fireTimers');
  const receive = context.getProp(handleObject, 'receive');
  let answered = 0;
  const isDenial = context.getProp(handleObject, 'isDenial');
  isDenial.consume(handle => context.setProp(context.global, '__isDenial', handle));

  /** No controller: whatever is asked for is denied. */
  function answer(): void {
    while (answered < guest.asked.length) {
      const id = context.newNumber(++answered);
      const kind = context.newString('denied');
      const texts = context.newArray();
      context.newString('nothing is allowed').consume(handle => context.setProp(texts, 0, handle));
      context.unwrapResult(context.callFunction(receive, context.undefined, kind, id, texts)).dispose();
      for (const handle of [id, kind, texts]) handle.dispose();
    }
  }
  function drain(): void {
    answer();
    const result = runtime.executePendingJobs(100_000);
    if (!result.error) return;
    const thrown = context.dump(result.error);
    result.error.dispose();
    throw describe(thrown);
  }
  function step(untilMs: number): boolean {
    const due = dump(context.unwrapResult(context.callFunction(next, context.undefined))) as number;
    if (due < 0 || due > untilMs) return false;
    guest.clock = Math.max(guest.clock, due);
    guest.fired.push(guest.clock);
    const now = context.newNumber(guest.clock);
    const result = context.callFunction(fire, context.undefined, now);
    now.dispose();
    if (result.error) {
      const thrown = context.dump(result.error);
      result.error.dispose();
      throw describe(thrown);
    }
    result.value.dispose();
    return true;
  }
  return guest;
}
