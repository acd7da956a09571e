"""Lets `http.client`, and what is built on it, send its requests through the controller.

A connection gets a stand-in for a socket: what is written to it is taken apart again as one request, and what is read
from it is the answer, put together as HTTP. Redirects are left to the library above, which asks anew for each.
"""

import io

from _citadel import net

# About the connection, or about how a body is cut into messages: there is neither.
_OF_TRANSPORT = frozenset(
    "connection content-length host keep-alive proxy-connection te trailer transfer-encoding upgrade accept-encoding".split()
)
_UNSET = object()


class Socket:
    """One connection: requests go in, answers come out, one after the other."""

    def __init__(self, scheme, host, port, timeout=None):
        self._origin = (scheme, host, port)
        self._sent = []
        self._timeout = timeout
        self._answer = None

    def sendall(self, data, flags=0):
        self._sent.append(bytes(data))

    def send(self, data, flags=0):
        self.sendall(data)
        return len(data)

    def makefile(self, mode="r", *args, **kwargs):
        sent, self._sent = b"".join(self._sent), []
        self._answer = _Answer(self._origin, sent, self._timeout)
        return io.BufferedReader(self._answer)

    def settimeout(self, timeout):
        self._timeout = timeout

    def gettimeout(self):
        return self._timeout

    def setsockopt(self, *args):
        pass

    def shutdown(self, how):
        pass

    def fileno(self):
        return -1

    def close(self):
        pass


class _Answer(io.RawIOBase):
    """The raw bytes of an answer. The request is sent when they are first read."""

    def __init__(self, origin, sent, timeout):
        self._request = (origin, sent)
        self._timeout = timeout
        self._id = 0
        self._rest = None
        self._over = False

    def readable(self):
        return True

    def readinto(self, buffer):
        if self._rest is None:
            self._rest = self._begin()
        if not self._rest and not self._over:
            self._rest = net.read(self._id, timeout=self._timeout)
            self._over = not self._rest
        count = min(len(buffer), len(self._rest))
        buffer[:count] = self._rest[:count]
        self._rest = self._rest[count:]
        return count

    def close(self):
        if self._id and not self._over:
            self._over = True
            net.cancel(self._id)
        super().close()

    def _begin(self):
        (origin, sent), self._request = self._request, None
        url, method, headers, body = _taken_apart(origin, sent)
        found = net.fetch(url, method, headers, body, "manual", self._timeout)
        self._id = found.id
        lines = [f"HTTP/1.1 {found.status} {found.reason}"]
        lines += [f"{name}: {value}" for name, value in found.headers if name.lower() not in ("transfer-encoding", "connection")]
        return ("\r\n".join(lines) + "\r\nConnection: close\r\n\r\n").encode("latin-1", "replace")


def _taken_apart(origin, sent):
    """Address, method, headers and body of what was written to a connection."""
    scheme, host, port = origin
    top, _, body = sent.partition(b"\r\n\r\n")
    first, *lines = top.decode("latin-1").split("\r\n")
    method, _, target = first.partition(" ")
    target = target.rpartition(" ")[0]
    headers, chunked, has_body = [], False, bool(body)
    named = None
    for line in lines:
        name, _, value = line.partition(":")
        lower, value = name.strip().lower(), value.strip()
        chunked = chunked or (lower == "transfer-encoding" and "chunked" in value.lower())
        has_body = has_body or lower in ("content-length", "transfer-encoding")
        if lower == "host":
            named = value
        if lower not in _OF_TRANSPORT:
            headers.append((name, value))
    usual = 443 if scheme == "https" else 80
    shown = f"[{host}]" if ":" in host else host
    address = shown if port == usual else f"{shown}:{port}"
    if named is not None and named.lower() not in (address.lower(), f"{shown}:{port}".lower()):
        # Another name than the one connected to: the controller's to refuse.
        headers.append(("Host", named))
    url = target if "://" in target.partition("?")[0] else f"{scheme}://{address}{target}"
    return url, method, headers, (_unchunked(body) if chunked else body) if has_body else None


def _unchunked(body):
    parts = []
    while body:
        size, _, body = body.partition(b"\r\n")
        length = int(size.partition(b";")[0] or b"0", 16)
        if length == 0:
            break
        parts.append(body[:length])
        body = body[length + 2 :]
    return b"".join(parts)


def adapt(client):
    """Changes `http.client` when it has been imported."""

    def connect(self):
        timeout = self.timeout if isinstance(self.timeout, (int, float)) else None
        if self._tunnel_host:
            raise OSError("there are no proxies here: requests go through the controller")
        self.sock = Socket(self._scheme, self.host, self.port, timeout)

    class HTTPSConnection(client.HTTPConnection):
        """A connection over TLS, which the controller makes and checks."""

        default_port = client.HTTPS_PORT
        _scheme = "https"

        def __init__(self, host, port=None, *, timeout=_UNSET, source_address=None, context=None, blocksize=8192):
            given = {} if timeout is _UNSET else {"timeout": timeout}
            super().__init__(host, port, source_address=source_address, blocksize=blocksize, **given)

    client.HTTPConnection._scheme = "http"
    client.HTTPConnection.connect = connect
    HTTPSConnection.__module__ = "http.client"
    client.HTTPSConnection = HTTPSConnection
    if "HTTPSConnection" not in client.__all__:
        client.__all__.append("HTTPSConnection")


def adapt_urllib3(connection):
    """Changes `urllib3.connection`, which makes its own sockets."""

    def scheme_of(cls, scheme):
        def connect(self):
            timeout = self.timeout if isinstance(self.timeout, (int, float)) else None
            self.sock = Socket(scheme, self.host, self.port, timeout)
            self.is_verified = True

        cls.connect = connect
        return cls

    plain = connection.HTTPConnection
    scheme_of(plain, "http")
    secure = type("HTTPSConnection", (plain,), {"default_port": 443, "__module__": connection.__name__})

    def __init__(self, host, port=None, **options):
        for name in (
            "key_file cert_file key_password cert_reqs ca_certs ca_cert_dir ca_cert_data assert_hostname "
            "assert_fingerprint server_hostname ssl_context ssl_version ssl_minimum_version ssl_maximum_version"
        ).split():
            options.pop(name, None)
        plain.__init__(self, host, port, **options)

    secure.__init__ = __init__
    secure.set_cert = lambda self, *args, **options: None
    connection.HTTPSConnection = connection.VerifiedHTTPSConnection = scheme_of(secure, "https")
