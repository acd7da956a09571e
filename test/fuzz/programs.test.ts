/**
 * Programs made of pieces of hostile ones, cut and joined at random: `npm run fuzz`. CITADEL_FUZZ_RUNS (default 3,000)
 * and CITADEL_FUZZ_SEED choose how many and which. The oracles: only documented endings come out, the cell outlives all
 * of them, the host's prototypes stay clean, and the next run finds a fresh guest.
 */
import { afterAll, describe, expect, it } from 'vitest';
import { createSandbox, ERROR_TABLE } from '../../src/index.ts';
import { CPU } from '../security/javascript/cases/cpu.ts';
import { ERRORS } from '../security/javascript/cases/errors.ts';
import { ESCAPE } from '../security/javascript/cases/escape.ts';
import { JOBS } from '../security/javascript/cases/jobs.ts';
import { MEMORY } from '../security/javascript/cases/memory.ts';
import { STACK } from '../security/javascript/cases/stack.ts';
import { VALUES } from '../security/javascript/cases/values.ts';

const RUNS = Number(process.env['CITADEL_FUZZ_RUNS'] ?? 3000);
const SEED = Number(process.env['CITADEL_FUZZ_SEED'] ?? 1);

/** mulberry32 */
function generator(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return below => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t ^= t + Math.imul(t ^ (t >>> 7), 61 | t);
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

const PROGRAMS: readonly string[] = [CPU, ERRORS, ESCAPE, JOBS, MEMORY, STACK, VALUES].flatMap(cases =>
  cases.map(({ code }) => code),
);
const WRAPPERS: readonly ((code: string) => string)[] = [
  code => code,
  code => `export default () => { ${code} }`,
  code => `return (() => { ${code} })()`,
  code => `try { ${code} } catch (e) { e } finally { 1 }`,
  code => `await Promise.resolve(); ${code}`,
  code => `setTimeout(() => { ${code} }, 0); new Promise(r => setTimeout(r, 2))`,
  code => `new Map([[1, (() => { ${code} })()]])`,
];

function program(random: (below: number) => number): string {
  const pick = (): string => PROGRAMS[random(PROGRAMS.length)] ?? '';
  let code = pick();
  const cuts = random(3);
  for (let i = 0; i < cuts; i++) {
    const other = pick();
    code = code.slice(0, random(code.length + 1)) + other.slice(random(other.length + 1));
  }
  return (WRAPPERS[random(WRAPPERS.length)] as (code: string) => string)(code);
}

describe('random programs', () => {
  const sandbox = createSandbox({
    policy: {
      blockedFunctions: [],
      limits: { timeoutMs: 5000, memoryBytes: 16 * 1024 * 1024, concurrency: 1 },
    },
  });
  afterAll(() => sandbox.close());

  it(`end as documented, ${RUNS} of them from seed ${SEED}`, { timeout: 3_600_000 }, async () => {
    const random = generator(SEED);
    for (let n = 0; n < RUNS; n++) {
      const code = program(random);
      const result = await sandbox.run({ runtime: 'javascript', code, limits: { timeoutMs: 60 } });
      const note = `program ${n} of seed ${SEED}: ${JSON.stringify(code)}`;
      if (!result.success) {
        expect(Object.keys(ERROR_TABLE), note).toContain(result.error.code);
        expect(['guest', 'limit', 'policy'], note).toContain(result.error.fault);
      }
      if (n % 20 !== 0) continue;
      const healthy = await sandbox.run({
        runtime: 'javascript',
        code: '[[1, 2].map(x => x + 1), Object.keys(globalThis).length]',
      });
      expect(healthy, note).toMatchObject({ success: true, data: [[2, 3], 1] });
      expect(Object.getOwnPropertyNames(Object.prototype), note).not.toContain('polluted');
    }
  });
});
