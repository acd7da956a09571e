/** What stands between callers and plugins; each part can be used alone. SQL and content have entries of their own. */
export { filterInput } from './filter.ts';
export {
  DEFAULT_INPUT_LIMITS,
  dataPath,
  type InputLimits,
  inputLimits,
  parseJsonInput,
} from './input.ts';
export { type ApiKeyRecord, type Caller, createApiKey, KeyRing, type NewApiKey } from './keys.ts';
export { checkOutput, type Sanitize, sanitizerFor, textsOf } from './output.ts';
export { checkRelativePath, type PathDecision } from './paths.ts';
export { Bucket, checkRate, type Rate } from './rate.ts';
export { type Check, schemaCheck } from './schema/check.ts';
export { hasScope, isScope, nodeScope, type PluginAction, pluginScope } from './scopes.ts';
