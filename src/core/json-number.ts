/** Whether a decimal of a JSON text survives as a number. */

/** Of the digits that tell every double apart from its neighbours. */
const DOUBLE_DIGITS = 17;
/** Beyond it no exact comparison is made: the largest double has 309 digits before the point. */
const EXACT_CHARS = 1200;

/** Digits times a power of ten; the sign left out. */
export interface Decimal {
  /** Without zeros at either end. */
  readonly digits: string;
  /** Power of ten of the last digit. */
  readonly exponent: number;
}

export function decimalOf(literal: string): Decimal {
  const [, whole = '', fraction = '', power = '0'] =
    /^-?(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(literal) ?? [];
  let from = 0;
  const all = whole + fraction;
  while (from < all.length && all[from] === '0') from++;
  let to = all.length;
  while (to > from && all[to - 1] === '0') to--;
  return {
    digits: all.slice(from, to),
    exponent: Number(power) - fraction.length + (all.length - to),
  };
}

/**
 * A number with a fraction or an exponent is read as the nearest double, like everywhere. That is no answer where doubles are
 * farther apart than 1, beyond ±2^53: there it has to be a double, exactly or in the digits that doubles are written with (at
 * most 17). And none may become 0 or Infinity.
 * @param value of the literal, as `Number` reads it
 */
export function decimalIsKept(literal: string, value: number): boolean {
  const { digits, exponent } = decimalOf(literal);
  if (value === 0) return digits === '';
  if (!Number.isFinite(value)) return false;
  if (Math.abs(value) <= Number.MAX_SAFE_INTEGER) return true;
  if (digits.length <= DOUBLE_DIGITS) {
    const written = decimalOf(value.toPrecision(digits.length));
    return written.digits === digits && written.exponent === exponent;
  }
  if (exponent < 0 || digits.length + exponent > EXACT_CHARS) return false;
  return BigInt(digits) * 10n ** BigInt(exponent) === BigInt(Math.abs(value));
}
