/**
 * State never survives: whatever a guest changes, and however it ends, the next one finds what the first one of a new
 * cell finds. One probe looks at every kind of state there is; each change has to show in the probe of its own run.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSandbox, type RunOptions, type Value } from '../../../src/index.ts';

const PROBE = `
import asyncio, atexit, builtins, codecs, collections, contextvars, copyreg, decimal, gc, importlib, json, linecache, locale
import logging, os, random, re, signal, sqlite3, string, sys, tempfile, threading, time, types, warnings, weakref, zoneinfo

def digest(value):
    return hash(repr(value))

def descriptors():
    found = []
    for fd in range(64):
        try:
            os.fstat(fd)
            found.append(fd)
        except OSError:
            pass
    return found

def tree():
    return sorted((path, sorted(names), sorted(files)) for top in ("/tmp", "/plugin", "/dev", "/lib/python3.14") for path, names, files in os.walk(top))

def probe():
    try:
        asyncio.get_running_loop()
        loop = "running"
    except RuntimeError as error:
        loop = str(error)
    try:
        current = repr(type(asyncio.get_event_loop()))
    except RuntimeError as error:
        current = str(error)
    return {
        "builtins": digest(sorted((name, repr(value)[:40].partition(" at 0x")[0]) for name, value in vars(builtins).items() if name != "_")),
        "modules": digest(sorted(sys.modules)),
        "library": [json.dumps({"a": 1}), re.sub("a", "b", "a"), string.digits, collections.deque.__name__],
        "hooks": [len(sys.meta_path), len(sys.path_hooks), sys.gettrace() is None, sys.getprofile() is None,
            sys.excepthook is sys.__excepthook__, sys.displayhook is sys.__displayhook__, sys.unraisablehook is sys.__unraisablehook__],
        "sys": [sys.path, sys.argv, sys.getrecursionlimit(), sys.getswitchinterval(), sys.get_int_max_str_digits(), sys.flags.optimize, sys.dont_write_bytecode],
        "streams": [type(stream).__name__ + stream.encoding for stream in (sys.stdin, sys.stdout, sys.stderr)],
        "files": digest(tree()),
        "cwd": [os.getcwd(), tempfile.tempdir],
        "descriptors": descriptors(),
        "environment": dict(os.environ),
        "signals": digest([repr(signal.getsignal(n)).partition(" at 0x")[0] for n in range(1, 32)]),
        "loop": [loop, current],
        "threads": [threading.active_count(), [t.name for t in threading.enumerate()], threading.main_thread().name],
        "logging": [logging.getLogger().level, len(logging.getLogger().handlers), sorted(logging.Logger.manager.loggerDict)],
        "warnings": digest([(f[0], f[2].__name__) for f in warnings.filters]),
        "decimal": [decimal.getcontext().prec, decimal.getcontext().rounding],
        "gc": [gc.isenabled(), gc.get_threshold(), len(gc.callbacks), len(gc.garbage), gc.get_debug()],
        "copyreg": len(copyreg.dispatch_table),
        "codecs": [name for name in ("left",) if _has_codec(name)],
        "classes": [c.__name__ for c in object.__subclasses__() if c.__name__.startswith("Left")],
        "dicts": [k for k in vars(json) if k.startswith("left")],
        "time": [time.tzname, os.environ.get("TZ"), time.localtime(0).tm_hour],
        "locale": locale.setlocale(locale.LC_ALL),
        "caches": ["left" in linecache.cache, len(sys.path_importer_cache) < 5],
        "sqlite": [len(sqlite3.adapters), len(sqlite3.converters)],
        "context": [v.name for v in contextvars.copy_context()],
        "umask": _umask(),
        "zone": zoneinfo.TZPATH,
        "atexit": atexit._ncallbacks(),
        "main": sorted(k for k in vars(sys.modules["__main__"]) if k.startswith("left")),
    }

def _has_codec(name):
    try:
        codecs.lookup(name)
        return True
    except LookupError:
        return False

def _umask():
    old = os.umask(0o22)
    os.umask(old)
    return old
`;

/** What is changed → the parts of the probe it shows in. */
const CHANGES: readonly (readonly [what: string, code: string, shows: readonly string[]])[] = [
  [
    'built-ins',
    'builtins.left = 1; builtins.len = lambda x: 7; del builtins.sorted; sorted = lambda x, **k: list(x)',
    [],
  ],
  ['a built-in name', 'builtins.left = 1', ['builtins']],
  ['modules', 'sys.modules["left"] = types.ModuleType("left"); del sys.modules["json"]', ['modules']],
  ['the library', 'json.dumps = lambda *a: "x"; string.digits = "9"; json.left = 1', ['library', 'dicts']],
  [
    'a class of the library',
    'logging.Logger.debug = None; logging.getLogger("left").addHandler(logging.NullHandler())',
    ['logging'],
  ],
  [
    'import hooks',
    'sys.meta_path.insert(0, type("F", (), {"find_spec": staticmethod(lambda *a: None)})); sys.path_hooks.clear()',
    ['hooks'],
  ],
  ['hooks of errors', 'sys.excepthook = sys.unraisablehook = sys.displayhook = print', ['hooks']],
  ['the tracer', 'sys.settrace(lambda *a: None); sys.setprofile(lambda *a: None)', ['hooks']],
  ['limits', 'sys.setrecursionlimit(5000); sys.setswitchinterval(9); sys.set_int_max_str_digits(0)', ['sys']],
  ['paths', 'sys.path.insert(0, "/tmp"); sys.argv.append("left")', ['sys']],
  ['streams', 'import io; sys.stdout = io.StringIO(); sys.stdin = sys.stdout', []],
  ['files', 'open("/tmp/left", "w").write("x"); os.mkdir("left"); os.symlink("/tmp", "link")', ['files']],
  ['the directory', 'os.chdir("/tmp"); tempfile.tempdir = "/dev"', ['cwd']],
  [
    'descriptors',
    'left_fds = [os.pipe(), os.dup(1), os.open("/dev/null", os.O_RDONLY)]; os.close(0)',
    ['descriptors'],
  ],
  ['the environment', 'os.environ["LEFT"] = "1"; os.putenv("LEFT2", "1")', ['environment']],
  [
    'signal handlers',
    'signal.signal(signal.SIGINT, signal.SIG_IGN); signal.signal(signal.SIGTERM, print)',
    ['signals'],
  ],
  ['event loops', 'asyncio.set_event_loop(asyncio.new_event_loop())', ['loop']],
  ['threads', 'threading.current_thread().name = "left"; threading.local().x = 1', ['threads']],
  ['warnings', 'warnings.simplefilter("error")', ['warnings']],
  ['arithmetic', 'decimal.getcontext().prec = 3; decimal.DefaultContext.prec = 4', ['decimal']],
  [
    'the collector',
    'gc.disable(); gc.set_threshold(1); gc.callbacks.append(print); gc.garbage.append(1)',
    ['gc'],
  ],
  ['pickling', 'copyreg.pickle(type("Left", (), {}), len)', ['copyreg']],
  ['codecs', 'codecs.register(lambda name: codecs.lookup("utf-8") if name == "left" else None)', ['codecs']],
  ['classes', 'left_class = type("Left1", (), {})', ['classes', 'main']],
  ['the time zone', 'os.environ["TZ"] = "Asia/Tokyo"', ['environment', 'time']],
  ['caches', 'linecache.cache["left"] = (1, None, [], "left")', ['caches']],
  [
    'adapters',
    'sqlite3.register_adapter(type("X", (), {}), str); sqlite3.register_converter("left", str)',
    ['sqlite'],
  ],
  ['the context', 'contextvars.ContextVar("left").set(1)', ['context']],
  [
    'callbacks of the end',
    'atexit.register(print, "left"); left_ref = weakref.finalize(type("Y", (), {})(), print, "left")',
    ['main'],
  ],
];

