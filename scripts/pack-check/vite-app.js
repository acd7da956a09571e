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
  const hex = '0061736d0100000001070160027f7f017f030201000707010361646400000a09010700200020016a0b';
  const code = Uint8Array.from(hex.match(/../g), byte => Number.parseInt(byte, 16));
  const native = await sandbox.run({ runtime: 'wasm', code, input: [20, 22] });
  if (native.data !== 42) throw new Error(`a module answered ${JSON.stringify(native)}`);
  const python = await sandbox.run({ runtime: 'python', code: 'input * 2', input: 21 });
  if (python.data !== 42) throw new Error(`Python answered ${JSON.stringify(python)}`);
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
