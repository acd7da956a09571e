export { DEFAULT_CAPS, type ModuleCaps } from './caps.ts';
export { WasmFormatError, type WasmRefusal } from './errors.ts';
export { instrument } from './instrument.ts';
export type { ExportEntry, ExternalKind, ImportEntry, ModuleInfo, Signature } from './layout.ts';
export type {
  FuelOptions,
  InstrumentedModule,
  InstrumentOptions,
  InstrumentStats,
  TickTarget,
} from './options.ts';
export { prescan } from './prescan.ts';
export { bindTick } from './tick.ts';
