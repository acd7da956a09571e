/**
 * Entry of the worker that checks, meters and compiles native plugins. No guest runs here and no cell talks to it: a
 * plugin is bytes to it. In a thread of its own because compiling 30 MB takes a second, and because it can be killed.
 */
import { parentPort } from 'node:worker_threads';
import { preparePlugin, refusalOf } from '../../instrument/plugin/index.ts';
import type { CompileAnswer, CompileOrder } from './compiler.ts';

const port = parentPort as NonNullable<typeof parentPort>;

async function compile({ bytes, limits }: CompileOrder): Promise<CompileAnswer> {
  try {
    const prepared = preparePlugin(bytes, limits);
    const module = await WebAssembly.compile(prepared.bytes);
    return { module, info: JSON.stringify(prepared.info) };
  } catch (error) {
    const { code, message } = refusalOf(error);
    return { code, message };
  }
}

port.on('message', (order: CompileOrder) => {
  compile(order).then(
    answer => port.postMessage(answer),
    // A defect of ours: the host starts another worker and says so.
    error => {
      throw error;
    },
  );
});
