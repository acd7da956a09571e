// The engine's place, taken by an attacker: plain JavaScript that runs natively inside a cell's realm. It is evaluated
// exactly where the engine bundle would be, obeys the program interface, and attacks in `step`, after the lockdown.
// Every probe returns what it got hold of; `escalate` then tries to turn that into power over the process.
var citadelProgram = (() => {
  const powers = [
    'process',
    'require',
    'fetch',
    'Buffer',
    'setTimeout',
    'queueMicrotask',
    'navigator',
    'postMessage',
  ];

  /** Names of the powers reachable from a value by the usual chains; an empty list is the safe outcome. */
  function escalate(value, depth = 0, seen = new Set()) {
    const found = [];
    if (
      (typeof value !== 'object' && typeof value !== 'function') ||
      value === null ||
      seen.has(value) ||
      depth > 4
    )
      return found;
    seen.add(value);
    for (const power of powers) {
      try {
        if (typeof value[power] !== 'undefined') found.push(power);
      } catch {}
    }
    for (const source of ['return this', 'return process', 'return globalThis']) {
      for (const hop of [
        v => v.constructor,
        v => v.constructor.constructor,
        v => Object.getPrototypeOf(v).constructor,
        v => (/Function/.test(v.name) ? v : undefined),
      ]) {
        try {
          const got = hop(value)(source)();
          if (got && typeof got === 'object')
            found.push(...escalate(got, depth + 1, seen).map(p => `code:${p}`));
        } catch {}
      }
    }
    try {
      for (const key of Reflect.ownKeys(value)) {
        try {
          found.push(...escalate(value[key], depth + 1, seen));
        } catch (error) {
          found.push(...escalate(error, depth + 1, seen));
        }
      }
      found.push(...escalate(Object.getPrototypeOf(value), depth + 1, seen));
    } catch {}
    return found;
  }

  const stackBomb = () => {
    const caught = [];
    const dive = () => {
      try {
        dive();
      } catch (error) {
        caught.push(error);
        error.name = Symbol();
        try {
          caught.push(error.stack);
        } catch (inner) {
          caught.push(inner);
        }
        throw error;
      }
    };
    try {
      dive();
    } catch (error) {
      caught.push(error);
    }
    return caught;
  };

  // Late results of asynchronous probes gather here.
  const late = [];
  const catchLate = promise => {
    promise.then(
      value => late.push(value),
      error => late.push(error),
    );
    return promise;
  };

  const probes = {
    'WK-NODE-001 process.binding': () => process.binding('fs').open,
    'WK-NODE-002 getBuiltinModule': () => process.getBuiltinModule('node:child_process'),
    'WK-NODE-002 variant via globalThis': () => globalThis['pro' + 'cess'].getBuiltinModule('fs'),
    'WK-NODE-004 import of a builtin': () => catchLate(import('node:fs')),
    'WK-NODE-004 variant bare name': () => catchLate(import('fs')),
    'WK-NODE-004 variant data URL': () => catchLate(import('data:text/javascript,export default globalThis')),
    'WK-NODE-004 variant hostile specifier': () =>
      catchLate(
        import({
          toString() {
            throw new Error('specifier');
          },
        }),
      ),
    'WK-NODE-004 variant attributes': () =>
      catchLate(
        import('node:fs', {
          with: {
            get type() {
              throw new Error('attribute');
            },
          },
        }),
      ),
    'WK-NODE-007 Function': () => Function('return this')(),
    'WK-NODE-007 eval': () => (0, globalThis.eval)('this'),
    'WK-NODE-007 async constructor': () => (async () => {}).constructor('return this')(),
    'WK-NODE-007 generator constructor': () => function* () {}.constructor('yield this')().next(),
    'WK-NODE-007 setTimeout text': () => setTimeout('1'),
    'WK-NODE-007 wasm compile': () => new WebAssembly.Module(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0])),
    'WK-NODE-008 dlopen': () => process.dlopen({ exports: {} }, '/x.node'),
    'WK-NODE-009 linked binding': () => process._linkedBinding('fs'),
    'WK-NODE-009 internalBinding': () => internalBinding('fs'),
    'WK-NODE-010 environment': () => process.env,
    'WK-NODE-010 workerData': () => require('worker_threads').workerData,
    'WK-NODE-011 kill': () => process.kill(process.ppid, 9),
    'WK-NODE-012 inspector': () => process._debugProcess(process.ppid),
    'WK-NODE-018 blocking syscalls': () => require('fs').readSync(0),
    'WK-NODE-021 node:wasi': () =>
      new (require('wasi').WASI)({ version: 'preview1', preopens: { '/': '/' } }),
    'WK-NODE-023 sockets': () => require('net').connect({ path: '/var/run/docker.sock' }),
    'WK-NODE-024 native fetch': () => fetch('http://127.0.0.1/'),
    'WK-NODE-024 variant WebSocket': () => new WebSocket('ws://127.0.0.1/'),
    'WK-NODE-024 variant EventSource': () => new EventSource('http://127.0.0.1/'),
    'WK-NODE-024 variant XMLHttpRequest': () => new XMLHttpRequest(),
    'WK-NODE-026 symlink': () => require('fs').symlinkSync('/etc', '/tmp/l'),
    'WK-NODE-027 parentPort': () => parentPort.postMessage({ type: 'host-call', fn: '__proto__' }),
    'WK-NODE-030 exit handler': () =>
      process.on('exit', () => {
        for (;;);
      }),
    'WK-NODE-031 stdout': () => process.stdout.write('x'),
    'WK-NODE-031 report': () => process.report.writeReport(),
    'error with a Symbol name': () => {
      const e = new Error();
      e.name = Symbol();
      return e.stack;
    },
    'error with a Symbol message': () => {
      const e = new Error();
      e.message = Symbol();
      return e.stack;
    },
    'error whose name throws': () => {
      const e = new Error();
      Object.defineProperty(e, 'name', {
        get() {
          throw e;
        },
      });
      return e.stack;
    },
    prepareStackTrace: () => {
      const out = [];
      Error.prepareStackTrace = (e, frames) => {
        out.push(frames);
        return frames;
      };
      out.push(new Error('x').stack);
      return out;
    },
    'stackTraceLimit redefined': () => {
      Object.defineProperty(Error, 'stackTraceLimit', { value: 100, writable: true });
      return new Error('x').stack;
    },
    captureStackTrace: () => {
      const o = {};
      Error.captureStackTrace(o);
      return o.stack;
    },
    'stack overflow while formatting': stackBomb,
    'caller of a strict frame': () => {
      function f() {
        return f.caller;
      }
      return f();
    },
    console: () => console,
    structuredClone: () => structuredClone({}),
    'SharedArrayBuffer of the control area': () => new SharedArrayBuffer(8).constructor,
    'Atomics.waitAsync': () => Atomics.waitAsync(new Int32Array(new SharedArrayBuffer(8)), 0, 0),
    FinalizationRegistry: () => new FinalizationRegistry(() => {}),
    Temporal: () => Temporal.Now,
    Intl: () => Intl,
    'unhandled rejection with a hostile reason': () =>
      Promise.reject(
        new Proxy(
          {},
          {
            get() {
              throw new Error('inspected');
            },
          },
        ),
      ),
    'wasm instance with hostile imports': () => WebAssembly.Instance.prototype,
    'arguments.callee chain': () =>
      (function () {
        return arguments.callee;
      })().constructor('return this')(),
    'species of a rejected import': () => {
      const p = import('x');
      late.push(
        p,
        p.constructor,
        Object.getPrototypeOf(p),
        p.then,
        p.catch(() => {}),
      );
      return p;
    },
  };

  /**
   * The error of a failed import belongs to the surrounding realm. Getters planted on its prototypes would be called
   * by that realm's own code, with that realm's own objects as `this`.
   */
  function poison(foreign) {
    const planted = [];
    for (let proto = Object.getPrototypeOf(foreign); proto !== null; proto = Object.getPrototypeOf(proto)) {
      for (const target of [proto, proto.constructor, proto.toString, proto.hasOwnProperty]) {
        if (target === undefined) continue;
        for (const key of [
          'then',
          'constructor',
          'domain',
          'message',
          'data',
          'ports',
          'transfer',
          'type',
          'x',
        ]) {
          if (Reflect.defineProperty(target, key, { get: () => undefined, configurable: true }))
            planted.push(`define ${key}`);
          if (Reflect.set(target, key, 1)) planted.push(`set ${key}`);
        }
        if (planted.length > 0) return [`${foreign.code}: ${planted}`];
        if (Reflect.setPrototypeOf(target, Object.create(null))) return [`${foreign.code}: reparented`];
      }
    }
    return planted;
  }

  const results = [];
  function attack() {
    for (const name of Object.keys(probes)) {
      let outcome = 'returned';
      let value;
      try {
        value = probes[name]();
      } catch (error) {
        outcome = 'threw';
        value = error;
      }
      const powersFound = escalate(value);
      results.push([name, outcome, typeof value, [...new Set(powersFound)].join(',')]);
    }
  }

  const utf8 = text => Uint8Array.from(unescapeUtf8(text));
  function* unescapeUtf8(text) {
    for (const escaped of encodeURIComponent(text).matchAll(/%([0-9A-F]{2})|./g)) {
      yield escaped[1] === undefined ? escaped[0].charCodeAt(0) : Number.parseInt(escaped[1], 16);
    }
  }

  function createProgram() {
    let turns = 0;
    let out = null;
    return {
      asset: (_name, bytes) => new Uint8Array(bytes),
      boot: () => '',
      control: () => null,
      inbox: bytes => new Uint8Array(bytes),
      begin() {
        turns = 0;
        attack();
      },
      // Waits some turns, so that promises of the surrounding realm have settled.
      step() {
        if (++turns < 20) return 5;
        const lateFound = [...new Set(late.flatMap(value => escalate(value)))];
        const foreign = late.filter(
          value =>
            typeof value === 'object' &&
            value !== null &&
            typeof value.code === 'string' &&
            !(value instanceof Error),
        );
        results.push([
          'poisoning the prototypes of foreign errors',
          String(foreign.length),
          'object',
          foreign.flatMap(poison).join(','),
        ]);
        results.push(['late results', String(late.length), 'object', lateFound.join(',')]);
        out = utf8(JSON.stringify(results));
        return -1;
      },
      cancel() {},
      pending: () => (out === null ? 0 : out.length),
      take() {
        const bytes = out;
        out = null;
        return bytes;
      },
    };
  }
  return { createProgram };
})();
