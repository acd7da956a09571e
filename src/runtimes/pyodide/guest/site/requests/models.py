import datetime
import json as _json
from http import HTTPStatus
from http.cookies import SimpleCookie
from urllib.parse import quote, urlencode, urlsplit, urlunsplit

from _citadel import net

from .exceptions import ConnectionError, HTTPError, JSONDecodeError, ReadTimeout, StreamConsumedError
from .structures import CaseInsensitiveDict


class _Codes:
    """Status codes by name: `codes.ok`, `codes.not_found`."""

    def __init__(self):
        for status in HTTPStatus:
            name = status.name.lower()
            setattr(self, name, int(status))
            setattr(self, name.upper(), int(status))

    def __getitem__(self, name):
        return getattr(self, name)


codes = _Codes()


class Request:
    """What a session is asked to send."""

    def __init__(
        self, method=None, url=None, headers=None, files=None, data=None, params=None, auth=None, cookies=None, json=None
    ):
        self.method, self.url, self.headers, self.files = method, url, headers or {}, files
        self.data, self.params, self.auth, self.cookies, self.json = data, params, auth, cookies, json


class PreparedRequest:
    """What is sent."""

    def __init__(self, method, url, headers, body):
        self.method, self.url, self.headers, self.body = method, url, headers, body


def with_params(url, params):
    if not params:
        return url
    parts = urlsplit(url)
    text = params if isinstance(params, str) else params.decode() if isinstance(params, bytes) else urlencode(list(_flat(params)))
    return urlunsplit(parts._replace(query=f"{parts.query}&{text}" if parts.query else text))


def _flat(values):
    """Pairs; a list is one pair for each item, None is none."""
    for name, value in values.items() if hasattr(values, "items") else values:
        for one in value if isinstance(value, (list, tuple)) else (value,):
            if one is not None:
                yield name, one


def encoded(data, json, files):
    """Body and content type."""
    if files:
        return _multipart(data, files)
    if data is None or data == {} or data == []:
        if json is None:
            return None, None
        return _json.dumps(json, allow_nan=False).encode(), "application/json"
    if isinstance(data, str):
        return data.encode(), "application/x-www-form-urlencoded"
    if isinstance(data, (bytes, bytearray, memoryview)):
        return bytes(data), None
    if hasattr(data, "read"):
        content = data.read()
        return content.encode() if isinstance(content, str) else content, None
    if hasattr(data, "items") or isinstance(data, (list, tuple)):
        return urlencode(list(_flat(data))).encode(), "application/x-www-form-urlencoded"
    return b"".join(part.encode() if isinstance(part, str) else part for part in data), None


def _multipart(data, files):
    import secrets

    boundary = secrets.token_hex(16)
    parts = []

    def add(head, content):
        parts.append(f"--{boundary}\r\n{head}\r\n\r\n".encode() + content + b"\r\n")

    for name, value in _flat(data or ()):
        content = value if isinstance(value, bytes) else str(value).encode()
        add(f'Content-Disposition: form-data; name="{quote(str(name), safe=" ")}"', content)
    for name, given in files.items() if hasattr(files, "items") else files:
        file_name, content, kind = name, given, None
        if isinstance(given, (tuple, list)):
            file_name, content = given[0], given[1]
            kind = given[2] if len(given) > 2 else None
        elif hasattr(given, "name"):
            file_name = str(given.name).rpartition("/")[2]
        if hasattr(content, "read"):
            content = content.read()
        head = f'Content-Disposition: form-data; name="{quote(str(name), safe=" ")}"; filename="{quote(str(file_name), safe=" .")}"'
        add(head + (f"\r\nContent-Type: {kind}" if kind else ""), content.encode() if isinstance(content, str) else content)
    return b"".join(parts) + f"--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"


