/** What a run leaves behind: nothing. The engine's memory is compared byte by byte after every kind of end. */
import { describe, expect, it } from 'vitest';
import { loadCellAssets } from '../../../../src/platform/node/assets.ts';
import { FrameWriter } from '../../../../src/protocol/frame-writer.ts';
import type { ScriptJob } from '../../../../src/protocol/program.ts';
import { encodeValue } from '../../../../src/protocol/value-codec.ts';
import type { Execution } from '../../../../src/runtimes/cell/execution.ts';
import { NetLink } from '../../../../src/runtimes/cell/net.ts';
import { execute, moduleSource } from '../../../../src/runtimes/quickjs/execute.ts';
import { type RunState, startRun } from '../../../../src/runtimes/quickjs/execution.ts';
import { JobImages } from '../../../../src/runtimes/quickjs/job-image.ts';
import { Machine, type MachineHooks } from '../../../../src/runtimes/quickjs/machine.ts';
import { readSnapshot } from '../../../../src/runtimes/quickjs/program.ts';
import { direct, JOB } from './drive.ts';

const MiB = 1024 * 1024;
const { module, assets } = await (await loadCellAssets('quickjs')).engine;
const snapshot = new Map(assets).get('snapshot') as Uint8Array;

/** The machine without the program around it, so that a test can look at its memory. */
function bare(): { run(code: string, job?: Partial<ScriptJob>): Execution; leftovers(): number } {
  const { meta, image } = readSnapshot(snapshot);
  const images = new JobImages('');
  let current: RunState | null = null;
  const hooks: MachineHooks = {
    log: () => {},
    net: new NetLink({ out: new FrameWriter(), id: 1, window: null }),
    random: bytes => new Uint8Array(bytes).fill(5),
    seed: () => new Uint8Array(8).fill(5),
    loadModule: name => current && moduleSource(current, name),
    stopRequest: () => null,
  };
  const machine = new Machine(module, meta, image, hooks);
  let job = JOB;
  return {
    run(code, changes = {}) {
      job = { ...JOB, ...changes };
      current = startRun(code, JSON.stringify(job), job, encodeValue(undefined, { bytes: 100 }));
      for (;;) {
        const result = execute(machine, current, hooks, images);
        if (typeof result !== 'number') return result;
      }
    },
    /** Bytes of memory that are not as the snapshot has them, after the rewind that any run begins with. */
    leftovers() {
      images.reset(machine, machine.base, job);
      return machine.rewinder.difference(machine.base);
    },
  };
}

const ENDS: Readonly<Record<string, readonly [code: string, outcome: string, job?: Partial<ScriptJob>]>> = {
  'a value': ['[1, 2, 3].map(x => ({ x }))', 'ok'],
  'a body': ['globalThis.kept = new Map([[{}, 1]]); return 1', 'ok'],
  'a module': ['globalThis.kept = []; export default () => kept.push("x".repeat(1e6))', 'ok'],
  'an exception': ['throw new TypeError("no")', 'GUEST_ERROR'],
  'a pending promise': ['new Promise(() => {})', 'NEVER_SETTLES'],
  'a loop that was stopped': ['for (;;) globalThis["k" + Math.random()] = {}', 'TIMEOUT', { timeoutMs: 20 }],
  'a native loop that was stopped': ['Array(4e9).join("")', 'TIMEOUT', { timeoutMs: 20 }],
  'a job that was stopped': ['(async () => { for (;;) await 0 })()', 'TIMEOUT', { timeoutMs: 20 }],
  'spent fuel': ['for (;;);', 'FUEL_EXHAUSTED', { fuel: 5_000_000 }],
  'recursion without end': ['(function f() { f() })()', 'STACK_OVERFLOW'],
  'a parser that ran out of stack': [
    '(0, eval)("(".repeat(1e5))',
    'STACK_OVERFLOW',
    { blockedFunctions: [] },
  ],
  'deep nesting that was survived': ['JSON.parse("[".repeat(200) + "]".repeat(200)).length', 'ok'],
  'no more memory': ['const a = []; for (;;) a.push({ a })', 'MEMORY_LIMIT', { memoryBytes: 2 * MiB }],
  'no memory for a large buffer': ['new ArrayBuffer(1e9)', 'MEMORY_LIMIT'],
  'memory grown past what an engine starts with': [
    'const a = []; for (let i = 0; i < 100; i++) a.push(new Uint8Array(1e6).fill(1)); a.length',
    'ok',
    { memoryBytes: 256 * MiB },
  ],
  'a result that cannot cross': ['({ f() {} })', 'OUTPUT_UNSUPPORTED'],
  'a denied import': ['import "nothing"; export default 1', 'MODULE_DENIED'],
};

