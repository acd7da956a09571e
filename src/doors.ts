/** Ready-made host functions, each an ordinary value of `functions`. An entry of its own: `citadel-sandbox/doors`. */
export { type KeyValueOptions, keyValue } from './doors/key-value.ts';
export { type Progress, progress, sleep } from './doors/small.ts';
export { type KeyValueStore, memoryKeyValueStore, type StoreQuota } from './doors/store.ts';
export { type Tool, tools } from './doors/tools.ts';
export { functionTypes } from './doors/types.ts';
