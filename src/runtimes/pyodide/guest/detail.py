"""What else there is to say of an exception: its cause, its members, its notes, its own fields. Data of protocol/thrown.ts."""

_CAUSES = 5
_MEMBERS = 10
_FIELDS = 20
_ITEMS = 50
_DEPTH = 3
_NAME_CHARS = 256
_KEY_CHARS = 100
_TEXT_CHARS = 1024
_ALL_CHARS = 8192
_ALL_VALUES = 300
_SAFE_INTEGER = 2**53 - 1


class _Budget:
    chars = _ALL_CHARS
    values = _ALL_VALUES

    def text(self, value, most):
        cut = value[: max(0, min(most, self.chars))]
        self.chars -= len(cut)
        return cut


def of(error):
    """A dictionary, or None when there is nothing."""
    try:
        return _detail(error, _CAUSES, _Budget()) or None
    except Exception:
        # Classes of the program's own decide what their attributes do.
        return None


def _detail(error, depth, budget):
    out = {}
    own = error.__dict__ if type(error.__dict__) is dict else {}
    code = own.get("code", error.errno if isinstance(error, OSError) else None)
    if type(code) is str:
        out["code"] = budget.text(code, _NAME_CHARS)
    elif type(code) in (int, float) and abs(code) <= _SAFE_INTEGER:
        out["code"] = code
    if depth > 0:
        cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        if cause is not None:
            out["cause"] = _nested(cause, depth - 1, budget)
        if isinstance(error, BaseExceptionGroup):
            out["errors"] = [_nested(each, depth - 1, budget) for each in error.exceptions[:_MEMBERS]]
    fields = _fields(own, _DEPTH, budget, ("code",))
    if fields:
        out["fields"] = fields
    return out


def _nested(error, depth, budget):
    budget.values -= 1
    try:
        text = str(error)
    except Exception:
        text = ""
    name = type.__dict__["__name__"].__get__(type(error))
    out = {"name": budget.text(name, _NAME_CHARS), "message": budget.text(text, _TEXT_CHARS)}
    out.update(_detail(error, depth, budget))
    return out


def _fields(given, depth, budget, skip=()):
    out = {}
    for key, value in list(given.items())[:_ITEMS]:
        if type(key) is not str or len(key) > _KEY_CHARS or key in skip or len(out) == _FIELDS or budget.values <= 0:
            continue
        kept, value = _data(value, depth, budget)
        if kept:
            budget.chars -= len(key)
            out[key] = value
    return out


def _data(value, depth, budget):
    """Whether it is data, and the data."""
    budget.values -= 1
    kind = type(value)
    if budget.values < 0:
        return False, None
    if kind is str:
        return True, budget.text(value, _TEXT_CHARS)
    if value is None or kind in (bool, float):
        return True, value
    if kind is int:
        return (True, value) if abs(value) <= _SAFE_INTEGER else (abs(value) < 10**_KEY_CHARS, str(value)[:_KEY_CHARS])
    if depth > 0 and kind in (list, tuple):
        return True, [item for kept, item in (_data(each, depth - 1, budget) for each in value[:_ITEMS]) if kept]
    if depth > 0 and kind is dict:
        return True, _fields(value, depth - 1, budget)
    return False, None
