;; What every native plugin's cell has in wasm of ours.
;;
;; The tick: a function table takes wasm functions only, and a realm that may not compile cannot wrap one. An imported
;; function that is exported again is one.
;;
;; The exchange memory of Extism's interface (https://extism.org/docs/concepts/pdk): blocks in a memory of our own that
;; a plugin reads and writes byte by byte through these functions. It is an arena: nothing is freed before the run ends.
;; A block is preceded by its length and a mark. Both lie where the plugin can write, so they protect nobody: the host
;; checks every range against the memory itself.
(module
  (import "citadel" "tick" (func $tick))
  ;; Asks for room up to this address; 0 means there is none.
  (import "citadel" "room" (func $room (param i32) (result i32)))
  (export "tick" (func $tick))

  (memory (export "memory") 1 16384)

  (global $top (export "top") (mut i32) (i32.const 64))
  (global $input (mut i32) (i32.const 0))
  (global $inputLength (mut i32) (i32.const 0))
  (global $output (export "output") (mut i64) (i64.const 0))
  (global $outputLength (export "outputLength") (mut i64) (i64.const 0))
  (global $error (export "error") (mut i64) (i64.const 0))

  ;; Zeroes what was used and forgets it.
  (func (export "reset")
    (memory.fill (i32.const 0) (i32.const 0) (global.get $top))
    (global.set $top (i32.const 64))
    (global.set $input (i32.const 0))
    (global.set $inputLength (i32.const 0))
    (global.set $output (i64.const 0))
    (global.set $outputLength (i64.const 0))
    (global.set $error (i64.const 0)))

  (func $alloc (export "alloc") (param $length i64) (result i64)
    (local $block i32) (local $end i32)
    (if (i32.or (i64.eqz (local.get $length)) (i64.gt_u (local.get $length) (i64.const 0x3fff0000)))
      (then (return (i64.const 0))))
    (local.set $block (i32.add (global.get $top) (i32.const 8)))
    (local.set $end
      (i32.and
        (i32.add (i32.add (local.get $block) (i32.wrap_i64 (local.get $length))) (i32.const 7))
        (i32.const -8)))
    (if (i32.or (i32.lt_u (local.get $end) (local.get $block)) (i32.gt_u (local.get $end) (i32.const 0x40000000)))
      (then (return (i64.const 0))))
    (if (i32.gt_u (local.get $end) (i32.shl (memory.size) (i32.const 16)))
      (then (if (i32.eqz (call $room (local.get $end))) (then (return (i64.const 0))))))
    (i32.store (i32.sub (local.get $block) (i32.const 8)) (i32.xor (local.get $block) (i32.const 0x63697461)))
    (i32.store (i32.sub (local.get $block) (i32.const 4)) (i32.wrap_i64 (local.get $length)))
    (global.set $top (local.get $end))
    (i64.extend_i32_u (local.get $block)))

  (func (export "free") (param i64))

  ;; 0 for what is no block.
  (func $length (export "length") (param $at i64) (result i64)
    (local $block i32)
    (if (i32.or
          (i64.lt_u (local.get $at) (i64.const 72))
          (i64.ge_u (local.get $at) (i64.extend_i32_u (global.get $top))))
      (then (return (i64.const 0))))
    (local.set $block (i32.wrap_i64 (local.get $at)))
    (if (i32.ne
          (i32.load (i32.sub (local.get $block) (i32.const 8)))
          (i32.xor (local.get $block) (i32.const 0x63697461)))
      (then (return (i64.const 0))))
    (i64.load32_u (i32.sub (local.get $block) (i32.const 4))))

  (func (export "length_unsafe") (param $at i64) (result i64) (call $length (local.get $at)))

  ;; An address as i32; traps for what is not in use.
  (func $address (param $at i64) (param $bytes i64) (result i32)
    (if (i32.or
          (i64.gt_u (local.get $at) (i64.const 0x3fffffff))
          (i64.gt_u (i64.add (local.get $at) (local.get $bytes)) (i64.extend_i32_u (global.get $top))))
      (then (unreachable)))
    (i32.wrap_i64 (local.get $at)))

  (func (export "load_u8") (param $at i64) (result i32)
    (i32.load8_u (call $address (local.get $at) (i64.const 1))))
  (func (export "load_u64") (param $at i64) (result i64)
    (i64.load (call $address (local.get $at) (i64.const 8))))
  (func (export "store_u8") (param $at i64) (param $value i32)
    (i32.store8 (call $address (local.get $at) (i64.const 1)) (local.get $value)))
  (func (export "store_u64") (param $at i64) (param $value i64)
    (i64.store (call $address (local.get $at) (i64.const 8)) (local.get $value)))

  ;; The host writes the input at the answered address; 0 means there is no room.
  (func (export "set_input") (param $length i32) (result i32)
    (global.set $input (i32.wrap_i64 (call $alloc (i64.extend_i32_u (local.get $length)))))
    (global.set $inputLength (select (local.get $length) (i32.const 0) (global.get $input)))
    (global.get $input))
  (func (export "input_offset") (result i64) (i64.extend_i32_u (global.get $input)))
  (func (export "input_length") (result i64) (i64.extend_i32_u (global.get $inputLength)))
  (func (export "input_load_u8") (param $index i64) (result i32)
    (if (i64.ge_u (local.get $index) (i64.extend_i32_u (global.get $inputLength)))
      (then (return (i32.const 0))))
    (i32.load8_u (i32.add (global.get $input) (i32.wrap_i64 (local.get $index)))))
  (func (export "input_load_u64") (param $index i64) (result i64)
    ;; Compared before 8 is added, which could wrap.
    (if (i32.or
          (i64.ge_u (local.get $index) (i64.extend_i32_u (global.get $inputLength)))
          (i64.gt_u
            (i64.add (local.get $index) (i64.const 8))
            (i64.extend_i32_u (global.get $inputLength))))
      (then (return (i64.const 0))))
    (i64.load (i32.add (global.get $input) (i32.wrap_i64 (local.get $index)))))

  (func (export "output_set") (param $at i64) (param $length i64)
    (global.set $output (local.get $at))
    (global.set $outputLength (local.get $length)))
  (func (export "error_set") (param $at i64) (global.set $error (local.get $at)))
  (func (export "error_get") (result i64) (global.get $error)))
