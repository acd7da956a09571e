/**
 * How fast modules are made ready, step by step: `npm run bench:patch -- FILE.wasm…`. Without files it takes the engine this
 * package is built with.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { DEFAULT_CAPS } from '../src/instrument/caps.ts';
import { meter } from '../src/instrument/meter.ts';
import { FUEL_EXPORT, TICK_EXPORT } from '../src/instrument/plugin/index.ts';
import { prescan } from '../src/instrument/prescan.ts';
import { median, printTable } from './measure.ts';

const ROUNDS = 7;
const MB = 1024 * 1024;

const given = process.argv.slice(2);
const files =
  given.length > 0
    ? given
    : [createRequire(import.meta.url).resolve('@jitl/quickjs-wasmfile-release-sync/wasm')];

const timed = (work: () => unknown): number => {
  const times = Array.from({ length: ROUNDS }, () => {
    const start = performance.now();
    work();
    return performance.now() - start;
  });
  return median(times);
};

const rows = files.map(file => {
  const bytes = new Uint8Array(readFileSync(file));
  const module = prescan(bytes, DEFAULT_CAPS);
  const options = {
    maxMemoryPages: 65_536,
    stripCustomSections: true,
    fuel: {
      globalExport: FUEL_EXPORT,
      width: 'i32',
      initial: 0,
      tick: { tableExport: TICK_EXPORT },
      charge: 'entries-and-loops',
    },
  } as const;
  const scan = timed(() => prescan(bytes, DEFAULT_CAPS));
  const patch = timed(() => meter(module, options));
  const validate = timed(() => WebAssembly.validate(bytes));
  const code = (module.bodies.at(-1) ?? 0) - (module.bodies[0] ?? 0);
  const name = file.slice(file.lastIndexOf('/') + 1);
  const growth = (meter(module, options).bytes.length / bytes.length - 1) * 100;
  return [
    name,
    (bytes.length / MB).toFixed(2),
    scan.toFixed(1),
    patch.toFixed(1),
    validate.toFixed(1),
    (code / MB / (patch / 1000)).toFixed(0),
    `${growth.toFixed(0)}%`,
  ];
});
printTable(
  'Making modules ready',
  ['module', 'MB', 'scan ms', 'patch ms', 'validate ms', 'patch MB/s of code', 'growth'],
  rows,
);
