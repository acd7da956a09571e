/** The cases as a whole: nothing twice, enough of each kind. */
import { describe, expect, it } from 'vitest';
import type { Attack } from './attack.ts';
import { CPU } from './cases/cpu.ts';
import { ERRORS } from './cases/errors.ts';
import { ESCAPE } from './cases/escape.ts';
import { JOBS } from './cases/jobs.ts';
import { MEMORY } from './cases/memory.ts';
import { MEMORY_SAFETY } from './cases/memory-safety.ts';
import { OUTPUT } from './cases/output.ts';
import { STACK } from './cases/stack.ts';
import { VALUES } from './cases/values.ts';
import { NOT_RUNNABLE } from './not-runnable.ts';

/** Class → prefix of its published ids, and how many there are. */
const CLASSES: readonly (readonly [string, readonly Attack[], number])[] = [
  ['ESC', ESCAPE, 31],
  ['CPU', CPU, 31],
  ['JOB', JOBS, 5],
  ['MEM', MEMORY, 9],
  ['STK', STACK, 13],
  ['VAL', VALUES, 15],
  ['ERR', ERRORS, 10],
  ['OUT', OUTPUT, 2],
  ['MSF', MEMORY_SAFETY, 6],
];

describe('the catalogue of attacks', () => {
  it.each(CLASSES)('has every published row of class %s, once', (prefix, attacks, published) => {
    const skipped = Object.keys(NOT_RUNNABLE).filter(id => id.startsWith(`JS-${prefix}-`));
    const ids = [...attacks.map(attack => attack.id).filter(id => id !== 'own'), ...skipped];
    expect(new Set(ids).size).toBe(published);
    expect(ids).toHaveLength(published);
    expect(ids.filter(id => !id.startsWith(`JS-${prefix}-`))).toEqual([]);
  });

  it.each(CLASSES)('has at least three variants of class %s that nobody published', (_prefix, attacks) => {
    expect(attacks.filter(attack => attack.id === 'own').length).toBeGreaterThanOrEqual(3);
    expect(new Set(attacks.map(attack => attack.code)).size).toBe(attacks.length);
  });

  it('has at least seventy programs that never end by themselves', () => {
    const endless = [...CPU, ...JOBS].filter(({ ends }) => [ends].flat().includes('TIMEOUT'));
    expect(endless.length).toBeGreaterThanOrEqual(70);
  });
});
