/** Which engine a cell is started with: one per runtime, and a cell never changes it. */
import type { RuntimeName } from '../core/result.ts';

export type EngineName = 'quickjs' | 'wasm' | 'pyodide';

export const ENGINE_OF: Readonly<Record<RuntimeName, EngineName>> = Object.freeze({
  javascript: 'quickjs',
  wasm: 'wasm',
  python: 'pyodide',
});
