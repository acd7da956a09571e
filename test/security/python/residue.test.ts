/** What a guest leaves in the engine's memory, seen by whoever reads all of it: nothing is left when the next one begins. */
import { readFileSync } from 'node:fs';
import { inflateRawSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { DEFAULT_LIMITS } from '../../../src/core/limits.ts';
import { packInbox } from '../../../src/protocol/inbox.ts';
import type { PythonJob } from '../../../src/protocol/program.ts';
import { encodeValue } from '../../../src/protocol/value-codec.ts';
import { createProgram } from '../../../src/runtimes/pyodide/program.ts';

const built = (name: string): Uint8Array<ArrayBuffer> =>
  new Uint8Array(
    inflateRawSync(readFileSync(new URL(`../../../dist/engines/pyodide/${name}.bin`, import.meta.url))),
  );

/** The parts in which no program text holds it. */
const HALVES = ['S3CR3T-of-the', '-guest-before'];
const SECRET = Buffer.from(HALVES.join(''));

const memories: WebAssembly.Memory[] = [];

async function start(): Promise<(code: string, input?: string) => void> {
  const module = await WebAssembly.compile(built('wasm'));
  const program = createProgram();
  for (const name of ['snapshot', 'stdlib']) {
    const bytes = built(name);
    program.asset(name, bytes.length).set(bytes);
  }
  program.asset('seed', 32).fill(7);
  const { Instance } = WebAssembly;
  WebAssembly.Instance = class extends Instance {
    constructor(made: WebAssembly.Module, given?: WebAssembly.Imports) {
      super(made, given);
      memories.push(this.exports['memory'] as WebAssembly.Memory);
    }
  };
  expect(program.boot(module)).toBe('');
  const job: PythonJob = {
    ...DEFAULT_LIMITS,
    timeoutMs: 3000,
    memoryBytes: 128 * 1024 * 1024,
    env: {},
    liveLogs: false,
    fileName: 'plugin.py',
    modules: null,
    mounts: [],
    packages: '',
    check: false,
    network: { requests: 0, uploadBytes: 0 },
    functions: { names: [], calls: 0, inputBytes: 0 },
  };
  const text = JSON.stringify(job);
  let id = 1;
  return (code, input) => {
    const packed = packInbox(encodeValue(input, { bytes: 1 << 20 }), new Uint8Array(0));
    program.inbox(packed.length).set(packed);
    program.begin(id++, code, text);
    while (program.step() >= 0);
    expect(program.take().length).toBeGreaterThan(0);
  };
}

/** Copies of the secret in every memory there was, as text of one, two and four bytes a character. */
function copies(): number {
  let found = 0;
  for (const form of [
    SECRET,
    Buffer.from(HALVES.join(''), 'utf16le'),
    Buffer.from(new Uint32Array(Array.from(HALVES.join(''), one => one.charCodeAt(0))).buffer),
  ]) {
    // An engine that was given up is never entered again: the last one is in use.
    const bytes = Buffer.from((memories.at(-1) as WebAssembly.Memory).buffer);
    for (let at = bytes.indexOf(form); at >= 0; at = bytes.indexOf(form, at + 1)) found++;
  }
  return found;
}

const JOINED = `(${JSON.stringify(HALVES[0])} + input)`;
const GUESTS: readonly (readonly [string, string])[] = [
  ['objects', `left = [${JOINED} + str(i) for i in range(20_000)]\nlen(left)`],
  ['objects it deletes', `left = [${JOINED} + str(i) for i in range(20_000)]\ndel left\n1`],
  ['large blocks', `left = [(${JOINED} * 1000).encode() * 100 for _ in range(20)]\nlen(left)`],
  ['wide text', `left = [${JOINED} + chr(0x3b1) * 3 for _ in range(2000)]\nlen(left)`],
  ['text of snakes', `left = [${JOINED} + chr(0x1f40d) for _ in range(2000)]\nlen(left)`],
  ['files', `open("/tmp/left", "w").write(${JOINED} * 1000)`],
  ['standard output', `print(${JOINED} * 100)`],
  ['the environment', `import os\nos.environ["LEFT"] = ${JOINED}\n1`],
  ['a deep stack', `def f(n, *rest):\n  return f(n - 1, ${JOINED} + str(n), *rest[:3]) if n else 1\nf(900)`],
  ['a deep stack of C', `import json\nx = ${JOINED}\nfor _ in range(400): x = [x]\nlen(json.dumps(x))`],
  ['an exception', `raise ValueError(${JOINED} * 100)`],
  ['an abort', `import os\nleft = ${JOINED} * 100\nos.abort()`],
  ['an exit', `import os\nleft = ${JOINED} * 100\nos._exit(1)`],
  ['a stop', `left = [${JOINED} + str(i) for i in range(20_000)]\nwhile True: pass`],
];

describe('the memory of the engine', () => {
  it.each(GUESTS)('keeps nothing of %s', async (_what, code) => {
    memories.length = 0;
    const { Instance } = WebAssembly;
    try {
      const run = await start();
      run('1');
      run(code, HALVES[1]);
      // Otherwise the search would find nothing anywhere.
      const found = memories.some(memory => Buffer.from(memory.buffer).includes(SECRET)) || copies() > 0;
      expect(found).toBe(true);
      run('1');
      expect(copies()).toBe(0);
    } finally {
      WebAssembly.Instance = Instance;
    }
  });
});
