/** The standard library as users expect it: a slice of each supported module, and what is said where there is none. */
import { describe, expect, it } from 'vitest';
import type { Value } from '../../src/index.ts';
import { codeOf, dataOf, kept } from './support.ts';

const python = (code: string, input?: Value) => ({ runtime: 'python' as const, code, input });

/** As docs/python.md lists them. */
const ABSENT_MODULES: readonly string[] =
  'ctypes curses dbm ensurepip grp msvcrt nt pwd pydoc_data readline resource syslog tkinter turtle venv webbrowser winreg winsound'.split(
    ' ',
  );

describe('the standard library', () => {
  it.each<[string, string, Value]>([
    [
      'json',
      'import json\njson.dumps(json.loads(\'{"b": [1, 2.5, null, "é"], "a": {}}\'), sort_keys=True, indent=1)',
      '{\n "a": {},\n "b": [\n  1,\n  2.5,\n  null,\n  "\\u00e9"\n ]\n}',
    ],
    [
      're',
      'import re\n[m.groupdict() for m in re.finditer(r"(?P<k>\\w+)=(?P<v>[^;]*)", "a=1;b=zwei")]',
      [
        { k: 'a', v: '1' },
        { k: 'b', v: 'zwei' },
      ],
    ],
    [
      'datetime',
      'import datetime as d\n[(d.date(2024, 2, 28) + d.timedelta(days=1)).isoformat(), d.datetime.fromisoformat("2026-01-02T03:04:05+01:00").timestamp(), d.datetime(2026, 1, 2).strftime("%A %d %B %Y")]',
      ['2024-02-29', 1767319445, 'Friday 02 January 2026'],
    ],
    [
      'time',
      'import time\n[time.gmtime(0)[:6], time.strftime("%Y-%m-%d", time.gmtime(86400)), time.mktime((2026, 7, 1, 0, 0, 0, 0, 0, 0)), time.tzname[0]]',
      [[1970, 1, 1, 0, 0, 0], '1970-01-02', 1782864000, 'UTC'],
    ],
    [
      'math',
      'import math\n[math.comb(50, 25), round(math.sin(1), 12), math.isqrt(10**20), math.inf > 1]',
      [126410606437752, 0.841470984808, 10000000000, true],
    ],
    [
      'statistics',
      'import statistics as s\n[s.mean([1, 2, 4]), s.median([3, 1, 2]), round(s.stdev([1, 2, 3, 4]), 6)]',
      [2.3333333333333335, 2, 1.290994],
    ],
    [
      'collections',
      'import collections as c\n[c.Counter("hello").most_common(1), list(c.ChainMap({"a": 1}, {"b": 2})), c.defaultdict(list, x=[1])]',
      [[['l', 2]], ['b', 'a'], { x: [1] }],
    ],
    [
      'itertools',
      'import itertools as i\n[list(i.batched("abcde", 2)), list(i.accumulate([1, 2, 3])), list(i.pairwise("abc"))]',
      [
        [['a', 'b'], ['c', 'd'], ['e']],
        [1, 3, 6],
        [
          ['a', 'b'],
          ['b', 'c'],
        ],
      ],
    ],
    [
      'csv',
      'import csv, io\nrows = list(csv.DictReader(io.StringIO("n,t\\r\\n1,\\"a, b\\"\\r\\n")))\nout = io.StringIO()\ncsv.writer(out).writerow(["x", "y z", "q\\"q"])\n[rows, out.getvalue()]',
      [[{ n: '1', t: 'a, b' }], 'x,y z,"q""q"\r\n'],
    ],
    [
      'decimal',
      'from decimal import *\ngetcontext().prec = 30\n[Decimal(1) / Decimal(7), Decimal("0.1") + Decimal("0.2")]',
      ['0.142857142857142857142857142857', '0.3'],
    ],
    ['fractions', 'from fractions import Fraction\nstr(Fraction(3, 4) + Fraction(1, 6))', '11/12'],
    [
      'hashlib',
      'import hashlib\n[hashlib.sha256(b"abc").hexdigest()[:16], hashlib.md5(b"").hexdigest(), hashlib.blake2b(b"x", digest_size=4).hexdigest()]',
      ['ba7816bf8f01cfea', 'd41d8cd98f00b204e9800998ecf8427e', 'b1ba07e5'],
    ],
    ['hmac', 'import hmac\nhmac.new(b"k", b"m", "sha256").hexdigest()[:16]', 'b60090e3052297ae'],
    [
      'base64',
      'import base64\n[base64.b64encode(bytes(range(6))).decode(), base64.b85decode("VPa!s")]',
      ['AAECAwQF', new Uint8Array([97, 98, 99, 100])],
    ],
    [
      'urllib.parse',
      'from urllib.parse import *\n[urlsplit("https://u@h:8/p?q=1#f").port, urlencode({"a": "b c"}), quote("é/ "), parse_qs("a=1&a=2")]',
      [8, 'a=b+c', '%C3%A9/%20', { a: ['1', '2'] }],
    ],
    [
      'sqlite3',
      'import sqlite3\nd = sqlite3.connect(":memory:")\nd.execute("create table t (a, b)")\nd.executemany("insert into t values (?, ?)", [(1, "x"), (2, "y")])\n[d.execute("select sum(a), group_concat(b) from t").fetchone(), [r[0] for r in d.execute("select json_extract(\'[7]\', \'$[0]\')")]]',
      [[3, 'x,y'], [7]],
    ],
    [
      'sqlite3 in a file',
      'import sqlite3\nwith sqlite3.connect("/tmp/x.db") as d: d.execute("create table t as select 1 as a")\nd.close()\nsqlite3.connect("/tmp/x.db").execute("select a from t").fetchone()',
      [1],
    ],
    [
      'zlib, bz2, lzma, zstd',
      'import zlib, bz2, lzma, gzip\nfrom compression import zstd\nd = b"abc" * 1000\n[m.decompress(m.compress(d, 1)) == d for m in (zlib, bz2, gzip, zstd)] + [lzma.decompress(lzma.compress(d, preset=0)) == d]',
      [true, true, true, true, true],
    ],
    [
      'zipfile and tarfile',
      'import zipfile, tarfile, io\nb = io.BytesIO()\nwith zipfile.ZipFile(b, "w", zipfile.ZIP_DEFLATED) as z: z.writestr("a.txt", "hi")\nt = io.BytesIO()\nwith tarfile.open(fileobj=t, mode="w:gz") as f: f.addfile(tarfile.TarInfo("n"), io.BytesIO())\nt.seek(0)\n[zipfile.ZipFile(b).read("a.txt"), tarfile.open(fileobj=t).getnames()]',
      [new Uint8Array([104, 105]), ['n']],
    ],
    [
      'pathlib and tempfile',
      'import pathlib, tempfile\nwith tempfile.TemporaryDirectory() as d:\n  p = pathlib.Path(d) / "a" / "b.txt"\n  p.parent.mkdir()\n  p.write_text("x\\ny")\n  found = [q.name for q in pathlib.Path(d).rglob("*.txt")] + p.read_text().splitlines()\n[found, p.exists()]',
      [['b.txt', 'x', 'y'], false],
    ],
    [
      'shutil and os.walk',
      'import os, shutil\nos.makedirs("a/b")\nopen("a/b/f", "w").write("1")\nshutil.copytree("a", "c")\nos.symlink("c", "l")\nshutil.move("a/b/f", "g")\n[sorted(f for _, _, fs in os.walk(".") for f in fs), os.readlink("l"), os.stat("g").st_size]',
      [['f', 'g'], 'c', 1],
    ],
    [
      'mmap',
      'import mmap\nopen("m", "wb").write(b"hello")\nwith open("m", "r+b") as f, mmap.mmap(f.fileno(), 0) as m:\n  m[0:1] = b"J"\n  m.flush()\nopen("m").read()',
      'Jello',
    ],
    [
      'struct and array',
      'import struct, array\n[struct.pack("<hI", -2, 7), array.array("H", [1, 2]).tobytes()]',
      [new Uint8Array([254, 255, 7, 0, 0, 0]), new Uint8Array([1, 0, 2, 0])],
    ],
    [
      'unicodedata',
      'import unicodedata as u\n[u.name("é"), u.normalize("NFD", "é") == "e\\u0301", "straße".casefold()]',
      ['LATIN SMALL LETTER E WITH ACUTE', true, 'strasse'],
    ],
    [
      'string templates',
      'import string\nname = "x"\nt = t"hi {name}"\n[string.Template("$a").substitute(a=1), t.interpolations[0].value]',
      ['1', 'x'],
    ],
    [
      'dataclasses, enum and typing',
      'import dataclasses, enum, typing\nclass C(enum.StrEnum):\n  A = enum.auto()\n@dataclasses.dataclass(frozen=True, slots=True)\nclass P:\n  x: int = 1\n  c: C = C.A\n[P(2), typing.get_type_hints(P)["x"] is int]',
      [{ x: 2, c: 'a' }, true],
    ],
    [
      'functools and contextlib',
      'import functools, contextlib\n@functools.cache\ndef fib(n): return n if n < 2 else fib(n - 1) + fib(n - 2)\nwith contextlib.suppress(KeyError): {}["x"]\n[fib(80), functools.reduce(lambda a, b: a * b, [2, 3])]',
      [23416728348467685n, 6],
    ],
    [
      'pickle and copy',
      'import pickle, copy\nx = {"a": [1, (2, {3})]}\n[pickle.loads(pickle.dumps(x)) == x, copy.deepcopy(x) is not x]',
      [true, true],
    ],
    [
      'xml',
      'import xml.etree.ElementTree as E\n[e.get("k") for e in E.fromstring("<a><b k=\'1\'/><b k=\'2\'/></a>").iter("b")]',
      ['1', '2'],
    ],
    [
      'html and email',
      'import html, email\n[html.escape("<a>"), email.message_from_string("Subject: hi\\n\\nbody")["subject"]]',
      ['&lt;a&gt;', 'hi'],
    ],
    [
      'tomllib and configparser',
      'import tomllib, configparser\nc = configparser.ConfigParser()\nc.read_string("[s]\\nk = v")\n[tomllib.loads("a = [1, 2]"), c["s"]["k"]]',
      [{ a: [1, 2] }, 'v'],
    ],
    [
      'ast and inspect',
      'import ast, inspect\n[ast.literal_eval("[1, {2: 3}]"), str(inspect.signature(lambda a, *, b=1: 0)), ast.unparse(ast.parse("x=1"))]',
      [[1, new Map([[2, 3]])], '(a, *, b=1)', 'x = 1'],
    ],
    [
      'logging',
      'import logging, io\ns = io.StringIO()\nlogging.basicConfig(stream=s, format="%(levelname)s %(message)s")\nlogging.warning("w %d", 1)\ns.getvalue()',
      'WARNING w 1\n',
    ],
    [
      'unittest and doctest',
      'import unittest, doctest\nclass T(unittest.TestCase):\n  def test(self): self.assertEqual(1, 1)\nr = unittest.TestResult()\nT("test").run(r)\n[r.testsRun, r.wasSuccessful()]',
      [1, true],
    ],
    [
      'heapq and bisect',
      'import heapq, bisect\n[heapq.nsmallest(2, [3, 1, 2]), bisect.bisect([1, 3, 5], 3)]',
      [[1, 2], 2],
    ],
    [
      'ipaddress and uuid',
      'import ipaddress, uuid\n[ipaddress.ip_address("::1").is_loopback, uuid.uuid5(uuid.NAMESPACE_DNS, "x").version]',
      [true, 5],
    ],
    [
      'asyncio',
      'import asyncio\nasync def work(q, out):\n  while (x := await q.get()) is not None: out.append(x * 2)\nasync def main(_):\n  q, out = asyncio.Queue(), []\n  async with asyncio.TaskGroup() as g:\n    g.create_task(work(q, out))\n    for i in (1, 2, None): await q.put(i)\n  try:\n    async with asyncio.timeout(0.01): await asyncio.sleep(10)\n  except TimeoutError: out.append("late")\n  return out + [await asyncio.to_thread(max, 1, 2)]',
      [2, 4, 'late', 2],
    ],
    [
      'threading without threads',
      'import threading\nl = threading.Lock()\nwith l: pass\nd = threading.local()\nd.x = 1\n[l.locked(), threading.active_count()]',
      [false, 1],
    ],
    [
      'zoneinfo',
      'import zoneinfo, datetime as d\nz = zoneinfo.ZoneInfo\n[len(zoneinfo.available_timezones()) > 500] + [str(d.datetime(*t, tzinfo=z(n)).utcoffset()) + " " + d.datetime(*t, tzinfo=z(n)).tzname() for n, *t in (("Europe/Berlin", 2026, 7, 1), ("Europe/Berlin", 2050, 1, 1), ("America/New_York", 2045, 7, 1), ("Asia/Kolkata", 1990, 1, 1), ("Pacific/Apia", 2011, 1, 1))]',
      [true, '2:00:00 CEST', '1:00:00 CET', '-1 day, 20:00:00 EDT', '5:30:00 IST', '-1 day, 14:00:00 -10'],
    ],
    [
      'weakref and gc',
      'import weakref, gc\nclass A: pass\na = A()\nr = weakref.ref(a)\ndel a\ngc.collect()\nr() is None',
      true,
    ],
  ])('%s', async (_title, code, expected) => {
    const sandbox = kept();
    expect(dataOf(await sandbox.run(python(code)))).toEqual(expected);
  });

  it('knows the offsets of time zones that the platform knows', async () => {
    const sandbox = kept();
    // Every sixth zone, every 37 days of 45 years in which no law is still to be changed.
    const zones = Intl.supportedValuesOf('timeZone').filter((_, i) => i % 6 === 0);
    const times = Array.from({ length: 444 }, (_, i) => Date.UTC(1975, 0, 1) / 1000 + i * 37 * 86_400);
    const code =
      'import zoneinfo, datetime as d\n{n: [int(d.datetime.fromtimestamp(t, zoneinfo.ZoneInfo(n)).utcoffset().total_seconds()) for t in input["times"]] for n in input["zones"]}';
    const found = dataOf(await sandbox.run(python(code, { zones, times }))) as Record<string, number[]>;
    for (const zone of zones) {
      const clock = new Intl.DateTimeFormat('en', { timeZone: zone, timeZoneName: 'longOffset' });
      const expected = times.map(time => {
        const name =
          clock.formatToParts(time * 1000).find(({ type }) => type === 'timeZoneName')?.value ?? '';
        const [, sign, hours = '0', minutes = '0', seconds = '0'] =
          /GMT([+-])?(\d+)?:?(\d+)?:?(\d+)?/.exec(name) ?? [];
        return (sign === '-' ? -1 : 1) * (Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)) + 0;
      });
      expect({ zone, offsets: found[zone] }).toEqual({ zone, offsets: expected });
    }
  });

  it('has every module but those that are listed', async () => {
    const sandbox = kept({
      timeoutMs: 60_000,
      maxExecutionTimeMs: 120_000,
      memoryBytes: 256 * 1024 * 1024,
    });
    const code = `
import importlib, sys
missing = []
# They open a window, or print.
for name in sorted(sys.stdlib_module_names - {"antigravity", "this", "idlelib", "turtledemo"}):
    if not name.startswith("_"):
        try: importlib.import_module(name)
        except ModuleNotFoundError: missing.append(name)
missing`;
    expect(dataOf(await sandbox.run(python(code)))).toEqual(ABSENT_MODULES);
  });

  it('keeps no processor busy while it sleeps', async () => {
    const sandbox = kept();
    const slept = await sandbox.run(python('import asyncio\nasync def main(_):\n  await asyncio.sleep(0.3)'));
    expect(codeOf(slept)).toBe('ok');
    const { cpuMs, guestMs } = slept.report.usage;
    expect(guestMs).toBeGreaterThanOrEqual(290);
    expect(cpuMs).toBeLessThan((guestMs as number) - 100);
  });

  it.each([
    ['a module that is left out on purpose', 'import ctypes', /not part of this sandbox/],
    ['a module that CPython does not have here', 'import tkinter', /No module named 'tkinter'/],
    ['a thread', 'import threading\nthreading.Thread(target=print).start()', /can't start new thread/],
    ['a question to the user', 'import builtins\nbuiltins.input("?")', /EOF/],
    ['a debugger', 'breakpoint()', /exited/],
    ['a process', 'import multiprocessing\nmultiprocessing.Process(target=print).start()', /./],
  ])('%s fails, and says so', async (_title, code, message) => {
    const sandbox = kept();
    const result = await sandbox.run(python(code));
    expect(!result.success && result.error.guest?.message).toMatch(message);
  });
});
