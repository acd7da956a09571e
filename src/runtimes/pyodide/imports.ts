/**
 * The import firewall: every function the engine can call outside itself, by name. WebAssembly reaches JavaScript through
 * nothing else. The build fails when the engine has a name that is in none of these lists (scripts/pyodide/), so a
 * new version's new powers have to be looked at. docs/python.md explains each open name.
 */

/** Answered by code of ours; none of it reaches anything outside the realm. Name → what it does there. */
export const OPEN: Readonly<Record<string, string>> = {
  __syscall_openat: 'opens a file of the run’s own file system',
  __syscall_stat64: 'describes a file',
  __syscall_lstat64: 'describes a file or link',
  __syscall_fstat64: 'describes an open file',
  __syscall_newfstatat: 'describes a file below a directory',
  __syscall_statfs64: 'answers what is left of the file quota',
  __syscall_fstatfs64: 'answers what is left of the file quota',
  __syscall_faccessat: 'tells whether a file is there and writable',
  __syscall_chdir: 'changes the run’s own working directory',
  __syscall_fchdir: 'changes the run’s own working directory',
  __syscall_getcwd: 'answers the run’s own working directory',
  __syscall_chmod: 'changes permission bits nobody but the run sees',
  __syscall_fchmod: 'changes permission bits nobody but the run sees',
  __syscall_fchmodat2: 'changes permission bits nobody but the run sees',
  __syscall_fchown32: 'does nothing: there is one user',
  __syscall_fchownat: 'does nothing: there is one user',
  __syscall_mkdirat: 'makes a directory within the file quota',
  __syscall_rmdir: 'removes a directory',
  __syscall_unlinkat: 'removes a file',
  __syscall_renameat: 'renames a file',
  __syscall_symlinkat: 'makes a symbolic link within the file quota',
  __syscall_readlinkat: 'reads a symbolic link',
  __syscall_getdents64: 'lists a directory',
  __syscall_dup: 'copies a file descriptor',
  __syscall_dup3: 'copies a file descriptor',
  __syscall_pipe: 'makes a pipe of at most 64 KiB, charged to the file quota',
  __syscall_fcntl64: 'reads and sets flags of a descriptor; locks succeed, nobody else holds one',
  __syscall_ioctl: 'refuses: nothing is a terminal',
  __syscall_poll: 'tells which descriptors are ready; never waits',
  __syscall_ftruncate64: 'resizes a file within the file quota',
  __syscall_truncate64: 'resizes a file within the file quota',
  __syscall_fallocate: 'resizes a file within the file quota',
  __syscall_fadvise64: 'does nothing',
  __syscall_fdatasync: 'does nothing: files are in memory',
  __syscall_utimensat: 'sets times of a file',
  __syscall_getuid32_js: 'answers 0: there is one user',
  __syscall_umask_js: 'answers 0',
  _mmap_js: 'copies a file into the guest’s own heap',
  _msync_js: 'copies a mapping back into its file',
  _munmap_js: 'copies a mapping back into its file',
  fd_read: 'reads an open file',
  fd_write: 'writes an open file; standard output and error become log records, within their limits',
  fd_pread: 'reads an open file',
  fd_pwrite: 'writes an open file',
  fd_close: 'closes a descriptor',
  fd_seek: 'moves in an open file',
  fd_sync: 'does nothing: files are in memory',
  fd_fdstat_get: 'tells the type of a descriptor',
  environ_get: 'the run’s own environment variables',
  environ_sizes_get: 'the run’s own environment variables',
  clock_time_get: 'the time, in milliseconds',
  clock_res_get: 'a millisecond',
  emscripten_date_now: 'the time, in milliseconds',
  emscripten_get_now: 'the time, in milliseconds',
  _tzset_js: 'UTC: the host’s time zone is none of the guest’s business',
  _localtime_js: 'arithmetic on dates, in UTC',
  _gmtime_js: 'arithmetic on dates, in UTC',
  _mktime_js: 'arithmetic on dates, in UTC',
  _timegm_js: 'arithmetic on dates, in UTC',
  random_get: 'bytes of the cell’s generator, which the host seeded',
  emscripten_resize_heap: 'grows the guest’s memory up to the run’s limit',
  emscripten_get_heap_max: 'answers the run’s memory limit',
  emscripten_runtime_keepalive_push: 'does nothing',
  emscripten_runtime_keepalive_pop: 'does nothing',
  _emscripten_runtime_keepalive_clear: 'does nothing',
  _emscripten_get_progname: 'answers "python"',
  _Py_emscripten_runtime: 'answers nothing: the guest does not learn where it runs',
  _Py_CheckEmscriptenSignals_Helper: 'asks whether the run must stop, and stops it',
  _PyEM_TrampolineCall_JS: 'calls a function of the engine’s own table',
  __call_sighandler: 'calls a function of the engine’s own table',
  exit: 'ends the run',
  proc_exit: 'ends the run',
  _abort_js: 'ends the run',
  __assert_fail: 'ends the run',
};

