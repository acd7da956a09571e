/** Rows of the published collection that are no program for this sandbox, and why. */
export const NOT_RUNNABLE: Readonly<Record<string, string>> = {
  'JS-MSF-010':
    'names the regression suites of two engines, not a program: they run against the engine, not against a sandbox',
};
