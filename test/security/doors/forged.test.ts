/** A cell whose engine is broken calls host functions in every way the wire allows. */
import { afterAll, describe, expect, it } from 'vitest';
import type { ExecutionResult } from '../../../src/core/result.ts';
import { standInSandbox } from '../cell-node/stand-in.ts';

let made = 0;
const sandbox = standInSandbox('../doors/forger.js', {
  policy: {
    functions: ['a.*'],
    limits: {
      timeoutMs: 1_500,
      concurrency: 1,
      functionCalls: 20,
      functionsInFlight: 8,
      functionInputBytes: 300_000,
    },
  },
  functions: {
    a: {
      count: () => ++made,
      hang: () => new Promise(resolve => setTimeout(resolve, 300)),
      items: async function* () {
        yield await new Promise(resolve => setTimeout(resolve, 300));
      },
    },
  },
});
afterAll(() => sandbox.close());

const run = (code: string): Promise<ExecutionResult> => sandbox.run({ runtime: 'javascript', code });
const codeOf = (result: ExecutionResult): string => (result.success ? 'ok' : result.error.code);

/** What a healthy cell could have sent is answered, and then its run waits for ever. Names in order: a.count, a.hang, a.items. */
const FORGERIES: Readonly<Record<string, string>> = {
  'call of another run': 'PROTOCOL_VIOLATION',
  'call of run 0': 'PROTOCOL_VIOLATION',
  'call of a function there is none': 'PROTOCOL_VIOLATION',
  'call of a negative function': 'PROTOCOL_VIOLATION',
  'call by an unknown way': 'PROTOCOL_VIOLATION',
  'call numbered 0': 'PROTOCOL_VIOLATION',
  'call numbered twice': 'PROTOCOL_VIOLATION',
  'call numbered backwards': 'PROTOCOL_VIOLATION',
  'call cut short': 'PROTOCOL_VIOLATION',
  'call with something behind it': 'PROTOCOL_VIOLATION',
  'arguments with a lying length': 'PROTOCOL_VIOLATION',
  'arguments that are no array': 'PROTOCOL_VIOLATION',
  'arguments that are no value': 'PROTOCOL_VIOLATION',
  'arguments of an unknown mode': 'PROTOCOL_VIOLATION',
  'arguments of nothing': 'PROTOCOL_VIOLATION',
  'arguments nested without end': 'TIMEOUT',
  'arguments with a lying count': 'PROTOCOL_VIOLATION',
  'arguments that contain themselves': 'TIMEOUT',
  'read of a call': 'PROTOCOL_VIOLATION',
  'read of what was never called': 'PROTOCOL_VIOLATION',
  'two reads of an iterable at once': 'PROTOCOL_VIOLATION',
  'cancel of what was never called': 'PROTOCOL_VIOLATION',
  'many more calls than its run may make': 'PROTOCOL_VIOLATION',
  'calls that wait with arguments that are none': 'PROTOCOL_VIOLATION',
  // The run has its answer by then; the call costs the cell.
  'call after the end': 'ok',
  'cancel and read again': 'ok',
};

describe('a cell that forges calls', () => {
  for (const [forgery, code] of Object.entries(FORGERIES)) {
    it(`is contained when it sends: ${forgery}`, async () => {
      const result = await run(forgery);
      expect([code, 'PROTOCOL_VIOLATION']).toContain(codeOf(result));
      const before = made;
      expect(await run('honest')).toMatchObject({ success: true, data: 42 });
      expect(made).toBe(before + 1);
    });
  }
});
