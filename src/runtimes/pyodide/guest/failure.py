"""An exception as the host is told about it: name, message, and the plugin's own lines."""

import linecache
import sys
import traceback

from _citadel import detail, program

_MAX_FRAMES = 20
_MAX_CHARS = 4000

# Known to Python's users, and written in C.
_COMPILED = frozenset(
    "numpy pandas scipy matplotlib sklearn PIL lxml cryptography shapely pyarrow polars regex yaml pydantic_core orjson".split()
)


def _text(error):
    try:
        return str(error)[: _MAX_CHARS * 4]
    except Exception:
        return "<the text of the exception could not be made>"


def missing(name):
    """What to do about a module that is not there, and whether no package could help."""
    top = name.partition(".")[0]
    if top in _COMPILED:
        return (
            "is compiled, and this sandbox loads packages of pure Python only; "
            "use the standard library, or compute it on the host and pass it as input"
        ), True
    if top in sys.stdlib_module_names:
        return "is a part of the standard library that this sandbox has not", True
    return "is not in the standard library; the host can bring it along as a wheel, in the packages of the run", False


def place(error, lines):
    """Line and column of a SyntaxError as the host counts, or zeros. Python counts characters from 1."""
    return _place(error.lineno, error.offset, lines)


def end_place(error, lines):
    return _place(error.end_lineno, error.end_offset, lines)


def _place(line, offset, lines):
    line, offset = _number(line), _number(offset)
    if 0 < line <= len(lines) and offset > 0:
        offset = program.units(lines[line - 1][: offset - 1]) + 1
    return line, offset


def describe(error, file_name, source, inner):
    """`(name, message, stack, line, column, detail)`. Frames of files in `inner` are the driver's own."""
    kind = type(error)
    name = type.__dict__["__name__"].__get__(kind)
    lines = program.lines_of(source)
    linecache.cache[file_name] = (len(source), None, [f"{line}\n" for line in lines], file_name)
    if isinstance(error, SyntaxError) and error.__traceback__ is not None and _file(error) == file_name:
        line, column = place(error, lines)
        return name, str(error.msg), "".join(traceback.format_exception_only(error))[:_MAX_CHARS], line, column, None
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename not in inner]
    own = [frame for frame in frames if frame.filename == file_name]
    line = own[-1].lineno if own else 0
    column = program.column(lines, line, own[-1].colno) if own else 0
    stack = "".join(traceback.format_list(frames[:_MAX_FRAMES]))
    for related in _related(error):
        shown = [f for f in traceback.extract_tb(related.__traceback__) if f.filename not in inner]
        stack += f"caused by {type(related).__name__}: {_text(related)[:200]}\n"
        stack += "".join(traceback.format_list(shown[-3:]))
    text = _text(error)
    if kind is ModuleNotFoundError:
        text = _explained(error, text)
    return name, text, stack[:_MAX_CHARS].rstrip(), line or 0, column, detail.of(error)


def _explained(error, text):
    """Told to the host only: programs ask whether a module is there, and get Python's own answer."""
    if type(error.name) is not str or text != f"No module named {error.name!r}":
        return text
    return f"{text}: it {missing(error.name)[0]}"


def _file(error):
    return error.filename if isinstance(error.filename, str) else ""


def _number(value):
    return value if type(value) is int and value > 0 else 0


def _related(error):
    """What led to it, nearest first."""
    seen = {id(error)}
    found = []
    while len(found) < 5:
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        if error is None or id(error) in seen:
            break
        seen.add(id(error))
        found.append(error)
    return found
