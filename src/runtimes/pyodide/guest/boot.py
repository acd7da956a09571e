"""Runs once, when the package is built: what it leaves is the state every run begins with."""

import gc
import importlib
import sys

# Worth their memory: what most programs import, and what is slow to.
PRELOADED = """
abc argparse array ast asyncio base64 binascii bisect calendar collections collections.abc contextlib contextvars copy
csv dataclasses datetime decimal enum fractions functools hashlib heapq hmac html http.client http.cookies inspect io itertools json linecache
logging math numbers operator os pathlib pickle pprint queue random re secrets statistics string struct tempfile
textwrap threading time traceback types typing unicodedata urllib.error urllib.parse urllib.request uuid warnings weakref zlib zoneinfo
""".split()

# Ways to JavaScript and to foreign code: not here, and a clear error for who asks.
ABSENT = frozenset(
    "js pyodide pyodide_js _pyodide _pyodide_core micropip ctypes _ctypes _ctypes_test webbrowser".split()
)


class _Absent:
    """Says why a module is missing. The wall is the import firewall; this is manners."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        if name.partition(".")[0] in ABSENT:
            raise ModuleNotFoundError(f"No module named {name!r}: it is not part of this sandbox", name=name)
        return None


def boot():
    from _citadel import finders

    finders.install()
    for name in PRELOADED:
        importlib.import_module(name)
    from _citadel import loop, sleep

    sleep.install()
    loop.install()
    sys.builtin_module_names = tuple(name for name in sys.builtin_module_names if name not in ABSENT)
    sys.meta_path.insert(0, _Absent)
    sys.path[:] = ["/lib/python314.zip", "/lib/python3.14/site-packages"]
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(encoding="utf-8", errors="backslashreplace", line_buffering=True)
    for name in [name for name in sys.modules if name.partition(".")[0] in ABSENT]:
        del sys.modules[name]
    for _ in range(3):
        gc.collect()
    gc.freeze()
