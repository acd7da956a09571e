;; A WASI command: copies standard input to standard output, says so on standard error, and exits with the code that
;; follows an exclamation mark.
(module
  (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 4)
  (data (i32.const 16) "copied\n")
  (func $put (param $fd i32) (param $at i32) (param $length i32)
    (i32.store (i32.const 0) (local.get $at))
    (i32.store (i32.const 4) (local.get $length))
    (if (call $write (local.get $fd) (i32.const 0) (i32.const 1) (i32.const 8)) (then (unreachable))))
  (func (export "_start")
    (local $length i32)
    (loop $more
      (i32.store (i32.const 0) (i32.const 1024))
      (i32.store (i32.const 4) (i32.const 65536))
      (if (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)) (then (unreachable)))
      (local.set $length (i32.load (i32.const 8)))
      (if (local.get $length)
        (then
          (if (i32.eq (i32.load8_u (i32.const 1024)) (i32.const 0x21))
            (then (call $exit (i32.sub (i32.load8_u (i32.const 1025)) (i32.const 0x30)))))
          (call $put (i32.const 1) (i32.const 1024) (local.get $length))
          (br $more))))
    (call $put (i32.const 2) (i32.const 16) (i32.const 7))))
