/** What was found once, as it was found or cut down to what mattered. It is tried before anything that is drawn. */
import type { createWorkflowEngine } from '../../../src/workflow.ts';
import type { Case } from './oracle.ts';

interface Found {
  /** Name of the entry that it is handed to. */
  readonly entry: string;
  make(world: { readonly engine: ReturnType<typeof createWorkflowEngine> }): Case;
}

export const CORPUS: readonly Found[] = [];
