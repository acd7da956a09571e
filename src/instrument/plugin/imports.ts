/**
 * Everything a native plugin may import: module → name → signature, where `i` is i32, `I` i64, `f` f32 and `F` f64,
 * parameters before the colon and results behind it. What is not in here does not link: there is no import object
 * whose properties a name could reach, and a name with another signature is refused as well.
 */
type Table = readonly (readonly [name: string, signature: string])[];

/** WASI preview1: https://github.com/WebAssembly/WASI, phases/snapshot/docs.md. */
const WASI: Table = [
  ['args_get', 'ii:i'],
  ['args_sizes_get', 'ii:i'],
  ['clock_res_get', 'ii:i'],
  ['clock_time_get', 'iIi:i'],
  ['environ_get', 'ii:i'],
  ['environ_sizes_get', 'ii:i'],
  ['fd_advise', 'iIIi:i'],
  ['fd_allocate', 'iII:i'],
  ['fd_close', 'i:i'],
  ['fd_datasync', 'i:i'],
  ['fd_fdstat_get', 'ii:i'],
  ['fd_fdstat_set_flags', 'ii:i'],
  ['fd_fdstat_set_rights', 'iII:i'],
  ['fd_filestat_get', 'ii:i'],
  ['fd_filestat_set_size', 'iI:i'],
  ['fd_filestat_set_times', 'iIIi:i'],
  ['fd_pread', 'iiiIi:i'],
  ['fd_prestat_dir_name', 'iii:i'],
  ['fd_prestat_get', 'ii:i'],
  ['fd_pwrite', 'iiiIi:i'],
  ['fd_read', 'iiii:i'],
  ['fd_readdir', 'iiiIi:i'],
  ['fd_renumber', 'ii:i'],
  ['fd_seek', 'iIii:i'],
  ['fd_sync', 'i:i'],
  ['fd_tell', 'ii:i'],
  ['fd_write', 'iiii:i'],
  ['path_create_directory', 'iii:i'],
  ['path_filestat_get', 'iiiii:i'],
  ['path_filestat_set_times', 'iiiiIIi:i'],
  ['path_link', 'iiiiiii:i'],
  ['path_open', 'iiiiiIIii:i'],
  ['path_readlink', 'iiiiii:i'],
  ['path_remove_directory', 'iii:i'],
  ['path_rename', 'iiiiii:i'],
  ['path_symlink', 'iiiii:i'],
  ['path_unlink_file', 'iii:i'],
  ['poll_oneoff', 'iiii:i'],
  ['proc_exit', 'i:'],
  ['proc_raise', 'i:i'],
  ['random_get', 'ii:i'],
  ['sched_yield', ':i'],
  ['sock_accept', 'iii:i'],
  ['sock_recv', 'iiiiii:i'],
  ['sock_send', 'iiiii:i'],
  ['sock_shutdown', 'ii:i'],
];

/** Extism's plugin interface: https://extism.org/docs/concepts/pdk, and the runtime's `extism-runtime.wasm`. */
const EXTISM: Table = [
  ['alloc', 'I:I'],
  ['free', 'I:'],
  ['length', 'I:I'],
  ['length_unsafe', 'I:I'],
  ['load_u8', 'I:i'],
  ['load_u64', 'I:I'],
  ['store_u8', 'Ii:'],
  ['store_u64', 'II:'],
  ['input_offset', ':I'],
  ['input_length', ':I'],
  ['input_load_u8', 'I:i'],
  ['input_load_u64', 'I:I'],
  ['output_set', 'II:'],
  ['error_set', 'I:'],
  ['error_get', ':I'],
  ['var_get', 'I:I'],
  ['var_set', 'II:'],
  ['config_get', 'I:I'],
  ['http_request', 'II:I'],
  ['http_status_code', ':i'],
  ['http_headers', ':I'],
  ['log_trace', 'I:'],
  ['log_debug', 'I:'],
  ['log_info', 'I:'],
  ['log_warn', 'I:'],
  ['log_error', 'I:'],
  ['get_log_level', ':i'],
];

/** What modules made by AssemblyScript expect of their host. */
const ASSEMBLYSCRIPT: Table = [
  ['abort', 'iiii:'],
  ['seed', ':F'],
  ['trace', 'iiFFFFF:'],
];

/** Host functions for modules of the core interface. */
const HOST: Table = [['call', 'iiii:I']];

export const WASI_MODULE = 'wasi_snapshot_preview1';
export const EXTISM_MODULE = 'extism:host/env';
/** Host functions for Extism's plugins: any name, over blocks of the exchange memory. */
export const USER_MODULE = 'extism:host/user';
export const HOST_MODULE = 'citadel:host';
export const ENV_MODULE = 'env';

/** Of a function of USER_MODULE. */
export const USER_SIGNATURE: RegExp = /^I{0,16}:I?$/;

/** Maps, because a module chooses the names that are looked up. */
export const IMPORTS: ReadonlyMap<string, ReadonlyMap<string, string>> = new Map([
  [WASI_MODULE, new Map(WASI)],
  [EXTISM_MODULE, new Map(EXTISM)],
  [HOST_MODULE, new Map(HOST)],
  [ENV_MODULE, new Map(ASSEMBLYSCRIPT)],
]);

/** The one import that is no function: a module may ask for its memory instead of declaring it. */
export const MEMORY_IMPORT = 'memory';

/** Why a well-known module name is not in the table, and what to do. */
export const IMPORT_HINTS: ReadonlyMap<string, string> = new Map([
  ['wasi_unstable', 'build it for WASI preview1 (wasm32-wasip1)'],
  ['wasi_snapshot_preview2', 'build it for WASI preview1 (wasm32-wasip1)'],
  ['env', 'link with what the module needs, or build it for WASI'],
  ['wasm:js-string', 'JavaScript strings cannot cross: pass bytes'],
  ['__wbindgen_placeholder__', 'build it without wasm-bindgen'],
]);
