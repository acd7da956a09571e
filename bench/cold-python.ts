/** Prints the milliseconds from createSandbox() to the first result of a Python plugin, in a process of its own. */
import { createSandbox } from '../src/index.ts';

const start = performance.now();
const sandbox = createSandbox();
const result = await sandbox.run({ runtime: 'python', code: 'input["value"] * 2', input: { value: 21 } });
const took = performance.now() - start;
if (!result.success || result.data !== 42) throw new Error('wrong answer');
await sandbox.close();
process.stdout.write(took.toFixed(1));
