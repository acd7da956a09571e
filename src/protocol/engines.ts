/** Which engine a cell is started with: one per runtime, and one for the host's own tools. A cell never changes it. */
import type { RuntimeName } from '../core/result.ts';

export type EngineName = 'quickjs' | 'wasm' | 'pyodide' | 'tools' | 'sqlite';

/** Engines whose realm keeps `Intl`: none that runs a guest's code. */
export const KEEPS_INTL: ReadonlySet<EngineName> = new Set(['tools']);

export const ENGINE_OF: Readonly<Record<RuntimeName, EngineName>> = Object.freeze({
  javascript: 'quickjs',
  wasm: 'wasm',
  python: 'pyodide',
});