/** How a run with changes ends. */
const ENDS: readonly (readonly [string, string])[] = [
  ['returns', 'None'],
  ['raises', 'raise SystemError("left")'],
  ['exits at once', 'os._exit(3)'],
  ['aborts', 'os.abort()'],
  ['runs out of memory', 'left_all = []\nwhile True: left_all.append(bytearray(1 << 20))'],
  ['is stopped', 'while True: pass'],
];

const python = (code: string, more: Partial<RunOptions> = {}): RunOptions => ({
  runtime: 'python',
  code,
  ...more,
});

describe('what a guest changes', () => {
  const sandbox = createSandbox({ policy: { limits: { concurrency: 2, memoryBytes: 32 * 1024 * 1024 } } });
  let first: Value;
  afterAll(() => sandbox.close());

  async function look(more: Partial<RunOptions> = {}): Promise<Value> {
    const result = await sandbox.run(python(`${PROBE}\nprobe()`, more));
    if (!result.success) throw result.error;
    expect(result.report.logs).toEqual([]);
    return result.data;
  }

  beforeAll(async () => {
    first = await look();
  });

  it.each(CHANGES)('%s: shows in its own run, and in no other', async (_what, code, shows) => {
    const changed = await sandbox.run(python(`${PROBE}\n${code}\nprobe()`));
    if (shows.length > 0) {
      if (!changed.success) throw changed.error;
      const [before, after] = [first, changed.data] as Record<string, Value>[];
      for (const part of shows) expect(after?.[part], part).not.toEqual(before?.[part]);
    }
    expect(await look()).toEqual(first);
    expect(await look({ plugin: 'another' })).toEqual(first);
  });

  it.each(ENDS)('is gone when the run %s', async (_how, end) => {
    const all = CHANGES.filter(([, , shows]) => shows.length > 0).map(([, code]) => code);
    const limits = end === 'while True: pass' ? { timeoutMs: 500 } : {};
    await sandbox.run(python(`${PROBE}\n${all.join('\n')}\n${end}`, { limits }));
    expect(await look()).toEqual(first);
  });

  it('was not random to begin with: numbers differ in every run, whoever seeded them', async () => {
    const draw = async (): Promise<string> => {
      const result = await sandbox.run(
        python(
          'import random, secrets, uuid\n[random.random(), random.getrandbits(64), secrets.token_hex(8), str(uuid.uuid4())]',
        ),
      );
      if (!result.success) throw result.error;
      return JSON.stringify(result.data, (_, value: unknown) =>
        typeof value === 'bigint' ? String(value) : value,
      );
    };
    const drawn = [await draw()];
    await sandbox.run(python('import random\nrandom.seed(1)\nrandom.random()'));
    drawn.push(await draw());
    await sandbox.run(python('import random\nrandom.seed(1)\nrandom.random()'));
    drawn.push(await draw());
    expect(new Set(drawn).size).toBe(3);
  });
});