const EAFNOSUPPORT = -5;
const EBADF = -8;
const ENOSYS = -52;

/** Answered with a failure, as a system without the feature does. */
export const REFUSED: Readonly<Record<string, number | null>> = {
  __syscall_socket: EAFNOSUPPORT,
  __syscall_accept4: EBADF,
  __syscall_bind: EBADF,
  __syscall_connect: EBADF,
  __syscall_getpeername: EBADF,
  __syscall_getsockname: EBADF,
  __syscall_getsockopt: EBADF,
  __syscall_listen: EBADF,
  __syscall_recvfrom: EBADF,
  __syscall_recvmsg: EBADF,
  __syscall_sendmsg: EBADF,
  __syscall_sendto: EBADF,
  __syscall_mknodat: ENOSYS,
  // Answers of the resolver: EAI_FAIL.
  getaddrinfo: -4,
  getnameinfo: -4,
  getprotobyname: 0,
  // No shell, no timers that signal, no libraries.
  _emscripten_system: -1,
  _setitimer_js: -1,
  _dlopen_js: 0,
  _dlsym_js: 0,
  _emscripten_lookup_name: 0,
  _try_fcntl64: 0,
  _try_shutdown: 0,
  _maybe_connect_async: null,
  _maybe_poll_async: null,
  _maybe_recvfrom_async: null,
  _maybe_sendto_async: null,
  // Asked for while the engine starts: the table of JavaScript objects it will not have.
  __hiwire_deduplicate_new: null,
};

/**
 * Pyodide's bridge to JavaScript, its loader of compiled packages, foreign functions, and debugging. Calling one ends
 * the run and the cell: no program does so without having corrupted the engine first.
 */
