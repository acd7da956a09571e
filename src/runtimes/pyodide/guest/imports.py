"""The allowlist of modules: what the plugin's own code may import. The standard library's own imports stay free.

It is a rule for honest plugins. A plugin can reach a module by other ways, and finds nothing there that leads out.
"""

import builtins
import os
import types

_DEVICE = "/dev/deny"


class Denied(ImportError):
    """The policy does not grant a module."""


def _report(name):
    descriptor = os.open(_DEVICE, os.O_WRONLY)
    try:
        os.write(descriptor, name.encode("utf-8", "replace"))
    finally:
        os.close(descriptor)


def refused(granted, name, items):
    """What of `import name`, or `from name import items`, is not among the granted modules and what is below them."""

    def whole(name):
        while name:
            if name in granted:
                return True
            name = name.rpartition(".")[0]
        return False

    def leads_to_one(name):
        return any(other.startswith(name + ".") for other in granted)

    if whole(name):
        return None
    if not leads_to_one(name):
        return name
    for item in items:
        if not whole(f"{name}.{item}") and not leads_to_one(f"{name}.{item}"):
            return f"{name}.{item}"
    return None


def gated(granted):
    """The built-ins, with an `__import__` that grants these modules and what is below them."""
    real = builtins.__import__

    def __import__(name, globals=None, locals=None, fromlist=(), level=0):
        # A relative import stays within a package that was granted.
        if level == 0 and type(name) is str:
            denied = refused(granted, name, fromlist or ())
            if denied is not None:
                _report(denied)
                raise Denied(f"import of {denied!r} is not granted: add it to policy.modules.python", name=denied)
        return real(name, globals, locals, fromlist, level)

    module = types.ModuleType("builtins")
    module.__dict__.update(builtins.__dict__)
    module.__import__ = __import__
    return module
