/** Modules that are hostile by what they declare: refused before anything of them is compiled or run. */
import { describe } from 'vitest';
import {
  brTableBomb,
  exportBomb,
  fromHex,
  functions,
  importBomb,
  localsBomb,
  mergeBomb,
  module,
  nestingBomb,
  section,
  signatureBomb,
  stackBomb,
} from './bytes.ts';
import { contain } from './contain.ts';

const INVALID = 'WASM_INVALID';
const run = '(func (export "run"))';

describe('memories and tables', () => {
  contain([
    {
      id: 'WA-MOD-001',
      title: '4 GiB of initial memory',
      module: '(module (memory (export "memory") 65536))',
      ends: 'MEMORY_LIMIT',
    },
    {
      id: 'own',
      title: 'one page more than is granted',
      module: `(module (memory 513) ${run})`,
      ends: 'MEMORY_LIMIT',
    },
    { id: 'own', title: 'all that is granted', module: `(module (memory 512) ${run})`, ends: 'ok' },
    {
      id: 'own',
      title: 'an imported memory of 4 GiB',
      module: `(module (import "env" "memory" (memory 65536)) ${run})`,
      ends: 'MEMORY_LIMIT',
    },
    {
      id: 'own',
      title: 'an imported memory without a maximum, grown',
      module:
        '(module (import "env" "memory" (memory 1)) (func (export "run") (result i32) (memory.grow (i32.const 512))))',
      ends: 'ok',
      check: result => {
        if (!result.success || result.data !== -1) throw new Error('it grew');
      },
    },
    {
      id: 'WA-MOD-008',
      title: 'a table of 2³²-1',
      module: '(module (table 4294967295 funcref))',
      ends: INVALID,
    },
    {
      id: 'own',
      title: 'a table one entry larger than allowed',
      module: `(module (table 100001 funcref) ${run})`,
      ends: INVALID,
    },
    {
      id: 'own',
      title: 'nine tables',
      module: `(module ${'(table 1 funcref)'.repeat(9)} ${run})`,
      ends: INVALID,
    },
    { id: 'own', title: 'two memories', module: module(section(5, [2, 0, 1, 0, 1])), ends: INVALID },
    { id: 'own', title: 'a shared memory', module: module(section(5, [1, 3, 1, 1])), ends: INVALID },
    {
      id: 'own',
      title: 'a memory with 64-bit addresses',
      module: module(section(5, [1, 4, 1])),
      ends: INVALID,
    },
  ]);
});

describe('imports', () => {
  contain([
    {
      id: 'WA-MOD-015',
      title: 'an unexpected import',
      module: `(module (import "env" "secret" (func)) ${run})`,
      ends: 'IMPORT_DENIED',
    },
    {
      id: 'WA-MOD-016',
      title: 'an import that Object.prototype would resolve',
      module: `(module (import "__proto__" "toString" (func)) ${run})`,
      ends: 'IMPORT_DENIED',
    },
    {
      id: 'WA-MOD-017',
      title: 'Function by constructor.constructor',
      module: `(module (import "constructor" "constructor" (func $F (param externref) (result externref))) ${run})`,
      ends: 'IMPORT_DENIED',
    },
    {
      id: 'WA-MOD-018',
      title: 'inherited names of known modules',
      module: `(module (import "wasi_snapshot_preview1" "constructor" (func)) (import "env" "valueOf" (func)) (memory (export "memory") 1) ${run})`,
      ends: 'IMPORT_DENIED',
    },
    {
      id: 'WA-MOD-040',
      title: 'JavaScript strings',
      module: `(module (import "wasm:js-string" "fromCharCodeArray" (func)) ${run})`,
      ends: 'IMPORT_DENIED',
    },
    {
      id: 'WA-MOD-041',
      title: 'references across the boundary',
      module: `(module (import "env" "p" (func (result i64 externref))) ${run})`,
      ends: 'IMPORT_DENIED',
    },
    {
      id: 'WA-WASI-046',
      title: 'another WASI',
      module: `(module (import "wasi_unstable" "fd_write" (func (param i32 i32 i32 i32) (result i32))) ${run})`,
      ends: 'IMPORT_DENIED',
    },
    {
      id: 'own',
      title: 'WASI preview 2',
      module: `(module (import "wasi_snapshot_preview2" "fd_write" (func)) ${run})`,
      ends: 'IMPORT_DENIED',
    },
    {
      id: 'own',
      title: 'a known name with another signature',
      module: `(module (import "env" "abort" (func (param i32) (result i32))) ${run})`,
      ends: 'IMPORT_DENIED',
    },
    {
      id: 'own',
      title: 'a known name as a global',
      module: `(module (import "env" "abort" (global i32)) ${run})`,
      ends: 'IMPORT_DENIED',
    },
    {
      id: 'own',
      title: 'a memory of another name',
      module: `(module (import "env" "memory2" (memory 1)) ${run})`,
      ends: 'IMPORT_DENIED',
    },
    {
      id: 'own',
      title: 'a table of the host',
      module: `(module (import "env" "table" (table 1 funcref)) ${run})`,
      ends: 'IMPORT_DENIED',
    },
    {
      id: 'own',
      title: 'our own names',
      module: `(module (import "citadel" "tick" (func)) ${run})`,
      ends: 'IMPORT_DENIED',
    },
    {
      id: 'own',
      title: 'a name with NUL',
      module: `(module (import "env" "abort\\00" (func (param i32 i32 i32 i32))) ${run})`,
      ends: 'IMPORT_DENIED',
    },
  ]);
});

