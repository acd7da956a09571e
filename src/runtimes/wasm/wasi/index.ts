/** PLACEHOLDER of the lead, so that the rest compiles: the owner of this folder overwrites it. */
import type { FileTree } from '../fs/index.ts';
export interface WasiHost {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly stdin: Uint8Array;
  write(stream: 1 | 2, bytes: Uint8Array): void;
  now(): number;
  monotonic(): number;
  random(bytes: number): Uint8Array;
  sleep(ms: number): void;
  charge(units: number): void;
  readonly tree: FileTree;
}
export class ProcExit {
  readonly code: number;
  constructor(code: number) {
    this.code = code;
  }
}
export function createWasi(_host: WasiHost): {
  readonly imports: Record<string, (...args: never[]) => unknown>;
  bind(memory: WebAssembly.Memory): void;
} {
  return { imports: Object.create(null), bind() {} };
}
