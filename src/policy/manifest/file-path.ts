/** Names of files in a package: relative, with `/`, and the same file on every system. */

const CHARS = 200;
const SEGMENTS = 16;
/** Devices of Windows, with or without an ending. */
const DEVICE = /^(?:con|prn|aux|nul|clock\$|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])(?:\.|$)/i;

/** What is wrong with a path, or null. */
export function filePathProblem(path: string): string | null {
  if (path === '') return 'it is empty';
  if (path.length > CHARS) return `it has more than ${CHARS} characters`;
  if (path.startsWith('/')) return 'it must not start with /';
  // Letters and marks of any script, digits, and a few signs no system gives a meaning to.
  if (!/^[\p{L}\p{M}\p{N}._@+()\- /]*$/u.test(path))
    return 'it may have letters, digits and . _ - + @ ( ) only';
  if (path !== path.normalize('NFC')) return 'it must be in Unicode form NFC';
  if (path.normalize('NFKC') !== path) return 'it has characters that others read as different ones';
  const segments = path.split('/');
  if (segments.length > SEGMENTS) return `it has more than ${SEGMENTS} parts`;
  for (const segment of segments) {
    if (segment === '') return 'it has an empty part';
    if (/^\.+$/.test(segment)) return 'it must not have parts of dots';
    if (/^[- ]|[. ]$/.test(segment))
      return 'its parts must not start with - or a space, or end with a dot or a space';
    if (DEVICE.test(segment)) return 'it names a device of Windows';
    if (segment === '__proto__') return 'it must not have a part named __proto__';
  }
  return null;
}

/** Equal for two paths that are one file on a system that does not tell upper case from lower. */
export function foldedPath(path: string): string {
  return path.normalize('NFKD').toUpperCase().toLowerCase().normalize('NFC');
}
