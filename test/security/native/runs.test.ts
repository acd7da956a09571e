/** Modules that are hostile by what they do: every one ends within its limits, and its cell lives on. */
import { describe } from 'vitest';
import { contain } from './contain.ts';

const endless = (body: string, more = ''): string =>
  `(module ${more} (func (export "run") (loop ${body} (br 0))))`;
const MEMORY = '(memory 1 65536)';
const GROWN = '(memory 256)';

describe('endless work', () => {
  contain([
    {
      id: 'WA-MOD-003',
      title: 'memory.fill of 16 MiB in a loop',
      module: endless(
        '(memory.fill (i32.const 0)(i32.const 1)(i32.const 16777216))',
        '(memory (export "memory") 256)',
      ),
      ends: 'TIMEOUT',
    },
    {
      id: 'own',
      title: 'memory.copy onto itself',
      module: endless('(memory.copy (i32.const 1)(i32.const 0)(i32.const 16777215))', GROWN),
      ends: 'TIMEOUT',
    },
    {
      id: 'own',
      title: 'memory.init of a large segment',
      module: endless(
        '(memory.init 0 (i32.const 0)(i32.const 0)(i32.const 1000000))',
        `(memory 256) (data "${'x'.repeat(1_000_000)}")`,
      ),
      ends: 'TIMEOUT',
    },
    {
      id: 'own',
      title: 'table.fill',
      module: endless(
        '(table.fill (i32.const 0)(ref.null func)(i32.const 100000))',
        '(table 100000 funcref)',
      ),
      ends: 'TIMEOUT',
    },
    {
      id: 'own',
      title: 'table.copy',
      module: endless('(table.copy (i32.const 1)(i32.const 0)(i32.const 99999))', '(table 100000 funcref)'),
      ends: 'TIMEOUT',
    },
    {
      id: 'own',
      title: 'memory.grow by nothing',
      module: endless('(drop (memory.grow (i32.const 0)))', MEMORY),
      ends: 'TIMEOUT',
    },
    {
      id: 'own',
      title: 'memory.grow page by page',
      module: endless('(drop (memory.grow (i32.const 1)))', MEMORY),
      ends: 'TIMEOUT',
    },
    {
      id: 'WA-MOD-007',
      title: 'table.grow without end',
      module: endless('(drop (table.grow $t (ref.null func) (i32.const 1000000)))', '(table $t 1 funcref)'),
      ends: 'TIMEOUT',
    },
    {
      id: 'own',
      title: 'table.grow in small steps',
      module: endless('(drop (table.grow $t (ref.null func) (i32.const 100)))', '(table $t 1 funcref)'),
      ends: 'TIMEOUT',
    },
    {
      id: 'WA-MOD-011',
      title: 'a start function that never ends',
      module: '(module (func $s (loop (br 0))) (start $s) (func (export "run")))',
      ends: 'TIMEOUT',
    },
    { id: 'WA-MOD-012', title: 'a loop', module: endless(''), ends: 'TIMEOUT' },
    {
      id: 'WA-MOD-013',
      title: 'tail calls',
      module: '(module (func $f (export "run") (return_call $f)))',
      ends: 'TIMEOUT',
    },
    {
      id: 'own',
      title: 'tail calls by table',
      module:
        '(module (type $t (func)) (table funcref (elem $f)) (func $f (export "run") (return_call_indirect (type $t) (i32.const 0))))',
      ends: 'TIMEOUT',
    },
    {
      id: 'own',
      title: 'tail calls in a circle',
      module: '(module (func $a (export "run") (return_call $b)) (func $b (return_call $a)))',
      ends: 'TIMEOUT',
    },
    {
      id: 'own',
      title: 'recursion that branches',
      module:
        '(module (func $f (export "f") (param i32) (if (local.get 0) (then (call $f (i32.sub (local.get 0) (i32.const 1))) (call $f (i32.sub (local.get 0) (i32.const 1)))))))',
      run: { input: [1000] },
      ends: 'TIMEOUT',
    },
    {
      id: 'own',
      title: 'a loop that br_table closes',
      module: endless('(br_table 0 0 0 (i32.const 1))'),
      ends: 'TIMEOUT',
    },
    {
      id: 'own',
      title: 'a loop closed from deep inside',
      module: '(module (func (export "run") (loop $l (block (block (block (br $l)))))))',
      ends: 'TIMEOUT',
    },
    {
      id: 'own',
      title: 'a host function in a loop',
      module:
        '(module (import "env" "seed" (func $s (result f64))) (func (export "run") (loop (drop (call $s)) (br 0))))',
      ends: 'TIMEOUT',
    },
    {
      id: 'own',
      title: 'a trace in a loop',
      module:
        '(module (import "env" "trace" (func $t (param i32 i32 f64 f64 f64 f64 f64))) (memory (export "memory") 1) (func (export "run") (loop (call $t (i32.const 8) (i32.const 0) (f64.const 0) (f64.const 0) (f64.const 0) (f64.const 0) (f64.const 0)) (br 0))))',
      ends: 'TIMEOUT',
    },
    {
      id: 'own',
      title: 'fuel used up before time',
      module: endless(''),
      run: { limits: { fuel: 1000 } },
      ends: 'FUEL_EXHAUSTED',
    },
    {
      id: 'own',
      title: 'one bulk operation that costs more than all the fuel',
      module:
        '(module (memory 256) (func (export "run") (memory.fill (i32.const 0)(i32.const 1)(i32.const 16777216))))',
      run: { limits: { fuel: 100_000 } },
      ends: 'FUEL_EXHAUSTED',
    },
  ]);
});