class Response:
    def __init__(self, head=None, request=None, timeout=None, begun=None):
        self.status_code = head.status if head else None
        self.reason = head.reason if head else None
        self.url = head.url if head else None
        self.request = request
        self.history = []
        self.encoding = None
        self.headers = CaseInsensitiveDict()
        self.cookies = {}
        self.elapsed = datetime.timedelta(seconds=begun or 0)
        self._id = head.id if head else 0
        self._timeout = timeout
        self._content = None
        self._over = head is None
        for name, value in head.headers if head else ():
            if name.lower() == "set-cookie":
                for key, morsel in SimpleCookie(value).items():
                    self.cookies[key] = morsel.value
            self.headers[name] = f"{self.headers[name]}, {value}" if name in self.headers else value
        kind = self.headers.get("content-type", "").lower()
        if "charset=" in kind:
            self.encoding = kind.partition("charset=")[2].partition(";")[0].strip(" \"'") or None
        elif kind.startswith("text/"):
            self.encoding = "ISO-8859-1"
        elif "json" in kind:
            self.encoding = "utf-8"

    @property
    def ok(self):
        return self.status_code < 400

    def __bool__(self):
        return self.ok

    @property
    def is_redirect(self):
        return "location" in self.headers and self.status_code in (301, 302, 303, 307, 308)

    @property
    def apparent_encoding(self):
        return "utf-8"

    def _pieces(self):
        if self._over and self._content is None:
            raise StreamConsumedError("the content has been read already")
        try:
            while part := net.read(self._id, timeout=self._timeout):
                yield part
        except TimeoutError as error:
            raise ReadTimeout(str(error), request=self.request) from error
        except OSError as error:
            raise ConnectionError(str(error), request=self.request) from error
        self._over = True

    @property
    def content(self):
        if self._content is None:
            self._content = b"".join(self._pieces())
        return self._content

    @property
    def text(self):
        try:
            return self.content.decode(self.encoding or self.apparent_encoding, "replace")
        except LookupError:
            return self.content.decode("utf-8", "replace")

    def json(self, **options):
        try:
            return _json.loads(self.content, **options)
        except ValueError as error:
            if isinstance(error, _json.JSONDecodeError):
                raise JSONDecodeError(error.msg, error.doc, error.pos, response=self) from error
            raise

    def iter_content(self, chunk_size=1, decode_unicode=False):
        pieces = iter((self._content,)) if self._content is not None else self._pieces()
        rest = b""
        for part in pieces:
            if chunk_size is None:
                yield part.decode(self.encoding or "utf-8", "replace") if decode_unicode else part
                continue
            rest += part
            whole = len(rest) - len(rest) % chunk_size
            for at in range(0, whole, chunk_size):
                piece = rest[at : at + chunk_size]
                yield piece.decode(self.encoding or "utf-8", "replace") if decode_unicode else piece
            rest = rest[whole:]
        if rest:
            yield rest.decode(self.encoding or "utf-8", "replace") if decode_unicode else rest

    def iter_lines(self, chunk_size=512, decode_unicode=False, delimiter=None):
        rest = b""
        for part in self.iter_content(None):
            lines = (rest + part).split(delimiter) if delimiter else (rest + part).splitlines(True)
            rest = lines.pop() if lines else b""
            for line in lines:
                line = line if delimiter else line.rstrip(b"\r\n")
                yield line.decode(self.encoding or "utf-8", "replace") if decode_unicode else line
        if rest:
            rest = rest.rstrip(b"\r\n")
            yield rest.decode(self.encoding or "utf-8", "replace") if decode_unicode else rest

    def __iter__(self):
        return self.iter_content(128)

    def raise_for_status(self):
        if self.status_code >= 400:
            whose = "Client" if self.status_code < 500 else "Server"
            raise HTTPError(f"{self.status_code} {whose} Error: {self.reason} for url: {self.url}", response=self)

    def close(self):
        if not self._over:
            self._over = True
            net.cancel(self._id)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def __repr__(self):
        return f"<Response [{self.status_code}]>"
