/**
 * Locales: there is one, en-US, and one time zone, UTC. Methods that take a locale, a time zone or options give exactly what
 * the standard gives for these, or throw: what used to be ignored made wrong values with success. Each is held against
 * Node.js's own in test/unit/runtimes/quickjs/platform/locale.test.ts.
 */
import { isArray, RangeErrorCtor, regExec, slice, TypeErrorCtor, toLowerCase } from './primordials.ts';
import { isObject, toStr } from './webidl.ts';

const ENGLISH: RegExp = /^en(?:-us)?$/;
const TAG: RegExp = /^[a-z]{2,8}(?:-[a-z0-9]{1,8})*$/;

/** The first of the locales asked for, in lower case; undefined for none. */
export function firstLocale(locales: unknown): string | undefined {
  if (locales === undefined) return undefined;
  if (locales === null) throw new TypeErrorCtor('locales must be a string or a list of them');
  const given = isArray(locales) ? locales[0] : locales;
  if (isArray(locales) && locales.length === 0) return undefined;
  if (typeof given !== 'string') throw new TypeErrorCtor('locales must be a string or a list of them');
  const tag = toLowerCase(given);
  if (regExec(TAG, tag) === null)
    throw new RangeErrorCtor('Incorrect locale information provided: ' + slice(given, 0, 50));
  return tag;
}

export function onlyEnglish(locales: unknown, where: string): void {
  const tag = firstLocale(locales);
  if (tag !== undefined && regExec(ENGLISH, tag) === null)
    throw new RangeErrorCtor(
      where +
        ': only the locale en-US is here, got ' +
        slice(tag, 0, 50) +
        '; format on the host, or bring a library',
    );
}

/** Reads the options by name; whatever is set and stands in none of the lists is refused. */
export function checkOptions(
  options: unknown,
  where: string,
  known: string,
  defaults: readonly string[],
): object | undefined {
  if (options === undefined) return undefined;
  if (options === null) throw new TypeErrorCtor(where + ': the options must be an object');
  if (!isObject(options)) return undefined;
  for (let i = 0; i < defaults.length; i += 2) {
    const name = defaults[i] as string;
    const value = (options as Record<string, unknown>)[name];
    if (value === undefined) continue;
    // The value that is in force anyway, if there is one.
    if (defaults[i + 1] !== '' && toStr(value) === defaults[i + 1]) continue;
    throw new RangeErrorCtor(
      where + ': the option ' + name + ' is not supported here; supported are' + known,
    );
  }
  return options;
}

export function option(options: object | undefined, name: string): unknown {
  return options === undefined ? undefined : (options as Record<string, unknown>)[name];
}
