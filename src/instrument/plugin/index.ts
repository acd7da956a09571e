export { checkPlugin, PluginRefused, type RefusalCode, refusalOf } from './check.ts';
export {
  ENV_MODULE,
  EXTISM_MODULE,
  HOST_MODULE,
  IMPORTS,
  MEMORY_IMPORT,
  USER_MODULE,
  WASI_MODULE,
} from './imports.ts';
export { type Abi, entriesOf, type FunctionSignature, type PluginInfo, pluginInfo } from './info.ts';
export {
  FUEL_EXPORT,
  MEMORY_EXPORT,
  type PluginLimits,
  type PreparedPlugin,
  preparePlugin,
  START_EXPORT,
  TICK_EXPORT,
} from './prepare.ts';
