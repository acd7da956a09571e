;; The core interface: gives back what it got. An input of one byte makes it lie about where its answer is.
(module
  (memory (export "memory") 1)
  (global $top (mut i32) (i32.const 1024))
  (func (export "alloc") (param $length i32) (result i32)
    (local $at i32)
    (local.set $at (global.get $top))
    (global.set $top (i32.add (global.get $top) (local.get $length)))
    (if (i32.gt_u (global.get $top) (i32.shl (memory.size) (i32.const 16)))
      (then (drop (memory.grow (i32.add (i32.shr_u (local.get $length) (i32.const 16)) (i32.const 1))))))
    (local.get $at))
  (func $pack (param $at i32) (param $length i32) (result i64)
    (i64.or
      (i64.shl (i64.extend_i32_u (local.get $at)) (i64.const 32))
      (i64.extend_i32_u (local.get $length))))
  (func (export "run") (param $at i32) (param $length i32) (result i64)
    (if (i32.eq (local.get $length) (i32.const 1))
      (then
        (if (i32.eq (i32.load8_u (local.get $at)) (i32.const 0x31))
          (then (return (call $pack (i32.const -16) (i32.const 32)))))
        (if (i32.eq (i32.load8_u (local.get $at)) (i32.const 0x32))
          (then (return (call $pack (i32.const 0) (i32.const -1)))))
        (return (call $pack (i32.const 65530) (i32.const 16)))))
    (call $pack (local.get $at) (local.get $length))))