describe('memory and stack', () => {
  contain([
    {
      id: 'WA-MOD-005',
      title: 'a fill of 4 GiB',
      module:
        '(module (memory 65536) (func (export "run") (memory.fill (i32.const 0)(i32.const 1)(i32.const -1))))',
      ends: 'MEMORY_LIMIT',
    },
    {
      id: 'own',
      title: 'the same in what is granted',
      module:
        '(module (memory 512) (func (export "run") (memory.fill (i32.const 0)(i32.const 1)(i32.const -1))))',
      ends: ['GUEST_ERROR', 'TIMEOUT'],
    },
    {
      id: 'own',
      title: 'all memory there is, touched',
      module:
        '(module (memory 1) (func (export "run") (result i32) (loop (br_if 0 (i32.ne (memory.grow (i32.const 1)) (i32.const -1)))) (memory.fill (i32.const 0)(i32.const 1)(i32.shl (memory.size) (i32.const 16))) (memory.size)))',
      ends: 'ok',
      check: result => {
        if (!result.success || result.data !== 512) throw new Error('another size');
      },
    },
    {
      id: 'WA-MOD-014',
      title: 'deep recursion',
      module: '(module (func $f (export "run") (call $f)))',
      ends: 'STACK_OVERFLOW',
    },
    {
      id: 'own',
      title: 'deep recursion with large frames',
      module: `(module (func $f (export "f") (param ${'i64 '.repeat(100)}) ${Array.from({ length: 100 }, (_, i) => `(local.get ${i})`).join(' ')} (call $f)))`,
      run: { entry: 'f', input: Array.from({ length: 100 }, () => 0n) },
      ends: 'STACK_OVERFLOW',
    },
    {
      id: 'own',
      title: 'deep recursion through the start function',
      module: '(module (func $f (call $f)) (start $f) (func (export "run")))',
      ends: 'STACK_OVERFLOW',
    },
    {
      id: 'WA-MOD-026',
      title: 'a load out of bounds',
      module: '(module (memory 1)(func (export "run") (drop (i32.load (i32.const -1)))))',
      ends: 'GUEST_ERROR',
    },
    {
      id: 'WA-MOD-027',
      title: 'a call of another signature',
      module:
        '(module (type $t (func)) (table 1 funcref) (elem (i32.const 0) $f) (func $f (param i32)) (func (export "run") (call_indirect (type $t) (i32.const 0))))',
      ends: 'GUEST_ERROR',
    },
    {
      id: 'own',
      title: 'a segment out of bounds',
      module: '(module (memory 1) (data (i32.const 65535) "xx") (func (export "run")))',
      ends: 'GUEST_ERROR',
    },
    {
      id: 'own',
      title: 'an element out of bounds',
      module: '(module (table 1 funcref) (elem (i32.const 1) $f) (func $f (export "run")))',
      ends: 'GUEST_ERROR',
    },
    {
      id: 'own',
      title: 'a call through the highest table',
      module:
        '(module (type $t (func)) (table 0 funcref) (func (export "run") (call_indirect (type $t) (i32.const 0))))',
      ends: 'GUEST_ERROR',
    },
  ]);
});

