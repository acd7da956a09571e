/** The document of a cell's frame: one script, and the policy that allows nothing else. */

/**
 * Without any one of its parts the cell does not start, or is not closed (a test takes each away):
 * - `default-src 'none'`: no connection, no image, no font, no frame, no manifest. It reaches the worker because a
 *   worker made from a blob: URL inherits the policy of the document that made it.
 * - `script-src <hash>`: the warden. No host, no `blob:`, no 'unsafe-eval': `import()`, `importScripts` and `eval`
 *   find nothing they may run.
 * - `'wasm-unsafe-eval'`: the engine is compiled here, since a compiled module cannot come from the page.
 * - `worker-src blob:`: the cell's worker.
 */
export function framePolicy(wardenHash: string): string {
  return `default-src 'none'; script-src '${wardenHash}' 'wasm-unsafe-eval'; worker-src blob:`;
}

/** `warden` contains no `</script`: the build checks it. */
export function frameDocument(warden: string, wardenHash: string): string {
  return (
    '<!doctype html><meta charset="utf-8">' +
    `<meta http-equiv="Content-Security-Policy" content="${framePolicy(wardenHash)}">` +
    `<title>Sandbox</title><script>${warden}</script>`
  );
}
