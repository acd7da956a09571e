"""Host functions as guests find them: modules made of their names, and calls through the device of the network."""

import marshal
from errno import EINVAL
from importlib.machinery import ModuleSpec
from struct import pack, unpack_from

from _citadel import net, pending, values

_VALUE, _FAULT, _ITEMS, _END = 4, 5, 6, 2
_DENIED, _REFUSED, _LIMIT, _TIMEOUT = range(4)
_loads = marshal.loads
# Nothing of the answer is code.
_PLAIN = {"allow_code": False}


class HostError(Exception):
    """A host function failed. Its class is named after what the host says."""


class SyncUnavailable(RuntimeError):
    """No thread can wait here: only `await` can."""


def _failure(answer):
    kind = answer[5]
    at = 6
    parts = []
    for _ in range(2):
        (length,) = unpack_from("<I", answer, at)
        at += 4 + length
        parts.append(answer[at - length : at].decode("utf-8", "replace"))
    name, message = parts
    if kind == _DENIED:
        return net.Denied(message)
    if kind == _REFUSED:
        return TypeError(message)
    if kind == _LIMIT:
        return OverflowError(message)
    if kind == _TIMEOUT:
        return TimeoutError(message)
    return (type(name, (HostError,), {"__module__": "host"}) if name.isidentifier() else HostError)(message)


def _value(answer):
    value = _loads(answer[6:], **_PLAIN)
    return values.dates(value) if answer[5] else value


def _items(number):
    """Items of an iterable, asked for one by one; given up with the generator."""
    over = False
    try:
        while True:
            answer = net.talk(net.READ, net.WAITING, None, net.reading(number))
            if answer[0] != _VALUE:
                over = True
                if answer[0] == _END:
                    return
                raise _failure(answer)
            yield _value(answer)
    finally:
        if not over:
            net.cancel(number)


async def _items_awaited(number):
    over = False
    try:
        while True:
            answer = await pending.ask(net.READ, net.reading(number))
            if answer[0] != _VALUE:
                over = True
                if answer[0] == _END:
                    return
                raise _failure(answer)
            yield _value(answer)
    finally:
        if not over:
            net.cancel(number)


class Function:
    """Called, it waits for the host; `aio` does the same for `await`. Named arguments are one object, the last argument."""

    def __init__(self, path, index):
        group, _, name = path.rpartition(".")
        self.__module__ = f"host.{group}" if group else "host"
        self.__name__ = name
        self.__qualname__ = path
        self._index = index

    def _sent(self, args, named):
        given = [*args, named] if named else list(args)
        try:
            return pack("<I", self._index) + values.dump(given)
        except values.Unsupported as error:
            raise TypeError(f"{self.__qualname__}: {str(error).replace('result', 'arguments', 1).replace('; return', '; pass')}") from None

    def _too_much(self):
        return OverflowError(
            f"{self.__qualname__}: a run may make no more calls, or send no more: "
            "limits.functionCalls, limits.functionInputBytes"
        )

    def _misfit(self, error):
        if error.errno != EINVAL:
            return error
        return TypeError(f"{self.__qualname__}: the arguments hold what does not cross, or are nested too deeply")

    def __call__(self, *args, **named):
        rest = self._sent(args, named)
        try:
            answer = net.talk(net.CALL, net.WAITING, None, rest)
        except net.Unsent:
            raise self._too_much() from None
        except net.Unable:
            raise SyncUnavailable(
                f"write `await {self.__name__}.aio(...)`: no thread can wait in this page, which is not cross-origin isolated"
            ) from None
        except OSError as error:
            raise self._misfit(error) from None
        if answer[0] == _VALUE:
            return _value(answer)
        if answer[0] == _ITEMS:
            return _items(net.number(answer))
        raise _failure(answer)

    async def aio(self, *args, **named):
        rest = self._sent(args, named)
        try:
            answer = await pending.ask(net.CALL, rest)
        except net.Unsent:
            raise self._too_much() from None
        except OSError as error:
            raise self._misfit(error) from None
        if answer[0] == _VALUE:
            return _value(answer)
        if answer[0] == _ITEMS:
            return _items_awaited(net.number(answer))
        raise _failure(answer)

    def __repr__(self):
        return f"<host function {self.__qualname__}>"


class _Loader:
    """Makes the module of a group."""

    def __init__(self, names, path):
        self._names = names
        self._path = path

    def create_module(self, spec):
        return None

    def exec_module(self, module):
        prefix = f"{self._path}." if self._path else ""
        for index, name in enumerate(self._names):
            rest = name[len(prefix) :]
            if name.startswith(prefix) and "." not in rest:
                setattr(module, rest, Function(name, index))
        module.__getattr__ = self._group(module.__name__)

    def _group(self, name):
        """Groups below are modules as well: `import host` finds them without importing each."""

        def __getattr__(member):
            if _members(self._names, f"{name}.{member}".partition(".")[2]):
                import importlib

                return importlib.import_module(f"{name}.{member}")
            raise AttributeError(f"module {name!r} has no attribute {member!r}")

        return __getattr__


def _members(names, path):
    return any(name.startswith(f"{path}.") for name in names)


def find_spec(name, names):
    """The module `host`, or that of a group below it."""
    path = name.partition(".")[2]
    if path and not _members(names, path):
        return None
    return ModuleSpec(name, _Loader(names, path), is_package=True)
