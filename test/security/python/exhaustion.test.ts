/** Programs that never end, or take all there is: each ends at its limit, and its cell goes on. */
import { contain } from './contain.ts';

const late = (id: string, title: string, code: string) => ({ id, title, code, ends: 'TIMEOUT' }) as const;

contain('time', [
  late('PY-TMO-001', 'a loop', 'while True: pass'),
  late(
    'PY-TMO-003',
    'a loop in every finally',
    'def f():\n  try:\n    while True: pass\n  finally:\n    f()\nf()',
  ),
  late('own', 'continue in a finally', 'while True:\n  try:\n    while True: pass\n  finally:\n    continue'),
  late(
    'own',
    'catching everything',
    'while True:\n  try:\n    while True: pass\n  except BaseException: pass',
  ),
  late(
    'PY-TMO-004',
    'ignoring the signal',
    'import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True: pass',
  ),
  late(
    'PY-TMO-005',
    'handling the signal',
    'import signal\nsignal.signal(signal.SIGINT, lambda *a: None)\nwhile True: pass',
  ),
  late('PY-TMO-007', 'adding up a range', 'sum(range(10**12))'),
  late(
    'own',
    'a product of nothing',
    'import itertools\nlist(itertools.product(range(0), repeat=0)) and any(itertools.repeat(0))',
  ),
  late('own', 'the largest of a range', 'max(range(10**12))'),
  late('own', 'a count that is compared', '-1 in __import__("itertools").count()'),
  late(
    'PY-TMO-009',
    'a queue that keeps nothing',
    'import collections, itertools\ncollections.deque(itertools.count(), maxlen=0)',
  ),
  late('PY-TMO-010', 'looking for what is not there', 'import itertools\n1 in itertools.repeat(0)'),
  late('PY-TMO-012', 'sleeping', 'import time\ntime.sleep(1000)'),
  late(
    'own',
    'sleeping again and again',
    'import time\nwhile True:\n  try: time.sleep(1000)\n  except BaseException: pass',
  ),
  late('PY-TMO-013', 'a power', 'x = 10 ** 10 ** 8'),
  late('own', 'a shifted product', 'x = (1 << 10**7) * ((1 << 10**7) - 1) ** 3'),
  late('PY-TMO-015', 'a factorial', 'import math\nmath.factorial(10**7)'),
  {
    id: 'PY-TMO-017',
    title: 'sorting',
    code: 'l = list(range(10**6))[::-1]\nwhile True: sorted(l, key=lambda x: -x)',
    ends: ['TIMEOUT', 'MEMORY_LIMIT'],
  },
  {
    id: 'PY-TMO-018',
    title: 'awaiting nothing',
    code: 'import asyncio\nawait asyncio.Future()',
    ends: 'NEVER_SETTLES',
  },
  late(
    'own',
    'awaiting nothing beside a timer',
    'import asyncio\nawait asyncio.gather(asyncio.Future(), asyncio.sleep(1000))',
  ),
  late('PY-TMO-019', 'a loop that yields', 'import asyncio\nwhile True: await asyncio.sleep(0)'),
  late(
    'own',
    'callbacks that call themselves',
    'import asyncio\nasync def main(x):\n  loop = asyncio.get_running_loop()\n  def again(): loop.call_soon(again)\n  again()\n  await asyncio.sleep(1000)',
  ),
  late(
    'own',
    'a task that swallows its cancellation',
    'import asyncio\nasync def t():\n  while True:\n    try: await asyncio.sleep(0)\n    except BaseException: pass\nasync def main(x):\n  k = asyncio.create_task(t())\n  await asyncio.sleep(0)\n  k.cancel()\n  await k',
  ),
  late('PY-TMO-021', 'a lock twice', 'import threading\nl = threading.Lock()\nl.acquire()\nl.acquire()'),
  late('own', 'an empty queue', 'import queue\nqueue.Queue().get()'),
  late('PY-TMO-022', 'a loop in a finalizer', 'class A:\n  def __del__(self):\n    while True: pass\nA()'),
  late(
    'own',
    'a loop at exit',
    'import atexit, sys\nclass F:\n  def flush(self):\n    while True: pass\n  def write(self, t): pass\nsys.__stdout__ = F()',
  ),
  late('own', 'a regular expression', 'import re\nre.match("(a|a)*$", "a" * 60 + "b")'),
  late('own', 'hashing', 'import hashlib\nd = bytes(10**6)\nwhile True: hashlib.sha512(d).digest()'),
  late(
    'own',
    'a key made of many rounds',
    'import hmac\nk = b""\nwhile True: k = hmac.digest(k, bytes(1000), "sha256")',
  ),
  late(
    'own',
    'a query',
    'import sqlite3\nsqlite3.connect(":memory:").execute("with recursive r(x) as (select 1 union all select x from r) select count(*) from r").fetchall()',
  ),
  late(
    'own',
    'a loop while the program is read',
    'x = [' +
      '['.repeat(0) +
      '0]\nexec("lambda: (" * 90 + ")" * 90)\nwhile True: compile("x=1;" * 1000, "", "exec")',
  ),
  late(
    'own',
    'threads',
    'import threading\ntry:\n  t = threading.Thread(target=lambda: None)\n  t.start()\nexcept RuntimeError: pass\nwhile True: pass',
  ),
  late(
    'PY-VAL-006',
    'a loop in the text of an exception',
    'class E(Exception):\n  def __str__(s):\n    while True: pass\nraise E()',
  ),
  late(
    'own',
    'a loop in a property of a dataclass',
    'import dataclasses\n@dataclasses.dataclass\nclass D:\n  a: int\n  def __getattribute__(self, n):\n    while True: pass\nD(1)',
  ),
]);

