/** What a page does with the installed package; copied into a fresh Vite app without configuration. */
import { capabilities, createSandbox } from 'citadel-sandbox';

const show = text => {
  document.body.dataset.result = text;
};
try {
  await using sandbox = createSandbox({ policy: { limits: { timeoutMs: 500 } } });
  const healthy = await sandbox.run({
    runtime: 'javascript',
    code: 'input.value * 2',
    input: { value: 21 },
  });
  const endless = await sandbox.run({ runtime: 'javascript', code: 'for (;;);' });
  show(
    JSON.stringify({
      platform: capabilities().platform,
      data: healthy.success ? healthy.data : healthy.error,
      endless: endless.success ? 'finished' : endless.error.code,
    }),
  );
} catch (error) {
  show(String(error));
}
