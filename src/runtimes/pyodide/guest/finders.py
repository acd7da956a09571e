"""Import hooks: what is adapted after its import, and what is here for who brings nothing of that name."""

import sys
from importlib.machinery import ModuleSpec, PathFinder

from _citadel import http_transport

_ADAPTED = {"http.client": http_transport.adapt, "urllib3.connection": http_transport.adapt_urllib3}
# Names of the host functions of this run: set when it begins.
functions = ()
_EXTRAS = ["/lib/python314.zip/_citadel_site"]


class _Adapting:
    """Executes a module, and changes it right after."""

    def __init__(self, loader, adapt):
        self._loader = loader
        self._adapt = adapt

    def create_module(self, spec):
        return self._loader.create_module(spec)

    def exec_module(self, module):
        self._loader.exec_module(module)
        self._adapt(module)

    def __getattr__(self, name):
        return getattr(self._loader, name)


class _Nothing:
    """In place of urllib3's own way out of a browser."""

    @staticmethod
    def create_module(spec):
        return None

    @staticmethod
    def exec_module(module):
        module.inject_into_urllib3 = lambda: None


class Adapted:
    """Asked first."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        if name == "urllib3.contrib.emscripten":
            return ModuleSpec(name, _Nothing, is_package=True)
        adapt = _ADAPTED.get(name)
        if adapt is None:
            return None
        spec = PathFinder.find_spec(name, path, target)
        if spec is not None and spec.loader is not None:
            spec.loader = _Adapting(spec.loader, adapt)
        return spec


class Extras:
    """Asked last: `citadel`, `host`, and a `requests` for who does not bring the real one."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        if functions and name.partition(".")[0] == "host":
            from _citadel import doors

            return doors.find_spec(name, functions)
        return PathFinder.find_spec(name, _EXTRAS, target) if name in ("citadel", "requests") else None


def install():
    sys.meta_path.insert(0, Adapted)
    sys.meta_path.append(Extras)