const full = (id: string, title: string, code: string) =>
  ({ id, title, code, ends: ['MEMORY_LIMIT', 'GUEST_ERROR'] }) as const;

contain('memory', [
  {
    id: 'PY-MEM-002',
    title: 'a list that doubles',
    code: 'a = [0]\nwhile True: a += a',
    ends: 'MEMORY_LIMIT',
  },
  { id: 'own', title: 'objects kept', code: 'a = []\nwhile True: a.append(object())', ends: 'MEMORY_LIMIT' },
  {
    id: 'own',
    title: 'a refusal caught, again and again',
    code: 'a = []\nn = 0\nwhile n < 100:\n  try: a.append(bytearray(1 << 22))\n  except MemoryError: n += 1\nlen(a) <= 16',
    ends: 'success',
    value: true,
  },
  full('PY-MEM-006', 'a width', '"%*d" % (2**31 - 1, 1)'),
  full('PY-MEM-007', 'one string', '"x" * (1 << 30)'),
  full('own', 'one string of bytes', 'bytearray(10**9)'),
  full('own', 'an expanding format', 'f"{1:{10**9}}"'),
  {
    id: 'PY-MEM-004',
    title: 'files',
    code: 'i = 0\nwhile True:\n  open(f"/tmp/f{i}", "wb").write(b"x" * (1 << 20))\n  i += 1',
    ends: 'GUEST_ERROR',
    raises: /No space/,
  },
  {
    id: 'own',
    title: 'files without contents',
    code: 'i = 0\nwhile True:\n  open(f"/tmp/{i}", "wb").close()\n  i += 1',
    ends: 'GUEST_ERROR',
    raises: /No space/,
  },
  {
    id: 'own',
    title: 'directories in directories',
    code: 'import os\nwhile True:\n  os.mkdir("d")\n  os.chdir("d")',
    ends: 'GUEST_ERROR',
  },
  {
    id: 'own',
    title: 'links',
    code: 'import os\ni = 0\nwhile True:\n  os.symlink("x" * 4000, f"/tmp/{i}")\n  i += 1',
    ends: 'GUEST_ERROR',
    raises: /No space/,
  },
  {
    id: 'own',
    title: 'a file removed while it is open',
    code: 'import os\nk = []\nfor i in range(60):\n  f = open("/tmp/f", "wb", buffering=0)\n  f.write(bytes(1 << 20))\n  k.append(f)\n  os.remove("/tmp/f")',
    ends: 'GUEST_ERROR',
    raises: /No space/,
  },
  {
    id: 'own',
    title: 'a hole in a file',
    code: 'f = open("/tmp/f", "wb")\nf.seek(1 << 40)\nf.write(b"x")\nf.flush()',
    ends: 'GUEST_ERROR',
    raises: /No space/,
  },
  {
    id: 'own',
    title: 'pipes',
    code: 'import os\nfor i in range(100):\n  r, w = os.pipe()\n  os.write(w, bytes(60000))',
    ends: 'GUEST_ERROR',
  },
  {
    id: 'own',
    title: 'a pipe nobody reads',
    code: 'import os\nr, w = os.pipe()\nwhile True: os.write(w, bytes(60000))',
    ends: 'GUEST_ERROR',
  },
  {
    id: 'own',
    title: 'a mapping',
    code: 'import mmap\nmmap.mmap(-1, 10**9)',
    ends: ['MEMORY_LIMIT', 'GUEST_ERROR'],
  },
  full('PY-MEM-009', 'a pickle', 'import pickle\npickle.loads(b"\\x80\\x04" + b"(" * 10**7)'),
  full(
    'PY-TMO-011',
    'a compressed bomb',
    'import zlib\nc = zlib.compressobj(9)\nb = b"".join(c.compress(bytes(1 << 20)) for i in range(200)) + c.flush()\nzlib.decompress(b)',
  ),
  full(
    'own',
    'a bomb in a zip',
    'import zipfile, io\nb = io.BytesIO()\nz = zipfile.ZipFile(b, "w", zipfile.ZIP_DEFLATED)\nwith z.open("a", "w") as f:\n  for i in range(100): f.write(bytes(1 << 20))\nz.close()\nlen(zipfile.ZipFile(b).read("a"))',
  ),
  full(
    'own',
    'entities in entities',
    'import xml.etree.ElementTree as E\nd = "<!DOCTYPE x [<!ENTITY a0 \\"aaaaaaaaaa\\">" + "".join(f"<!ENTITY a{i} \\"" + f"&a{i-1};" * 10 + "\\">" for i in range(1, 10)) + "]><x>&a9;</x>"\nlen(E.fromstring(d).text)',
  ),
]);

