;; Copies /in/a.txt to /out/copy.txt. The mounts are descriptors 3 and 4, in the order of the policy.
(module
  (import "wasi_snapshot_preview1" "path_open"
    (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 64) "a.txt")
  (data (i32.const 80) "copy.txt")
  (func $must (param i32) (if (local.get 0) (then (unreachable))))
  (func (export "_start")
    ;; Read only: fd_read. Create and write: fd_write, O_CREAT.
    (call $must (call $open (i32.const 3) (i32.const 0) (i32.const 64) (i32.const 5) (i32.const 0)
      (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 0)))
    (call $must (call $open (i32.const 4) (i32.const 0) (i32.const 80) (i32.const 8) (i32.const 1)
      (i64.const 64) (i64.const 0) (i32.const 0) (i32.const 4)))
    (i32.store (i32.const 16) (i32.const 1024))
    (i32.store (i32.const 20) (i32.const 4096))
    (call $must (call $read (i32.load (i32.const 0)) (i32.const 16) (i32.const 1) (i32.const 8)))
    (i32.store (i32.const 20) (i32.load (i32.const 8)))
    (call $must (call $write (i32.load (i32.const 4)) (i32.const 16) (i32.const 1) (i32.const 8)))))
