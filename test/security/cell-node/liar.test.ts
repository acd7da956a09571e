import { afterAll, describe, expect, it } from 'vitest';
import type { ExecutionResult } from '../../../src/core/result.ts';
import { standInSandbox } from './stand-in.ts';

/** A deadline no machine is too busy for, where a lie has to be found before it. */
const PATIENT_MS = 5_000;
const SHORT_MS = 300;

const sandbox = standInSandbox('./liar.js', {
  policy: { limits: { timeoutMs: PATIENT_MS, concurrency: 1, logBytes: 4096 } },
});
afterAll(() => sandbox.close());

const run = (code: string): Promise<ExecutionResult> =>
  sandbox.run({
    runtime: 'javascript',
    code,
    ...(LIES[code]?.includes('TIMEOUT') ? { limits: { timeoutMs: SHORT_MS } } : {}),
  });
const codeOf = (result: ExecutionResult): string => (result.success ? 'ok' : result.error.code);

async function expectHealthy(): Promise<void> {
  const result = await run('honest');
  expect(result).toMatchObject({ success: true, data: 42 });
}

/** Lie → codes that are a safe answer. */
const LIES: Readonly<Record<string, readonly string[]>> = {
  'answer for another run': ['PROTOCOL_VIOLATION'],
  'answer for run 0': ['PROTOCOL_VIOLATION'],
  // The first answer counts; the second destroys the cell.
  'answer twice': ['ok'],
  'unknown frame type': ['PROTOCOL_VIOLATION'],
  'unknown outcome': ['PROTOCOL_VIOLATION'],
  'length beyond the message': ['PROTOCOL_VIOLATION'],
  'truncated frame': ['PROTOCOL_VIOLATION'],
  'empty frame': ['PROTOCOL_VIOLATION'],
  'malformed value': ['PROTOCOL_VIOLATION'],
  'value of an unknown mode': ['PROTOCOL_VIOLATION'],
  'infinite fuel': ['PROTOCOL_VIOLATION'],
  'negative fuel': ['PROTOCOL_VIOLATION'],
  'log for another run': ['PROTOCOL_VIOLATION'],
  'log of an unknown level': ['PROTOCOL_VIOLATION'],
  'log with a lying length': ['PROTOCOL_VIOLATION'],
  'log at an impossible time': ['PROTOCOL_VIOLATION'],
  'ready again': ['PROTOCOL_VIOLATION'],
  'withdrawn what runs': ['PROTOCOL_VIOLATION'],
  'withdrawn what never was': ['PROTOCOL_VIOLATION'],
  'one huge message': ['PROTOCOL_VIOLATION', 'CELL_CRASHED', 'TIMEOUT'],
  'request of another run': ['PROTOCOL_VIOLATION'],
  'request of an unknown op': ['PROTOCOL_VIOLATION'],
  'request by an unknown way': ['PROTOCOL_VIOLATION'],
  'request with an unknown redirect': ['PROTOCOL_VIOLATION'],
  'request numbered 0': ['PROTOCOL_VIOLATION'],
  'requests numbered backwards': ['PROTOCOL_VIOLATION'],
  'request with a lying count': ['PROTOCOL_VIOLATION'],
  'request with too many headers': ['PROTOCOL_VIOLATION'],
  'request with a huge head': ['PROTOCOL_VIOLATION'],
  'request cut short': ['PROTOCOL_VIOLATION'],
  'request with something behind it': ['PROTOCOL_VIOLATION'],
  'read of what was never asked': ['PROTOCOL_VIOLATION'],
  'read before the answer': ['PROTOCOL_VIOLATION'],
  'read of nothing': ['PROTOCOL_VIOLATION'],
  'read of everything': ['PROTOCOL_VIOLATION'],
  'cancel of what was never asked': ['PROTOCOL_VIOLATION'],
  'more requests than its run may make': ['PROTOCOL_VIOLATION'],
  'message without an end': ['PROTOCOL_VIOLATION', 'TIMEOUT'],
  garbage: ['PROTOCOL_VIOLATION'],
  'nothing at all': ['TIMEOUT'],
  'never answers': ['TIMEOUT'],
  'busy for ever': ['TIMEOUT'],
  'log flood': ['PROTOCOL_VIOLATION'],
  'message flood': ['PROTOCOL_VIOLATION', 'TIMEOUT'],
  'hostile wait': ['CELL_CRASHED'],
  'hostile outbox': ['PROTOCOL_VIOLATION'],
  'array-like outbox': ['PROTOCOL_VIOLATION'],
  'throws a hostile value': ['CELL_CRASHED'],
  // The watchdog does not depend on memory that the cell can write (WK-NODE-029).
  'control area': ['TIMEOUT', 'PROTOCOL_VIOLATION'],
};

describe('a cell that lies to the host (LIM-004, LIM-006, LIM-007, WK-NODE-027, WK-NODE-029)', () => {
  for (const [lie, codes] of Object.entries(LIES)) {
    it(`is contained when it lies by: ${lie}`, async () => {
      const result = await run(lie);
      expect(codes).toContain(codeOf(result));
      await expectHealthy();
    });
  }

  it('never costs a run that waits behind the liar', async () => {
    const results = await Promise.all(['honest', 'garbage', 'honest', 'busy for ever', 'honest'].map(run));
    expect(results.map(codeOf)).toEqual(['ok', 'PROTOCOL_VIOLATION', 'ok', 'TIMEOUT', 'ok']);
  });

  it('is replaced after each violation', async () => {
    for (let i = 0; i < 5; i++) expect(codeOf(await run('garbage'))).toBe('PROTOCOL_VIOLATION');
    await expectHealthy();
  });
});
