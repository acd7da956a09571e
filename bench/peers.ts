/** The peers, each used as its documentation says. */
import type ivm from 'isolated-vm';

type Work = (value: number) => Promise<unknown>;

/** A fresh isolate, or a fresh context in one isolate, for every run. */
export async function isolatedVm(fresh: 'isolate' | 'context', code: string): Promise<Work> {
  const { default: lib } = (await import('isolated-vm')) as { default: typeof ivm };
  const shared = new lib.Isolate({ memoryLimit: 64 });
  return async value => {
    const isolate = fresh === 'isolate' ? new lib.Isolate({ memoryLimit: 64 }) : shared;
    const context = await isolate.createContext();
    await context.global.set('input', { value }, { copy: true });
    const answer: unknown = await context.eval(code, { timeout: 5000, copy: true });
    if (fresh === 'isolate') isolate.dispose();
    else context.release();
    return answer;
  };
}

export async function sebastianwessel(code: string): Promise<Work> {
  const { loadQuickJs } = await import('@sebastianwessel/quickjs');
  const variant = await import('@jitl/quickjs-ng-wasmfile-release-sync');
  const { runSandboxed } = await loadQuickJs(variant.default as never);
  return value =>
    runSandboxed(
      async ({ evalCode }) => {
        const result = await evalCode(`export default env.input.${code.replace('input.', '')}`);
        return result.ok ? result.data : result.error;
      },
      { env: { input: { value } } },
    );
}

/** The unmetered engine with one context that every run dirties: no freshness, no worker, no limits. */
export async function directEngine(): Promise<(code: string, input: unknown) => unknown> {
  const { newQuickJSWASMModuleFromVariant } = await import('quickjs-emscripten-core');
  const variant = await import('@jitl/quickjs-wasmfile-release-sync');
  const engine = await newQuickJSWASMModuleFromVariant(variant.default as never);
  const context = engine.newContext();
  const parse = context.unwrapResult(context.evalCode('json => { globalThis.input = JSON.parse(json); }'));
  return (code, input) => {
    const json = context.newString(JSON.stringify(input));
    context.unwrapResult(context.callFunction(parse, context.undefined, json)).dispose();
    json.dispose();
    const answer = context.unwrapResult(context.evalCode(code));
    const value: unknown = context.dump(answer);
    answer.dispose();
    return value;
  };
}

export interface ExtismPlugin {
  /** One at a time: a plugin of theirs is not reentrant, and keeps its instance. */
  call(entry: string, input: string | Uint8Array): Promise<Uint8Array>;
  end(): Promise<void>;
}

/**
 * Its exchange memory keeps what every call left there until it is reset, and after some ten thousand of its blocks
 * their addresses turn negative and calls fail. What a plugin logs is thrown away.
 */
export async function extism(
  module: WebAssembly.Module,
  { runInWorker, callsPerReset }: { readonly runInWorker: boolean; readonly callsPerReset: number },
): Promise<ExtismPlugin> {
  const { createPlugin } = await import('@extism/extism');
  const logger = { ...console, trace() {}, debug() {}, log() {}, info() {}, warn() {}, error() {} };
  const plugin = await createPlugin({ wasm: [{ module }] }, { useWasi: false, logger, runInWorker });
  let calls = 0;
  return {
    async call(entry, input) {
      if (++calls % callsPerReset === 0) await plugin.reset();
      const output = await plugin.call(entry, input);
      return output === null ? new Uint8Array(0) : output.bytes();
    },
    end: () => plugin.close(),
  };
}
