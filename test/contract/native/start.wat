;; A start function that ends, with what it left for the others; and one that never does.
(module
  (global $ready (mut i32) (i32.const 0))
  (func $start (global.set $ready (i32.const 1)))
  (start $start)
  (func (export "ready") (result i32) (global.get $ready)))