contain('the stack', [
  {
    id: 'PY-FTL-005',
    title: 'deep JSON',
    code: 'import json\njson.loads("[" * 10**6)',
    ends: ['STACK_OVERFLOW', 'GUEST_ERROR'],
  },
  {
    id: 'own',
    title: 'deep JSON, written',
    code: 'import json\nx = []\nfor i in range(10**6): x = [x]\njson.dumps(x)',
    ends: ['STACK_OVERFLOW', 'GUEST_ERROR', 'MEMORY_LIMIT'],
  },
  {
    id: 'PY-FTL-006',
    title: 'a recursion limit raised',
    code: 'import sys\nsys.setrecursionlimit(2**30)\ndef f(): f()\nf()',
    ends: ['STACK_OVERFLOW', 'MEMORY_LIMIT', 'TIMEOUT'],
  },
  {
    id: 'own',
    title: 'recursion through C',
    code: 'import sys\nsys.setrecursionlimit(2**30)\ndef f(x): return sorted([1], key=f)\nf(1)',
    ends: ['STACK_OVERFLOW', 'MEMORY_LIMIT', 'GUEST_ERROR'],
  },
  {
    id: 'own',
    title: 'a repr of itself',
    code: 'import sys\nsys.setrecursionlimit(2**30)\nclass R:\n  def __repr__(self): return repr([self])\nrepr(R())',
    ends: ['STACK_OVERFLOW', 'MEMORY_LIMIT', 'GUEST_ERROR'],
  },
  {
    id: 'own',
    title: 'a deep program',
    code: 'eval("(" * 100000 + ")" * 100000)',
    ends: ['GUEST_ERROR', 'STACK_OVERFLOW', 'MEMORY_LIMIT'],
  },
  {
    id: 'own',
    title: 'a deep sum',
    code: 'eval("+".join(["1"] * 100000))',
    ends: ['GUEST_ERROR', 'STACK_OVERFLOW', 'MEMORY_LIMIT', 'success'],
  },
  {
    id: 'own',
    title: 'a deep syntax tree',
    code: 'import ast\nx = ast.Constant(1)\nfor i in range(10**5): x = ast.UnaryOp(ast.USub(), x)\ncompile(ast.fix_missing_locations(ast.Expression(x)), "", "eval")',
    ends: ['GUEST_ERROR', 'STACK_OVERFLOW', 'MEMORY_LIMIT'],
  },
  {
    id: 'own',
    title: 'a deep pickle',
    code: 'import pickle\nx = []\nfor i in range(10**5): x = [x]\npickle.dumps(x)',
    ends: ['GUEST_ERROR', 'STACK_OVERFLOW'],
  },
  {
    id: 'own',
    title: 'a deep expression for a search',
    code: 'import re\nre.compile("(" * 10**5 + ")" * 10**5)',
    ends: ['GUEST_ERROR', 'STACK_OVERFLOW', 'MEMORY_LIMIT'],
  },
  {
    id: 'own',
    title: 'an unwound generator',
    code: 'g = iter([])\nfor i in range(10**5): g = (x for x in g)\nlist(g)',
    ends: ['GUEST_ERROR', 'STACK_OVERFLOW', 'MEMORY_LIMIT', 'success'],
  },
]);

