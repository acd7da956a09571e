/**
 * From a plugin's bytes to a module that may be compiled: prescan, import allowlist, limits and fuel written into it,
 * validation of what came. Nothing of the plugin runs here.
 */
import { DEFAULT_CAPS } from '../caps.ts';
import { malformed } from '../errors.ts';
import { meter } from '../meter.ts';
import type { InstrumentStats } from '../options.ts';
import { prescan } from '../prescan.ts';
import { checkPlugin } from './check.ts';
import { type PluginInfo, pluginInfo } from './info.ts';

/** What is written into a module: part of what its compiled form is known by. */
export interface PluginLimits {
  readonly memoryPages: number;
  readonly tableEntries: number;
}

/** Exports that are added. No toolchain uses a colon, and a module that does use one of these names is refused. */
export const FUEL_EXPORT = 'citadel:fuel';
export const TICK_EXPORT = 'citadel:tick';
export const MEMORY_EXPORT = 'citadel:memory';
export const START_EXPORT = 'citadel:start';

export interface PreparedPlugin {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly info: PluginInfo;
  readonly stats: InstrumentStats;
}

/** @throws WasmFormatError or PluginRefused for anything about the module, and nothing else; see `refusalOf`. */
export function preparePlugin(bytes: Uint8Array<ArrayBuffer>, limits: PluginLimits): PreparedPlugin {
  const module = prescan(bytes, DEFAULT_CAPS);
  checkPlugin(module);
  const { bytes: metered, stats } = meter(module, {
    maxMemoryPages: limits.memoryPages,
    maxTableEntries: limits.tableEntries,
    stripCustomSections: true,
    startExport: START_EXPORT,
    memoryExport: MEMORY_EXPORT,
    fuel: {
      globalExport: FUEL_EXPORT,
      width: 'i32',
      initial: 0,
      tick: { tableExport: TICK_EXPORT },
      charge: 'entries-and-loops',
    },
  });
  // Afterwards: some caps are on what only the rewrite reads.
  if (!WebAssembly.validate(bytes)) malformed('the module does not validate', 0);
  return { bytes: metered, info: pluginInfo(module), stats };
}
