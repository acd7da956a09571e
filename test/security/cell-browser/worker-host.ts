/** A sandbox host in a worker of the page: its cells are made by the page. */
import { connectCells, platform } from '../../../src/browser.ts';
import { createSandboxOn } from '../../../src/host/sandbox.ts';

addEventListener('message', async ({ data, ports }: MessageEvent<{ codes: string[]; connect: boolean }>) => {
  if (data.connect) connectCells(ports[0] as MessagePort);
  const sandbox = createSandboxOn(platform, { policy: { limits: { maxExecutionTimeMs: 1500 } } });
  const answers: string[] = [];
  for (const code of data.codes) {
    const result = await sandbox.run({ runtime: 'javascript', code });
    answers.push(
      result.success ? `ok ${String(result.data)}` : `${result.error.code} ${result.error.message}`,
    );
  }
  await sandbox.close();
  postMessage(answers);
});