describe('exports', () => {
  contain([
    {
      id: 'WA-MOD-020',
      title: 'an export named then that takes references',
      module: `(module (func (export "then") (param externref externref)) ${run})`,
      ends: INVALID,
    },
    {
      id: 'own',
      title: 'an export named then',
      module:
        '(module (func (export "then") (result i32) (unreachable)) (func (export "run") (result i32) (i32.const 1)))',
      run: { entry: 'run' },
      ends: 'ok',
    },
    {
      id: 'WA-MOD-021',
      title: 'exports named as the prototype’s',
      module: `(module (func (export "__proto__")) (func (export "constructor")) (func (export "toString")) ${run})`,
      run: { entry: 'run' },
      ends: 'ok',
    },
    {
      id: 'WA-MOD-022',
      title: 'a memory that is a function',
      module: `(module (func (export "memory")) ${run})`,
      ends: INVALID,
    },
    {
      id: 'own',
      title: 'an alloc that is a global',
      module:
        '(module (memory (export "memory") 1) (global (export "alloc") i32 (i32.const 0)) (func (export "run") (param i32 i32) (result i64) (i64.const 0)))',
      run: { input: [0, 0] },
      ends: 'ok',
    },
    {
      id: 'own',
      title: 'our own names',
      module: `(module (func (export "citadel:fuel")) ${run})`,
      ends: INVALID,
    },
    {
      id: 'own',
      title: 'our own names as a table',
      module: `(module (table (export "citadel:tick") 1 funcref) ${run})`,
      ends: INVALID,
    },
    {
      id: 'own',
      title: 'the start export without a start',
      module: `(module (func (export "citadel:start") (unreachable)) ${run})`,
      ends: INVALID,
    },
    {
      id: 'own',
      title: 'a function that returns a reference',
      module: `(module (func (export "f") (result funcref) (ref.null func)) ${run})`,
      ends: INVALID,
    },
    {
      id: 'WA-MOD-042',
      title: 'a mutable global of the host’s references',
      module: `(module (global (export "g") (mut externref) (ref.null extern)) ${run})`,
      ends: INVALID,
    },
    {
      id: 'own',
      title: 'the same with functions',
      module: `(module (global (export "g") (mut funcref) (ref.null func)) ${run})`,
      ends: INVALID,
    },
  ]);
});

describe('bytes that are no module', () => {
  contain([
    {
      id: 'WA-MOD-028',
      title: 'a truncated section',
      module: fromHex('0061736d01000000010500'),
      ends: INVALID,
    },
    { id: 'WA-MOD-029', title: 'a shell script', module: fromHex('23212f62696e2f7368'), ends: INVALID },
    { id: 'WA-MOD-030', title: 'nothing', module: new Uint8Array(0), ends: INVALID },
    { id: 'WA-MOD-031', title: 'a component', module: fromHex('0061736d0d000100'), ends: INVALID },
    { id: 'own', title: 'a header alone', module: fromHex('0061736d01000000'), ends: 'ENTRY_NOT_FOUND' },
    { id: 'own', title: 'version 2', module: fromHex('0061736d02000000'), ends: INVALID },
    { id: 'own', title: 'a length of 2³²-1', module: fromHex('0061736d0100000001ffffffff0f'), ends: INVALID },
    {
      id: 'own',
      title: 'a number that never ends',
      module: fromHex('0061736d01000000018080808080808080'),
      ends: INVALID,
    },
    {
      id: 'own',
      title: 'sections out of order',
      module: module(section(3, [0]), section(1, [0])),
      ends: INVALID,
    },
    { id: 'own', title: 'a section twice', module: module(section(1, [0]), section(1, [0])), ends: INVALID },
    { id: 'own', title: 'code that does not validate', module: functions(1, [0, 0x6a, 0x0b]), ends: INVALID },
    { id: 'own', title: 'an unknown opcode', module: functions(1, [0, 0xff, 0x0b]), ends: INVALID },
    {
      id: 'own',
      title: 'a global that is ours, by index',
      module: functions(1, [0, 0x41, 0, 0x24, 0, 0x0b]),
      ends: INVALID,
    },
    {
      id: 'own',
      title: 'a call of our own function, by index',
      module: functions(1, [0, 0x10, 1, 0x0b]),
      ends: INVALID,
    },
  ]);
});

