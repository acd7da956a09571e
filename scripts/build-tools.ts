/** Builds the cell of the host's tools into dist/. It is all JavaScript: its engine is an empty module. */
import { writeEngine } from './build-engine-files.ts';

export const buildTools = (): Promise<void> =>
  writeEngine('tools', Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0));

if (import.meta.main) await buildTools();
