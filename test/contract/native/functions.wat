;; Functions over numbers, honest and otherwise.
(module
  (memory (export "memory") 1)
  (table $table 1 100000 funcref)
  (global $calls (mut i32) (i32.const 0))

  (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
  (func (export "mul") (param i64 i64) (result i64) (i64.mul (local.get 0) (local.get 1)))
  (func (export "half") (param f32) (result f32) (f32.div (local.get 0) (f32.const 2)))
  (func (export "root") (param f64) (result f64) (f64.sqrt (local.get 0)))
  (func (export "swap") (param i32 i64) (result i64 i32) (local.get 1) (local.get 0))
  (func (export "nothing"))
  (func (export "vector") (result v128) (v128.const i32x4 1 2 3 4))

  ;; How often it was called in this instance.
  (func (export "count") (result i32)
    (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
    (global.get $calls))
  ;; The first word of memory, which it then changes.
  (func (export "remember") (result i32)
    (i32.load (i32.const 0))
    (i32.store (i32.const 0) (i32.const 7)))

  (func (export "spin") (loop (br 0)))
  (func $tail (export "tail") (return_call $tail))
  (func $deep (export "deep") (call $deep))
  (func (export "fill")
    (drop (memory.grow (i32.const 255)))
    (loop
      (memory.fill (i32.const 0) (i32.const 1) (i32.shl (memory.size) (i32.const 16)))
      (br 0)))
  (func (export "tables")
    (loop (drop (table.grow $table (ref.null func) (i32.const 1000))) (br 0)))
  (func (export "burn") (param i32)
    (loop
      (local.set 0 (i32.sub (local.get 0) (i32.const 1)))
      (br_if 0 (local.get 0))))

  (func (export "trap") (unreachable))
  (func (export "outside") (drop (i32.load (i32.const -1))))
  (func (export "zero") (result i32) (i32.div_u (i32.const 1) (i32.const 0)))
  (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
  (func (export "then") (result i32) (i32.const 1))
  (func (export "__proto__") (result i32) (i32.const 2)))
