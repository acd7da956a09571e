/** Builds and serves the fresh app with its own Vite, twice: as built, and in development. Prints two addresses. */
import { build, createServer, preview } from 'vite';

const quiet = { logLevel: 'warn' };
await build(quiet);
const built = await preview({ ...quiet, preview: { host: '127.0.0.1', port: 0 } });
const development = await createServer({ ...quiet, server: { host: '127.0.0.1', port: 0 } });
await development.listen();
const addresses = [built, development].map(({ resolvedUrls }) => resolvedUrls.local[0]);
process.stdout.write(`${JSON.stringify(addresses)}\n`);
// Lives until its parent hangs up.
process.stdin.resume().on('end', () => process.exit());
