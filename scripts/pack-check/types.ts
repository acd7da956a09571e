/** What a TypeScript program does with the installed package's types; compiled in a fresh project. */
import {
  createSandbox,
  ERROR_TABLE,
  type ExecutionResult,
  type PluginSecurityPolicy,
  type Sandbox,
} from 'citadel-sandbox';
import { configureBrowser } from 'citadel-sandbox/browser';

const policy: PluginSecurityPolicy = { limits: { timeoutMs: 500 } };
const sandbox: Sandbox = createSandbox({ policy });
const result: ExecutionResult = await sandbox.run({ runtime: 'javascript', code: '1' });
if (!result.success) console.log(ERROR_TABLE[result.error.code].exitCode satisfies number);
// @ts-expect-error: there is no such option
createSandbox({ policies: {} });
configureBrowser({ sandboxUrl: '/sandbox.html' });
await sandbox.close();
