"""What a plugin has beside the standard library: requests that do not keep the event loop, and what host functions raise."""

import asyncio
import json as _json

from _citadel import net as _net
from _citadel import pending as _pending
from _citadel.doors import HostError, SyncUnavailable

__all__ = ["Denied", "HostError", "Response", "SyncUnavailable", "fetch"]

Denied = _net.Denied


class Response:
    """An answer. Its body is read once: by `bytes()`, `text()`, `json()`, or piece by piece with `async for`."""

    def __init__(self, head):
        self._id = head.id
        self._used = False
        self.status = head.status
        self.reason = head.reason
        self.url = head.url
        self.redirected = head.redirected
        self.headers = {}
        for name, value in head.headers:
            lower = name.lower()
            self.headers[lower] = f"{self.headers[lower]}, {value}" if lower in self.headers else value

    @property
    def ok(self):
        return 200 <= self.status < 300

    async def __aiter__(self):
        if self._used:
            raise RuntimeError("the body has been read already")
        self._used = True
        over = False
        try:
            while part := _net.piece(await _pending.ask(_net.READ, _net.reading(self._id))):
                yield part
            over = True
        finally:
            if not over:
                _net.cancel(self._id)

    async def bytes(self):
        return b"".join([part async for part in self])

    async def text(self, encoding="utf-8"):
        return (await self.bytes()).decode(encoding, "replace")

    async def json(self):
        return _json.loads(await self.bytes())

    def close(self):
        """Ends the transfer."""
        if not self._used:
            self._used = True
            _net.cancel(self._id)

    def __repr__(self):
        return f"<Response [{self.status}]>"


async def fetch(url, *, method="GET", headers=None, body=None, json=None, redirect="follow", timeout=None):
    """Sends a request; the answer as soon as its head is there.

    `headers` is a dict or a list of pairs, `body` text or bytes, `json` a value that becomes the body. `redirect` is
    'follow', 'manual' or 'error'. Raises `Denied` for what the policy does not allow, OSError for what fails.
    """
    pairs = [(str(name), str(value)) for name, value in (headers.items() if hasattr(headers, "items") else headers or ())]
    if json is not None:
        if body is not None:
            raise TypeError("give body or json, not both")
        body = _json.dumps(json)
        if not any(name.lower() == "content-type" for name, _ in pairs):
            pairs.append(("Content-Type", "application/json"))
    if isinstance(body, str):
        body = body.encode()
    if redirect not in ("follow", "manual", "error"):
        raise ValueError("redirect must be 'follow', 'manual' or 'error'")
    request = _net.packed(str(url), str(method).upper(), pairs, None if body is None else bytes(body), redirect)
    async with asyncio.timeout(timeout):
        return Response(_net.head(await _pending.ask(_net.FETCH, request)))
