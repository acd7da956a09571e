"""Requests of coroutines: asked for without waiting, settled by the event loop when their answers come."""

import asyncio

from _citadel import net

_futures = {}


def waits():
    return bool(_futures)


def reset():
    _futures.clear()


async def ask(op, rest):
    """The answer to a request of the device."""
    loop = asyncio.get_running_loop()
    # A loop that keeps the thread cannot be told by message.
    way = net.BY_MESSAGE if getattr(loop, "patient", False) else net.BY_WINDOW
    number = int.from_bytes(net.talk(op, way, None, rest), "little")
    future = loop.create_future()
    _futures[number] = future
    try:
        return await future
    except asyncio.CancelledError:
        net.cancel(number)
        raise
    finally:
        if _futures.get(number) is future:
            del _futures[number]


def _settle(answer):
    future = _futures.pop(net.number(answer), None)
    if future is not None and not future.done():
        future.set_result(answer)


def deliver():
    """Settles what has its answer already. True when something was."""
    found = False
    while answer := net.talk(net.NEXT, net.BY_MESSAGE, None, b""):
        _settle(answer)
        found = True
    return found


def wait(timeout):
    """Keeps the thread until an answer comes, or the time is over."""
    try:
        answer = net.talk(net.NEXT, net.BY_WINDOW, timeout, b"")
    except TimeoutError:
        return
    if answer:
        _settle(answer)
