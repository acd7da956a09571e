"""An event loop for one thread without sockets: it has timers and what is ready, and sleeps in between."""

import asyncio
import time
from asyncio import base_events, events

from _citadel import pending

_LONG = 1e6


class _Waiter:
    """Stands in for a selector: nothing to select, only time to wait."""

    def __init__(self, loop):
        self._loop = loop

    def select(self, timeout):
        if pending.waits():
            return self._network(timeout)
        if timeout is None:
            raise NeverSettles("nothing is left that could wake the program")
        if timeout > 0:
            if self._loop.patient:
                # Whoever drives the loop waits, without keeping the thread.
                self._loop.delay = timeout
                self._loop.stop()
            else:
                time.sleep(timeout)
        return ()

    def _network(self, timeout):
        if not self._loop.patient:
            if timeout is None or timeout > 0:
                pending.wait(timeout)
        elif not pending.deliver() and (timeout is None or timeout > 0):
            # The answer wakes whoever drives the loop, if the time does not.
            self._loop.delay = _LONG if timeout is None else timeout
            self._loop.stop()
        return ()

    def close(self):
        pass


class NeverSettles(RuntimeError):
    """A coroutine waits for something that cannot happen."""


class Loop(base_events.BaseEventLoop):
    """`patient`: it stops instead of sleeping, and says for how long in `delay`."""

    patient = False
    delay = 0.0

    def __init__(self):
        super().__init__()
        self._selector = _Waiter(self)
        self._clock_resolution = 0.001

    def _process_events(self, event_list):
        pass

    def _write_to_self(self):
        pass

    def run_in_executor(self, executor, func, *args):
        """There is one thread: the function runs at once."""
        future = self.create_future()
        try:
            future.set_result(func(*args))
        except Exception as error:
            future.set_exception(error)
        return future


class _Policy(events._AbstractEventLoopPolicy):
    def __init__(self):
        self._loop = None

    def get_event_loop(self):
        if self._loop is None:
            raise RuntimeError("There is no current event loop in thread 'MainThread'.")
        return self._loop

    def set_event_loop(self, loop):
        self._loop = loop

    def new_event_loop(self):
        return Loop()


def install():
    events._set_event_loop_policy(_Policy())
    asyncio.SelectorEventLoop = Loop
    asyncio.EventLoop = Loop
