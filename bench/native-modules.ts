/** The modules of the native bench: examples as they are committed, and smaller ones written out. */
import { readFileSync } from 'node:fs';
import { assemble } from '../scripts/wat.ts';

export type Bytes = Uint8Array<ArrayBuffer>;

export const example = (name: string): Bytes =>
  new Uint8Array(readFileSync(new URL(`../examples/native/${name}/${name}.wasm`, import.meta.url)));

/** As little as a call can be. */
export const add: Bytes = await assemble(
  'add',
  '(module (memory 1) (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))))',
);

/** The core interface: what came in goes out. */
export const core: Bytes = await assemble(
  'core',
  `(module
    (memory (export "memory") 1)
    (func (export "alloc") (param i32) (result i32) (i32.const 1024))
    (func (export "run") (param i32 i32) (result i64)
      (i64.or (i64.shl (i64.extend_i32_u (local.get 0)) (i64.const 32)) (i64.extend_i32_u (local.get 1)))))`,
);

const EXTISM = `
  (import "extism:host/env" "input_length" (func $length (result i64)))
  (import "extism:host/env" "input_offset" (func $input (result i64)))
  (import "extism:host/env" "input_load_u64" (func $load (param i64) (result i64)))
  (import "extism:host/env" "alloc" (func $alloc (param i64) (result i64)))
  (import "extism:host/env" "store_u64" (func $store (param i64 i64)))
  (import "extism:host/env" "output_set" (func $output (param i64 i64)))`;

/** Answers its input by its place, and copies nothing itself. */
export const echoByPlace: Bytes = await assemble(
  'echo',
  `(module ${EXTISM}
    (memory (export "memory") 1)
    (func (export "echo") (result i32) (call $output (call $input) (call $length)) (i32.const 0)))`,
);

/** As plugins written with Extism's libraries do it: in and out of its own memory, eight bytes at a time. */
export const echoByCopy: Bytes = await assemble(
  'echo',
  `(module ${EXTISM}
    (memory (export "memory") 17)
    (func (export "echo") (result i32) (local $length i64) (local $at i64) (local $i i64)
      (local.set $length (call $length))
      (loop
        (i64.store (i32.wrap_i64 (local.get $i)) (call $load (local.get $i)))
        (br_if 0 (i64.lt_u (local.tee $i (i64.add (local.get $i) (i64.const 8))) (local.get $length))))
      (local.set $at (call $alloc (local.get $length)))
      (local.set $i (i64.const 0))
      (loop
        (call $store (i64.add (local.get $at) (local.get $i)) (i64.load (i32.wrap_i64 (local.get $i))))
        (br_if 0 (i64.lt_u (local.tee $i (i64.add (local.get $i) (i64.const 8))) (local.get $length))))
      (call $output (local.get $at) (local.get $length))
      (i32.const 0)))`,
);