export const CLOSED: readonly string[] = [
  'capture_stderr', 'restore_stderr', 'new_error', 'JsvError_Check', 'fail_test', 'JsvError_Throw',
  'emscripten_asm_const_int', 'raw_call_js', 'hiwire_invalid_ref_js', 'set_pyodide_module', 'js2python_immutable_js',
  'js2python_js', 'js2python_convert', 'JsProxy_compute_typeflags', 'is_comlink_proxy', 'JsvArray_Check',
  'JsProxy_GetAttr_js', 'pyproxy_Check', 'JsvFunction_Check', 'handle_next_result_js', 'destroy_proxy', 'JsvArray_New',
  'destroy_proxies', '_agen_handle_result_js', 'JsvArray_Get', 'JsvArray_Delete', 'JsvArray_Set', 'JsvPromise_Resolve',
  'create_promise_handles', 'JsModule_GetAll_js', 'JsvBuffer_assignToPtr', 'JsBuffer_get_info', 'Jsv_constructorName',
  'can_run_sync_js', 'JsObjMap_GetIter_js', 'JsObjMap_length_js', 'JsObjMap_subscript_js', 'JsObjMap_ass_subscript_js',
  'JsObjMap_contains_js', 'JsMap_GetIter_js', 'JsProxy_GetIter_js', 'JsProxy_GetAsyncIter_js', 'JsProxy_subscript_js',
  'Jsv_to_bool', 'JsvPromise_Check', 'JsvArray_slice', 'JsvArray_slice_assign', 'destroy_jsarray_entries',
  'JsvArray_Extend', 'JsvArray_ShallowCopy', 'JsArray_repeat_js', 'JsArray_inplace_repeat_js', 'JsException_new_helper',
  'JsProxy_Dir_js', 'JsProxy_to_weakref_js', 'get_length_helper', 'get_length_string', 'JsProxy_exit_js',
  'JsProxy_aexit_js', 'JsvArray_Push', 'JsvArray_Insert', 'pyproxy_AsPyObject', 'JsArray_index_js',
  'JsvObject_toString', 'JsProxy_DelAttr_js', 'JsProxy_SetAttr_js', 'Jsv_less_than', 'Jsv_less_than_equal',
  'Jsv_equal', 'Jsv_not_equal', 'Jsv_greater_than', 'Jsv_greater_than_equal', 'JsProxy_Bool_js', 'Jsv_typeof',
  'JsvObject_Entries', 'JsvObject_Keys', 'JsvObject_Values', 'JsDoubleProxy_unwrap_js', 'create_once_callable',
  'JsArray_reverse_js', 'JsArray_reversed_iterator', 'JsArray_count_js', 'JsMap_clear_js', 'JsvBuffer_assignFromPtr',
  'JsBuffer_DecodeString_js', 'JsvBuffer_writeToFile', 'JsvBuffer_readFromFile', 'JsvBuffer_intoFile',
  'JsvFunction_Construct', 'JsvFunction_CallBound', 'JsvObject_New', 'JsvObject_SetAttr', 'my_dict_converter',
  'JsvGenerator_Check', 'wrap_generator', 'JsvAsyncGenerator_Check', 'wrap_async_generator',
  'get_async_js_call_done_callback', 'gc_register_proxies', 'throw_no_gil', 'JsvUTF8ToString', 'proxy_cache_get',
  'proxy_cache_set', 'set_suspender', '_pyproxyGen_make_result', 'JsvFunction_Call_OneArg',
  '_pyproxy_get_buffer_result', 'array_to_js', 'pyproxy_new_ex', 'pyproxy_new', '_python2js_buffer_inner',
  'Jsv_GetError_import', 'jslib_init_buffers_js', 'jslib_init_js', 'JsvObject_CallMethod', 'JsvObject_CallMethod_NoArgs',
  'JsvObject_CallMethod_OneArg', 'JsvObject_CallMethod_TwoArgs', 'JsvNoValue_Check', 'JsvBigInt_fromInt',
  'JsvNum_fromInt', 'JsvNum_fromDouble', 'JsvNum_toInt', 'JsvBigInt_fromDigits', 'Jsv_BigIntToNum', 'JsvMap_New',
  'JsvLiteralMap_New', 'JsvMap_Set', 'JsvSet_New', 'JsvSet_Add', '_python2js_cache_lookup',
  'python2js__default_converter_js', 'python2js__eager_converter_js', '_python2js_add_to_cache',
  '_python2js_addto_postprocess_list', 'python2js_custom__create_jscontext', '_python2js_handle_postprocess_list',
  '_JsObject_Set_js', '_JsArray_PushEntry_helper', '_JsArray_PostProcess_helper', '_python2js_ascii',
  '_python2js_ucs2', '_python2js_ucs4', '_python2js_ucs1', 'destroy_proxies_js', 'pyodide_js_init', 'saveState',
  'get_suspender', 'syncifyHandler', 'restoreState', 'JsvPromise_Syncify_handleError',
  'emscripten_set_up_async_input_device_js', 'emscripten_debugger', 'emscripten_log_impl_js',
  '_emscripten_log_formatted', 'ffi_call_js', 'ffi_closure_alloc_js', 'ffi_closure_free_js', 'ffi_prep_closure_loc_js',
  '__hiwire_deduplicate_get', '__hiwire_deduplicate_set', '__hiwire_deduplicate_delete',
  '_emscripten_dlopen_js', 'emscripten_promise_create', 'emscripten_promise_resolve', 'emscripten_promise_destroy',
]; // biome-ignore format: a list

/** Addresses of functions that do not exist here, graphics above all: all of them null. */
export const NULL_ADDRESSES = 'GOT.func';
export const FUNCTION_MODULES: readonly string[] = ['env', 'wasi_snapshot_preview1'];

/** Names of imports that nobody classified. */
export function unclassified(imports: readonly WebAssembly.ModuleImportDescriptor[]): string[] {
  const known = new Set([...Object.keys(OPEN), ...Object.keys(REFUSED), ...CLOSED]);
  return imports
    .filter(({ module, name, kind }) =>
      kind === 'function'
        ? !FUNCTION_MODULES.includes(module) || !known.has(name)
        : kind !== 'global' || module !== NULL_ADDRESSES,
    )
    .map(({ module, name, kind }) => `${module}.${name} (${kind})`);
}
