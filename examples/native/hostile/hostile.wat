;; What a plugin that means harm would try first. Every one of these ends within its limits.
(module
  (memory (export "memory") 1)
  (func $deep (export "recurse") (call $deep))
  (func (export "spin") (loop (br 0)))
  ;; A native operation that nothing interrupts: it pays for its length beforehand.
  (func (export "fill")
    (drop (memory.grow (i32.const 255)))
    (loop
      (memory.fill (i32.const 0) (i32.const 170) (i32.shl (memory.size) (i32.const 16)))
      (br 0)))
  ;; As much memory as there is, and how much that was, in pages of 64 KiB.
  (func (export "hoard") (result i32)
    (loop (br_if 0 (i32.ne (memory.grow (i32.const 1)) (i32.const -1))))
    (memory.size))
  (func (export "outside") (result i32) (i32.load (i32.const -4))))