describe('features that cannot be bounded', () => {
  contain([
    // (type (sub (array (mut i8)))), a function that makes arrays of it for ever
    {
      id: 'WA-MOD-039',
      title: 'arrays on the JavaScript heap',
      module: fromHex(
        '0061736d01000000 0107 02 5e7801 600000 03020101 070701 0372756e 0000 0a0e01 0c00 0340 418094ebdc03 fb0700 1a 0c00 0b 0b',
      ),
      ends: INVALID,
    },
    {
      id: 'own',
      title: 'exceptions: catch_all would swallow the end of a run',
      module: functions(1, [0, 0x06, 0x40, 0x19, 0x0b, 0x0b]),
      ends: INVALID,
    },
    {
      id: 'own',
      title: 'exceptions: try_table',
      module: functions(1, [0, 0x1f, 0x40, 1, 2, 0, 0x0b, 0x0b]),
      ends: INVALID,
    },
    { id: 'own', title: 'atomics', module: functions(1, [0, 0xfe, 0x03, 0x00, 0x0b]), ends: INVALID },
    { id: 'own', title: 'stack switching', module: functions(1, [0, 0xe0, 0, 0x0b]), ends: INVALID },
  ]);
});

describe('what costs more than its size', () => {
  contain([
    {
      id: 'WA-MOD-034',
      title: '20,000 functions of 49,000 locals in 160 KB',
      module: () => localsBomb(20_000, 49_000),
      ends: INVALID,
    },
    {
      id: 'own',
      title: 'many functions of 9,000 locals',
      module: () => localsBomb(20_000, 9_000),
      ends: INVALID,
    },
    {
      id: 'WA-MOD-036',
      title: 'br_tables of 60,000 labels',
      module: () => brTableBomb(8, 40, 60_000),
      ends: INVALID,
    },
    { id: 'own', title: 'many small br_tables', module: () => brTableBomb(2_000, 10, 1_000), ends: INVALID },
    {
      id: 'WA-MOD-037',
      title: '100,000 nested blocks',
      module: () => nestingBomb(20, 100_000),
      ends: INVALID,
    },
    {
      id: 'own',
      title: 'signatures of 1,000 parameters',
      module: () => signatureBomb(200, 1_000),
      ends: INVALID,
    },
    { id: 'own', title: 'two million types', module: () => signatureBomb(2_000_000, 0), ends: INVALID },
    { id: 'WA-MOD-038', title: '100,000 exports', module: () => exportBomb(100_000, 40), ends: INVALID },
    {
      id: 'own',
      title: 'exports with names of 100 KB',
      module: () => exportBomb(200, 100_000),
      ends: INVALID,
    },
    { id: 'own', title: '100,000 imports', module: () => importBomb(100_000, 4), ends: INVALID },
    {
      id: 'own',
      title: 'imports with names of 100 KB',
      module: () => importBomb(200, 100_000),
      ends: INVALID,
    },
    // 300 KB of these took gigabytes and seconds when the function was first called.
    {
      id: 'own',
      title: 'ifs among 9,000 locals',
      module: () => mergeBomb(9_000, 60_000, [0x41, 0, 0x04, 0x40, 0x0b]),
      ends: INVALID,
    },
    {
      id: 'own',
      title: 'loops among 9,000 locals',
      module: () => mergeBomb(9_000, 9_000, [0x03, 0x40, 0x0b]),
      ends: INVALID,
    },
    {
      id: 'own',
      title: 'branches among 9,000 locals',
      module: () => mergeBomb(9_000, 60_000, [0x41, 0, 0x0d, 0]),
      ends: INVALID,
    },
    {
      id: 'own',
      title: 'br_tables among 9,000 locals',
      module: () => mergeBomb(9_000, 900, [0x02, 0x40, 0x41, 0, 0x0e, 1, 0, 1, 0x0b]),
      ends: INVALID,
    },
    { id: 'own', title: 'ifs above 100,000 values', module: () => stackBomb(100_000, 50_000), ends: INVALID },
    {
      id: 'own',
      title: 'as many as are allowed',
      module: () => mergeBomb(9_000, 200, [0x41, 0, 0x04, 0x40, 0x0b]),
      ends: ['ok', 'TIMEOUT'],
    },
  ]);
});
