/** Versions as semver.org writes them: read, and put in order. */

export interface Version {
  readonly text: string;
  readonly numbers: readonly [number, number, number];
  /** Identifiers of a pre-release; empty for a release. Build metadata has no say in the order. */
  readonly pre: readonly string[];
}

/** The pattern semver.org suggests, with its numbers held to fifteen digits. */
const SEMVER =
  /^(0|[1-9]\d{0,14})\.(0|[1-9]\d{0,14})\.(0|[1-9]\d{0,14})(?:-((?:0|[1-9]\d{0,14}|\d*[a-zA-Z-][0-9a-zA-Z-]*)(?:\.(?:0|[1-9]\d{0,14}|\d*[a-zA-Z-][0-9a-zA-Z-]*))*))?(?:\+([0-9a-zA-Z-]+(?:\.[0-9a-zA-Z-]+)*))?$/;
const CHARS = 64;

/** `null` for what is no version, or longer than 64 characters. */
export function parseVersion(text: string): Version | null {
  if (text.length > CHARS) return null;
  const [, major, minor, patch, pre] = SEMVER.exec(text) ?? [];
  if (major === undefined) return null;
  return {
    text,
    numbers: [Number(major), Number(minor), Number(patch)],
    pre: pre === undefined ? [] : pre.split('.'),
  };
}

/** Negative when `a` comes before `b`, 0 when neither does. */
export function compareVersions(a: Version, b: Version): number {
  for (const i of [0, 1, 2] as const) {
    if (a.numbers[i] !== b.numbers[i]) return a.numbers[i] - b.numbers[i];
  }
  if (a.pre.length === 0 || b.pre.length === 0) return b.pre.length - a.pre.length;
  for (let i = 0; i < Math.max(a.pre.length, b.pre.length); i++) {
    const [left, right] = [a.pre[i], b.pre[i]];
    if (left === undefined || right === undefined) return left === undefined ? -1 : 1;
    const order = compareIdentifiers(left, right);
    if (order !== 0) return order;
  }
  return 0;
}

/** Numbers come before words, and by their value. */
function compareIdentifiers(a: string, b: string): number {
  const [isNumberA, isNumberB] = [/^\d+$/.test(a), /^\d+$/.test(b)];
  if (isNumberA && isNumberB) return Number(a) - Number(b);
  if (isNumberA !== isNumberB) return isNumberA ? -1 : 1;
  return a < b ? -1 : a > b ? 1 : 0;
}
