/** What the engine exports that this runtime calls. The build checks that each is there. */
export const ENGINE_EXPORTS = {
  constructors: '__wasm_call_ctors',
  main: '__main_argc_argv',
  malloc: 'malloc',
  free: 'free',
  memalign: 'emscripten_builtin_memalign',
  sbrk: 'sbrk',
  brkAddress: 'emscripten_get_sbrk_ptr',
  stackRestore: '_emscripten_stack_restore',
  stackCurrent: 'emscripten_stack_get_current',
  bytesNew: 'PyBytes_FromStringAndSize',
  bytesData: 'PyBytes_AsString',
  bytesSize: 'PyBytes_Size',
  callOne: 'PyObject_CallOneArg',
  release: 'Py_DecRef',
  runString: 'PyRun_SimpleString',
  importModule: 'PyImport_AddModule',
  getAttribute: 'PyObject_GetAttrString',
} as const;

export const ENGINE_MEMORY = 'memory';
export const ENGINE_TABLE = '__indirect_function_table';
/** Exported address of the built-in modules' table. */
export const ENGINE_ADDRESSES = { builtinModules: 'PyImport_Inittab' } as const;
/** Added by the build: the fuel counter. */
export const FUEL_EXPORT = 'citadel_fuel';
