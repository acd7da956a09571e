/** Paths of the guest's own file system: absolute, canonical, and compared as they are. */

const PATH_CHARS = 1024;
const NAME_CHARS = 255;

/** What is wrong with a path, or null. `/` is one, too: the whole file system. */
export function pathProblem(path: string): string | null {
  if (path === '/') return null;
  if (!path.startsWith('/')) return 'write an absolute path such as "/data/table.csv"';
  if (path.length > PATH_CHARS) return `write a path of at most ${PATH_CHARS} characters`;
  // A lone surrogate has no form in UTF-8.
  if (/\p{Cc}|\p{Cs}/u.test(path)) return 'write a path without control characters';
  const names = path.slice(1).split('/');
  if (names.some(name => name === '' || name === '.' || name === '..'))
    return 'write a path without empty, "." or ".." parts, and without a slash at its end';
  if (names.some(name => name.length > NAME_CHARS)) return `use names of at most ${NAME_CHARS} characters`;
  return null;
}

/** Whether `path` lies below `directory`. Both are canonical. */
export function isInside(path: string, directory: string): boolean {
  const prefix = directory === '/' ? '/' : `${directory}/`;
  return path.length > prefix.length && path.startsWith(prefix);
}