/** A module of the core interface whose alloc and run answer what they are made to. */
const core = (alloc: string, run: string): string =>
  `(module (memory (export "memory") 1) (func (export "alloc") (param i32) (result i32) ${alloc}) (func (export "run") (param i32 i32) (result i64) ${run}))`;
const packed = (at: string, length: string): string =>
  `(i64.or (i64.shl (i64.extend_i32_u (i32.const ${at})) (i64.const 32)) (i64.extend_i32_u (i32.const ${length})))`;
const OK = packed('0', '0');

describe('lies about addresses', () => {
  contain([
    {
      id: 'WA-MOD-044',
      title: 'an answer at an address with the high bit set',
      module: core('(i32.const 0)', packed('-16', '16')),
      ends: 'GUEST_ERROR',
    },
    {
      id: 'own',
      title: 'an answer whose end wraps around',
      module: core('(i32.const 0)', packed('-1', '2')),
      ends: 'GUEST_ERROR',
    },
    {
      id: 'own',
      title: 'an answer that ends one byte too late',
      module: core('(i32.const 0)', packed('65535', '2')),
      ends: 'GUEST_ERROR',
    },
    {
      id: 'own',
      title: 'an answer that ends in time',
      module: core('(i32.const 0)', packed('65535', '1')),
      run: { output: 'bytes' },
      ends: 'ok',
    },
    {
      id: 'WA-MOD-047',
      title: 'an allocator that answers past the end',
      module: core('(i32.const 65536)', OK),
      run: { input: [1] },
      ends: 'GUEST_ERROR',
    },
    {
      id: 'own',
      title: 'an allocator that answers -1',
      module: core('(i32.const -1)', OK),
      run: { input: [1] },
      ends: 'GUEST_ERROR',
    },
    {
      id: 'own',
      title: 'an allocator that answers 0',
      module: core('(i32.const 0)', OK),
      run: { input: [1] },
      ends: 'ok',
    },
    {
      id: 'own',
      title: 'an allocator that never answers',
      module: core('(loop (br 0)) (i32.const 0)', OK),
      run: { input: [1] },
      ends: 'TIMEOUT',
    },
    {
      id: 'WA-MOD-048',
      title: 'an answer of 2 GiB',
      module: core('(i32.const 0)', packed('0', '2147483648')),
      ends: 'OUTPUT_TOO_LARGE',
    },
    {
      id: 'own',
      title: 'JSON nested too deep to cross',
      module: `(module (memory (export "memory") 2) (func (export "alloc") (param i32) (result i32) (i32.const 0)) (func (export "run") (param i32 i32) (result i64) (memory.fill (i32.const 0) (i32.const 91) (i32.const 50000)) (memory.fill (i32.const 50000) (i32.const 93) (i32.const 50000)) ${packed('0', '100000')}))`,
      ends: 'OUTPUT_UNSUPPORTED',
    },
    {
      id: 'own',
      title: 'an abort with a message from outside',
      module:
        '(module (import "env" "abort" (func $a (param i32 i32 i32 i32))) (memory (export "memory") 1) (func (export "run") (call $a (i32.const -4) (i32.const 0) (i32.const 0) (i32.const 0))))',
      ends: 'GUEST_ERROR',
    },
    {
      id: 'own',
      title: 'an abort with a message of 4 GiB',
      module:
        '(module (import "env" "abort" (func $a (param i32 i32 i32 i32))) (memory (export "memory") 1) (data (i32.const 0) "\\ff\\ff\\ff\\ff") (func (export "run") (call $a (i32.const 4) (i32.const 0) (i32.const 0) (i32.const 0))))',
      ends: 'GUEST_ERROR',
    },
  ]);
});
