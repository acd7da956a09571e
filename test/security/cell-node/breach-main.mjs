// Runs under any supported Node.js: starts a real cell whose engine is replaced by hostile.js, prints what its probes
// reached as JSON. Arguments: the shell module of the build, the hostile program.
import { readFileSync } from 'node:fs';
import { Worker } from 'node:worker_threads';

const { shell, realm } = await import(process.argv[2]);
const program = readFileSync(new URL(process.argv[3], import.meta.url), 'utf8');
const module = await WebAssembly.compile(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]));
const worker = new Worker(shell, {
  eval: true,
  env: {},
  argv: [],
  execArgv: [],
  stdout: true,
  stderr: true,
  workerData: { realm, program },
});
let ready = false;
worker.on('message', message => {
  if (!ready) {
    ready = true;
    return;
  }
  console.log(new TextDecoder().decode(message));
  void worker.terminate();
});
worker.on('error', error => console.log(JSON.stringify([['the worker failed', String(error), '', 'crash']])));
worker.postMessage({ module, assets: [] });
worker.postMessage([{ type: 'run', id: 1, code: '', job: '', input: new Uint8Array(0) }]);
