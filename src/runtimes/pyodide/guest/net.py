"""The network as guests reach it: requests and answers through one device, which the controller outside serves."""

import os
from struct import pack, unpack_from

_open, _write, _read, _close, _READ_WRITE = os.open, os.write, os.read, os.close, os.O_RDWR
_DEVICE = "/dev/net"
_PART = 1 << 20
_PIECE = 192 * 1024

FETCH, READ, CANCEL, NEXT, CALL = range(5)
BY_MESSAGE, BY_WINDOW, WAITING = range(3)
_HEAD, _DATA, _END = range(3)
_RESPONSE, _DENIED = range(2)
_UNSENT, _LATE, _UNABLE = b"\xff", b"\xfe", b"\xfd"
_FAILURES = ("the request failed", "the request was aborted", "the answer is more than the policy lets a run receive")
_REDIRECTS = {"follow": 0, "manual": 1, "error": 2}


class Denied(PermissionError):
    """The policy does not let a request out."""


class Unable(OSError):
    """Nobody can wait here."""


class Unsent(OSError):
    """More than a run may send."""


def talk(op, way, timeout, rest):
    """One request to the device, and what it answers at once. `timeout` in seconds, or None."""
    milliseconds = 0 if timeout is None else max(1, min(int(timeout * 1000), 0xFFFFFFFF))
    descriptor = _open(_DEVICE, _READ_WRITE)
    try:
        _write(descriptor, pack("<BBI", op, way, milliseconds) + rest)
        answer = part = _read(descriptor, _PART)
        while len(part) == _PART:
            part = _read(descriptor, _PART)
            answer += part
    finally:
        _close(descriptor)
    if answer == _UNSENT:
        raise Unsent("the request is more than the policy lets a run send")
    if answer == _LATE:
        raise TimeoutError("timed out")
    if answer == _UNABLE:
        raise Unable(
            "only `await` can wait for the network in this page, which is not cross-origin isolated: "
            "use `await citadel.fetch(...)` at the top level or in `async def main`"
        )
    return answer


def packed(url, method, headers, body, redirect):
    """What follows the head of a request to fetch."""
    texts = [url, method]
    for name, value in headers:
        texts += (name, value)
    parts = [pack("<BI", _REDIRECTS[redirect], len(texts))]
    for text in texts:
        data = text.encode("utf-8", "replace")
        parts += (pack("<I", len(data)), data)
    parts.append(b"\0" if body is None else b"\1" + body)
    return b"".join(parts)


class Head:
    __slots__ = ("id", "status", "reason", "url", "redirected", "headers")


def number(answer):
    """Of the request an answer belongs to."""
    return unpack_from("<I", answer, 1)[0]


def head(answer):
    """The head of an answer. Raises what became of the request otherwise."""
    if not answer or answer[0] != _HEAD:
        raise ConnectionError(_FAILURES[0])
    at = 6

    def text():
        nonlocal at
        (length,) = unpack_from("<I", answer, at)
        at += 4 + length
        return answer[at - length : at].decode("utf-8", "replace")

    kind = answer[5]
    if kind == _DENIED:
        text()
        raise Denied(text())
    if kind != _RESPONSE:
        raise ConnectionError(_FAILURES[min(answer[6], 2)])
    found = Head()
    found.id = number(answer)
    found.status, redirected = unpack_from("<IB", answer, at)
    at += 5
    found.redirected = bool(redirected)
    found.reason = text()
    found.url = text()
    (count,) = unpack_from("<I", answer, at)
    at += 4
    found.headers = [(text(), text()) for _ in range(count)]
    return found


def piece(answer):
    """Bytes of a body; empty at its end."""
    if answer and answer[0] == _DATA:
        return answer[5:]
    if answer and answer[0] == _END:
        return b""
    raise ConnectionError(_FAILURES[min(answer[5], 2) if len(answer) > 5 else 0])


def reading(number, most=_PIECE):
    """What follows the head of a request to read."""
    return pack("<II", number, max(1, min(most, _PIECE)))


def fetch(url, method="GET", headers=(), body=None, redirect="follow", timeout=None):
    """Sends a request and waits for the head of its answer."""
    return head(talk(FETCH, WAITING, timeout, packed(url, method, headers, body, redirect)))


def read(number, most=_PIECE, timeout=None):
    """Waits for the next bytes of an answer's body; empty at its end."""
    return piece(talk(READ, WAITING, timeout, reading(number, most)))


def cancel(number):
    talk(CANCEL, BY_MESSAGE, None, pack("<I", number))