contain('the end of the interpreter', [
  { id: 'PY-FTL-002', title: 'abort', code: 'import os\nos.abort()', ends: 'GUEST_ERROR' },
  { id: 'own', title: 'an exit below Python', code: 'import os\nos._exit(0)', ends: 'success', value: null },
  { id: 'PY-FTL-009', title: 'SystemExit', code: 'raise SystemExit(3)', ends: 'GUEST_ERROR' },
  {
    id: 'own',
    title: 'a signal to itself',
    code: 'import os, signal\nos.kill(os.getpid(), signal.SIGKILL)',
    ends: ['GUEST_ERROR', 'success'],
  },
  {
    id: 'own',
    title: 'a raised signal',
    code: 'import signal\nsignal.raise_signal(signal.SIGABRT)',
    ends: ['GUEST_ERROR', 'success'],
  },
  {
    id: 'own',
    title: 'a fatal error of its own',
    code: 'import faulthandler\nfaulthandler._sigabrt()',
    ends: 'GUEST_ERROR',
  },
  {
    id: 'own',
    title: 'a read of address 0',
    code: 'import faulthandler\nfaulthandler._read_null()',
    ends: ['GUEST_ERROR', 'success'],
  },
  {
    id: 'own',
    title: 'a stack overflow of its own',
    code: 'import faulthandler\nfaulthandler._stack_overflow()',
    ends: ['GUEST_ERROR', 'STACK_OVERFLOW'],
  },
  {
    id: 'own',
    title: 'bytecode that names constants that are not there',
    code: 'def f(): return 1\nimport opcode\nc = f.__code__\nf.__code__ = c.replace(co_code=bytes([opcode.opmap["RESUME"], 0, opcode.opmap["EXTENDED_ARG"], 255, opcode.opmap["EXTENDED_ARG"], 255, opcode.opmap["LOAD_CONST"], 255, opcode.opmap["RETURN_VALUE"], 0]))\nf()',
    ends: ['GUEST_ERROR', 'success', 'OUTPUT_UNSUPPORTED', 'STACK_OVERFLOW'],
  },
  {
    id: 'own',
    title: 'bytecode that pops more than there is',
    code: 'def f(): return 1\nimport opcode\nc = f.__code__\nf.__code__ = c.replace(co_code=bytes([opcode.opmap["RESUME"], 0] + [opcode.opmap["POP_TOP"], 0] * 50 + [opcode.opmap["RETURN_VALUE"], 0]))\nf()',
    ends: ['GUEST_ERROR', 'success', 'OUTPUT_UNSUPPORTED', 'STACK_OVERFLOW', 'TIMEOUT'],
  },
]);
