;; The core interface: calls the host function that its input names, with the arguments behind the first space.
(module
  (import "citadel:host" "call" (func $call (param i32 i32 i32 i32) (result i64)))
  (memory (export "memory") 2)
  (global $top (mut i32) (i32.const 1024))
  (func (export "alloc") (param $length i32) (result i32)
    (local $at i32)
    (local.set $at (global.get $top))
    (global.set $top (i32.add (global.get $top) (local.get $length)))
    (local.get $at))
  ;; The input is JSON text: a string without escapes, between quotes.
  (func (export "run") (param $at i32) (param $length i32) (result i64)
    (local $space i32)
    (local.set $at (i32.add (local.get $at) (i32.const 1)))
    (local.set $length (i32.sub (local.get $length) (i32.const 2)))
    (block $found
      (loop $look
        (br_if $found (i32.ge_u (local.get $space) (local.get $length)))
        (br_if $found (i32.eq (i32.load8_u (i32.add (local.get $at) (local.get $space))) (i32.const 32)))
        (local.set $space (i32.add (local.get $space) (i32.const 1)))
        (br $look)))
    (call $call
      (local.get $at) (local.get $space)
      (i32.add (i32.add (local.get $at) (local.get $space)) (i32.const 1))
      (select
        (i32.sub (i32.sub (local.get $length) (local.get $space)) (i32.const 1))
        (i32.const 0)
        (i32.lt_u (local.get $space) (local.get $length))))))
