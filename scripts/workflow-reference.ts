/** Prints what the reference workflow of the contract suite gives in Node.js, for the browsers to be compared with. */
import { runReference } from '../test/contract/workflow-reference.ts';

console.log(await runReference());
