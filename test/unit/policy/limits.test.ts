import { describe, expect, test } from 'vitest';
import { DEFAULT_LIMITS, LIMIT_NAMES, LIMITS, SANDBOX_LIMITS } from '../../../src/core/limits.ts';
import { lowerLimits, parsePolicy } from '../../../src/policy/index.ts';

const RUN_LIMITS = LIMIT_NAMES.filter(name => !SANDBOX_LIMITS.includes(name));

test('lowerLimits answers with the policy’s limits when nothing is lowered', () => {
  expect(lowerLimits(DEFAULT_LIMITS, undefined, 'limits')).toBe(DEFAULT_LIMITS);
  expect(lowerLimits(DEFAULT_LIMITS, {}, 'limits')).toEqual(DEFAULT_LIMITS);
  expect(lowerLimits(DEFAULT_LIMITS, { fuel: undefined }, 'limits')).toEqual(DEFAULT_LIMITS);
});

describe.each(RUN_LIMITS)('limits.%s', name => {
  const { limits } = parsePolicy({ limits: { [name]: LIMITS[name].min + 1 } });

  test('is lowered to the floor, and kept when equal', () => {
    const lowered = lowerLimits(limits, { [name]: LIMITS[name].min }, 'limits');
    expect(lowered).toEqual({ ...limits, [name]: LIMITS[name].min });
    expect(Object.isFrozen(lowered)).toBe(true);
    expect(lowerLimits(limits, { [name]: limits[name] }, 'limits')).toEqual(limits);
  });

  test('is not raised above the policy', () => {
    expect(() => lowerLimits(limits, { [name]: limits[name] + 1 }, 'limits')).toThrow(
      expect.objectContaining({
        code: 'LIMIT_OUT_OF_RANGE',
        message: `limits.${name} must be at most ${limits[name]}, the policy’s value, got ${limits[name] + 1}`,
      }),
    );
  });

  test.each([LIMITS[name].min - 1, Number.NaN, Number.POSITIVE_INFINITY, -1, 2 ** 53, '1', null])(
    'is refused as %j',
    value => {
      expect(() => lowerLimits(limits, { [name]: value }, 'limits')).toThrow(
        expect.objectContaining({ code: 'LIMIT_OUT_OF_RANGE' }),
      );
    },
  );
});

test.each(SANDBOX_LIMITS)('limits.%s cannot be set for one run', name => {
  expect(() => lowerLimits(DEFAULT_LIMITS, { [name]: LIMITS[name].min }, 'limits')).toThrow(
    expect.objectContaining({
      code: 'INVALID_ARGUMENT',
      message: `limits.${name} holds for a whole sandbox; set policy.limits.${name} instead`,
    }),
  );
});

test.each<[unknown, string]>([
  [5, 'limits must be an object of limits'],
  [null, 'limits must be an object of limits'],
  [[], 'limits must be an object of limits'],
  [() => {}, 'limits must be plain JSON, got a function'],
  [{ timeout: 5 }, 'limits.timeout is not a limit; did you mean limits.timeoutMs?'],
  [JSON.parse('{"__proto__":{}}'), 'limits.__proto__ is not a limit; known are timeoutMs'],
])('lowerLimits refuses %j', (override, message) => {
  expect(() => lowerLimits(DEFAULT_LIMITS, override, 'limits')).toThrow(
    expect.objectContaining({ code: 'INVALID_ARGUMENT', message: expect.stringContaining(message) }),
  );
});
