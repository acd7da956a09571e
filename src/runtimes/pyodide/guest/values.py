"""What crosses from the guest to the host. Everything else is refused with its path."""

import dataclasses
import datetime
import decimal
import enum
import marshal
import types
import uuid
from collections import deque

# Shared objects are written once and referred to.
_FORMAT = 4
_MAX_DEPTH = 500
_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
_MILLISECOND = datetime.timedelta(milliseconds=1)
_dumps = marshal.dumps


class Unsupported(Exception):
    """A value that does not cross; its text says where it is and what it is."""


def dump(value):
    """`v` and plain data, or `t` and data in which complex numbers stand for dates."""
    try:
        return b"v" + _dumps(value, _FORMAT, allow_code=False)
    except ValueError:
        return b"t" + _dumps(_plain(value, "result", 0, {}), _FORMAT, allow_code=False)


def _date(value):
    if value.tzinfo is None:
        value = value.replace(tzinfo=datetime.UTC)
    return complex((value - _EPOCH) // _MILLISECOND, 0.0)


def _scalar(value, kind):
    """The plain form of what holds nothing else, or NotImplemented."""
    if value is None or kind in (bool, int, float, str, bytes):
        return value
    if issubclass(kind, enum.Enum):
        return NotImplemented
    for base, convert in _SCALARS:
        if issubclass(kind, base):
            return convert(value)
    return NotImplemented


# A datetime is also a date.
_SCALARS = (
    (str, str.__str__),
    (int, int.__int__),
    (float, float.__float__),
    ((bytes, bytearray, memoryview), bytes),
    (datetime.datetime, _date),
    ((datetime.date, datetime.time), lambda value: value.isoformat()),
    (decimal.Decimal, str),
    (uuid.UUID, str),
)


def _plain(value, path, depth, seen):
    kind = type(value)
    plain = _scalar(value, kind)
    if plain is not NotImplemented:
        return plain
    if depth >= _MAX_DEPTH:
        raise Unsupported(f"{path[:200]} is nested deeper than {_MAX_DEPTH} levels")
    known = seen.get(id(value))
    if known is not None:
        if known[1] is _OPEN:
            raise Unsupported(f"{path} contains itself")
        return known[1]
    # Kept alive, so that no other object gets its id.
    seen[id(value)] = (value, _OPEN)
    plain = _container(value, kind, path, depth + 1, seen)
    seen[id(value)] = (value, plain)
    return plain


_OPEN = object()


def _container(value, kind, path, depth, seen):
    if issubclass(kind, enum.Enum):
        return _plain(value.value, path, depth, seen)
    if issubclass(kind, (dict, types.MappingProxyType)):
        return {
            _key(key, path): _plain(item, f"{path}[{_short(key)}]", depth, seen)
            for key, item in value.items()
        }
    if issubclass(kind, (list, tuple, deque)):
        return [_plain(item, f"{path}[{i}]", depth, seen) for i, item in enumerate(value)]
    if issubclass(kind, (set, frozenset)):
        return {_key(item, path) for item in value}
    if dataclasses.is_dataclass(kind):
        return {
            field.name: _plain(getattr(value, field.name), f"{path}.{field.name}", depth, seen)
            for field in dataclasses.fields(kind)
        }
    raise Unsupported(
        f"{path} is {_described(kind)}; return dicts, lists, sets, text, bytes, numbers, dates or dataclasses"
    )


def _key(key, path):
    """Keys and members of sets stay hashable."""
    plain = _scalar(key, type(key))
    if plain is not NotImplemented:
        return plain
    if isinstance(key, enum.Enum):
        return _key(key.value, path)
    if isinstance(key, tuple):
        return tuple(_key(item, path) for item in key)
    if isinstance(key, frozenset):
        return frozenset(_key(item, path) for item in key)
    raise Unsupported(f"{path} has {_described(type(key))} among its keys or members")


def _short(key):
    return repr(key)[:40] if type(key) in (str, int) else "…"


def _described(kind):
    if kind in (types.FunctionType, types.BuiltinFunctionType, types.MethodType):
        return "a function"
    name = type.__dict__["__name__"].__get__(kind)
    return f"an object of type {name[:60]}"


def dates(value):
    """An input with complex numbers in the place of dates, which no host can send otherwise."""
    kind = type(value)
    if kind is complex:
        # An invalid Date has no time.
        return None if value.real != value.real else _EPOCH + value.real * _MILLISECOND
    if kind is list:
        return [dates(item) for item in value]
    if kind is dict:
        return {dates(key): dates(item) for key, item in value.items()}
    if kind is set:
        return {dates(item) for item in value}
    return value
