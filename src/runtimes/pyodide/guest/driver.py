"""Runs one plugin: from its text and input to a result the host can read. Called by the runtime, never by a plugin."""

import asyncio
import builtins
import inspect
import marshal
import os
import random
import struct
import sys
import types
from asyncio import events

from _citadel import check, failure, finders, imports, loop, net, pending, program, values

_Module = type(sys)
_pack = struct.pack
_dumps, _loads = marshal.dumps, marshal.loads
_state = None


class _Run:
    __slots__ = ("code", "name", "loop", "task")


def _files():
    return {sys._getframe().f_code.co_filename, loop.__file__, asyncio.base_events.__file__, asyncio.events.__file__}


def begin(job):
    """Starts a run; answers as `_step` does."""
    global _state
    run = _state = _Run()
    try:
        code, run.name, given, has_dates, env, modules, wheels, seed, checking, functions = _loads(job)
        if has_dates:
            given = values.dates(given)
    except TypeError as error:
        return _failed(b"i", ("", f"the input has a key or member that Python cannot hold: {error}", "", 0, 0))
    del job
    pending.reset()
    run.code = code
    run.loop = run.task = None
    sys.path += wheels
    finders.functions = functions
    if modules is not None and functions:
        modules.append("host")
    if checking:
        granted = None if modules is None else frozenset(modules)
        return _guarded(lambda: values.dump(check.report(code, run.name, granted, checking == "online")))
    # One length whatever is drawn: a run spends the same fuel each time.
    random.seed(int.from_bytes(seed) | 1 << 256)
    os.environ.clear()
    os.environ.update(env)
    sys.argv[:] = [run.name]
    main = _Module("__main__")
    main.__file__ = run.name
    sys.modules["__main__"] = main
    scope = main.__dict__
    scope["__builtins__"] = builtins if modules is None else imports.gated(frozenset(modules))
    return _guarded(lambda: _start(run, scope, given))


def resume(_):
    """Goes on after a wait."""
    run = _state
    return _guarded(lambda: _step(run))


def _guarded(work):
    run = _state
    try:
        try:
            answer = work()
        finally:
            _flush()
        return answer
    except SystemExit as error:
        if error.code is None or error.code == 0:
            return values.dump(None)
        return _failed(b"e", ("SystemExit", f"the program exited with {str(error.code)[:200]}", "", 0, 0))
    except values.Unsupported as error:
        return _failed(b"u", ("", str(error), "", 0, 0))
    except loop.NeverSettles:
        return _failed(b"n", ("", "", "", 0, 0))
    except _Syntax as error:
        return _failed(b"s", failure.describe(error.__cause__, run.name, run.code, _files()))
    except imports.Denied as error:
        return _failed(b"d", failure.describe(error, run.name, run.code, _files()))
    except BaseException as error:
        if _denied(error):
            return _failed(b"p", failure.describe(error, run.name, run.code, _files()))
        kind = b"m" if isinstance(error, MemoryError) else b"r" if isinstance(error, RecursionError) else b"e"
        return _failed(kind, failure.describe(error, run.name, run.code, _files()))


def _denied(error):
    """Whether a request the policy refused is what ended the program, however it was wrapped on its way."""
    for _ in range(5):
        if error is None or isinstance(error, net.Denied):
            return error is not None
        error = error.__cause__ or error.__context__
    return False


def _failed(kind, parts):
    return kind + _dumps(parts, 4)


def _flush():
    for stream in (sys.__stdout__, sys.__stderr__):
        try:
            stream.flush()
        except (OSError, ValueError):
            # The guest closed it.
            pass


class _Syntax(Exception):
    """The plugin's text is no program."""


def _compile(run):
    try:
        return program.compiled(program.parse(run.code, run.name), run.code, run.name)
    except (SyntaxError, ValueError, RecursionError) as error:
        raise _Syntax from error


def _waits(code):
    return code is not None and code.co_flags & inspect.CO_COROUTINE


def _start(run, scope, given):
    body, last = _compile(run)
    scope["input"] = given
    if _waits(body) or _waits(last):
        return _drive(run, _top_level(body, last, scope, given))
    exec(body, scope)
    result = None if last is None else eval(last, scope)
    return _finish(run, _main(scope, given, result))


async def _top_level(body, last, scope, given):
    pending = eval(body, scope)
    if _waits(body):
        await pending
    result = None
    if last is not None:
        result = eval(last, scope)
        if _waits(last):
            result = await result
    result = _main(scope, given, result)
    return await result if _awaitable(result) else result


def _main(scope, given, otherwise):
    main = scope.get("main")
    if not callable(main):
        return otherwise
    code = getattr(main, "__code__", None)
    takes_nothing = code is not None and code.co_argcount == 0 and not code.co_flags & inspect.CO_VARARGS
    return main() if takes_nothing and not code.co_kwonlyargcount else main(given)


def _awaitable(result):
    # By type: the object itself may answer anything.
    return type(result) is types.CoroutineType or hasattr(type(result), "__await__")


def _finish(run, result):
    return _drive(run, result) if _awaitable(result) else values.dump(result)


async def _awaited(result):
    return await result


def _drive(run, awaitable):
    run.loop = loop.Loop()
    run.loop.patient = True
    events.set_event_loop(run.loop)
    run.task = run.loop.create_task(awaitable if type(awaitable) is types.CoroutineType else _awaited(awaitable))
    run.task.add_done_callback(lambda task: run.loop.stop())
    return _step(run)


def _step(run):
    """The result, or `w` and seconds to wait."""
    run.loop.delay = 0.0
    run.loop.run_forever()
    if run.task.done():
        return values.dump(run.task.result())
    return b"w" + _pack("<d", run.loop.delay)
