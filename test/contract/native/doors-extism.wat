;; An Extism plugin that declares host functions, as its PDKs write them.
(module
  (import "extism:host/env" "input_offset" (func $inputOffset (result i64)))
  (import "extism:host/env" "length" (func $length (param i64) (result i64)))
  (import "extism:host/env" "output_set" (func $output (param i64 i64)))
  (import "extism:host/user" "crm_find" (func $find (param i64) (result i64)))
  (import "extism:host/user" "add" (func $add (param i64 i64) (result i64)))
  (import "extism:host/user" "note" (func $note (param i64)))
  (memory (export "memory") 1)
  (func $answer (param $at i64) (call $output (local.get $at) (call $length (local.get $at))))
  (func (export "find") (result i32) (call $answer (call $find (call $inputOffset))) (i32.const 0))
  (func (export "double") (result i32) (call $answer (call $add (call $inputOffset) (call $inputOffset))) (i32.const 0))
  (func (export "tell") (result i32) (call $note (call $inputOffset)) (call $answer (call $inputOffset)) (i32.const 0))
  (func (export "lie") (result i32) (call $answer (call $find (i64.const 123456789))) (i32.const 0)))