describe('a rewind', () => {
  const machine = bare();
  for (const [name, [code, outcome, job]] of Object.entries(ENDS)) {
    it(`leaves every byte as in the snapshot after ${name}`, () => {
      for (let i = 0; i < 2; i++) {
        expect(machine.run(code, job)).toMatchObject({ outcome });
        expect(machine.leftovers()).toBe(0);
      }
    });
  }

  it('leaves every byte as in the snapshot wherever memory ran out', () => {
    const sinks = [
      'a.push({ i })',
      's += s + i',
      'a = [a, () => i]',
      'm.set({ i }, /x/.exec("x"))',
      'a.push(new Uint8Array(i))',
    ];
    for (let n = 0; n < 60; n++) {
      const code = `let a = [], s = "x", m = new Map(); for (let i = 0;; i++) { ${sinks[n % sinks.length]} }`;
      machine.run(code, { memoryBytes: MiB + n * 4096 });
      expect(machine.leftovers()).toBe(0);
    }
  });

  it('can tell: a byte changed by hand is found', () => {
    const { meta, image } = readSnapshot(snapshot);
    const broken = image.slice();
    broken[meta.staticBytes + 1000] = (broken[meta.staticBytes + 1000] as number) ^ 1;
    const hooks = {} as MachineHooks;
    const one = new Machine(module, meta, image, hooks);
    expect(one.rewinder.difference(new Machine(module, meta, broken, hooks).base)).toBe(1);
  });
});

describe('a run', () => {
  const program = direct();
  const HASHED = 'const m = new Map(); for (let i = 0; i < 300; i++) m.set({ i }, "k" + i); return m.size';

  it('spends the same fuel whatever ran before, in this cell or another', () => {
    const neighbours: readonly [string, Partial<ScriptJob>][] = [
      ['1', {}],
      ['for (;;) globalThis["k" + Math.random()] = {}', { timeoutMs: 10 }],
      [
        'const a = []; for (let i = 0; i < 120; i++) a.push(new Uint8Array(1e6)); 1',
        { memoryBytes: 256 * MiB },
      ],
      ['const a = []; for (;;) a.push({})', { memoryBytes: MiB }],
      ['(function f() { f() })()', { stackBytes: 512 * 1024 }],
    ];
    const spent = new Set([direct().run(HASHED).fuel]);
    for (const [code, job] of neighbours) {
      program.run(code, undefined, job);
      spent.add(program.run(HASHED).fuel);
    }
    expect([...spent]).toHaveLength(1);
  });

  it('gets no more memory because an earlier one made it grow', () => {
    const fill =
      'let n = 0; const a = []; try { for (;;) { a.push(new Uint8Array(16384)); n += 16384 } } catch {} n';
    const memoryBytes = 4 * MiB;
    const before = program.run(fill, undefined, { memoryBytes }).data;
    program.run(fill, undefined, { memoryBytes: 200 * MiB });
    expect(program.run(fill, undefined, { memoryBytes }).data).toBe(before);
    expect(before).toBeGreaterThan(memoryBytes * 0.9);
    expect(before).toBeLessThanOrEqual(memoryBytes);
  });

  it('evaluates a plugin that is compiled already, from the beginning', () => {
    const module =
      'globalThis.loads = (globalThis.loads ?? 0) + 1; let n = 0; console.log("top"); export default () => [loads, ++n]';
    const body = 'globalThis.loads = (globalThis.loads ?? 0) + 1; console.log("top"); return [loads, 1]';
    for (const code of [module, body]) {
      const runs = [1, 2, 3].map(() => program.run(code));
      for (const { data, logs, fuel } of runs) {
        expect(data).toEqual([1, 1]);
        expect(logs.map(({ text }) => text)).toEqual(['top']);
        expect(fuel).toBe(runs[0]?.fuel);
      }
    }
  });

  it('sees the modules of its own job in a plugin compiled before', () => {
    const code = 'import { v } from "m"; export default v';
    for (const v of [1, 2, 1]) {
      expect(program.run(code, undefined, { modules: [['m', `export const v = ${v}`]] }).data).toBe(v);
    }
    expect(program.run(code).outcome).toBe('MODULE_DENIED');
  });

  it('counts what compiling takes against the memory limit', () => {
    const code = `return [${'[],'.repeat(60_000)}].length`;
    expect(program.run(code, undefined, { memoryBytes: MiB }).outcome).toBe('MEMORY_LIMIT');
    expect(program.run(code).data).toBe(60_000);
    expect(program.run(code, undefined, { memoryBytes: MiB }).outcome).toBe('MEMORY_LIMIT');
  });

  it('is stopped while its program is still being read', () => {
    let code = '';
    for (let i = 0; i < 60_000; i++) code += `let v${i}=()=>v${i};`;
    expect(program.run(code, undefined, { timeoutMs: 50 }).outcome).toBe('TIMEOUT');
    expect(program.run('1 + 1').data).toBe(2);
  });

  it('reports what the parser no longer looks for', () => {
    expect(program.run('let a = 1; let a = 2; return a').outcome).toBe('GUEST_SYNTAX');
    expect(program.run('export { nothing as default }').outcome).toBe('GUEST_SYNTAX');
  });
});
