import time
from urllib.parse import urljoin, urlsplit

from _citadel import net

from .auth import HTTPBasicAuth
from .exceptions import ConnectionError, InvalidSchema, InvalidURL, MissingSchema, Timeout, TooManyRedirects
from .models import PreparedRequest, Request, Response, encoded, with_params
from .structures import CaseInsensitiveDict

_MOST_REDIRECTS = 30


class Session:
    """Headers, parameters and cookies that several requests share."""

    def __init__(self):
        self.headers = CaseInsensitiveDict({"User-Agent": "python-requests/2.32.0", "Accept": "*/*"})
        self.params = {}
        self.auth = None
        self.cookies = {}
        self.max_redirects = _MOST_REDIRECTS

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        pass

    def prepare_request(self, request):
        url = str(request.url).strip()
        scheme = urlsplit(url).scheme
        if not scheme:
            raise MissingSchema(f"Invalid URL {url!r}: No scheme supplied. Perhaps you meant https://{url}?")
        if scheme.lower() not in ("http", "https"):
            raise InvalidSchema(f"No connection adapters were found for {url!r}")
        if not urlsplit(url).netloc:
            raise InvalidURL(f"Invalid URL {url!r}: No host supplied")
        headers = CaseInsensitiveDict(self.headers)
        headers.update(request.headers or {})
        for name in [name for name, value in headers.items() if value is None]:
            del headers[name]
        body, kind = encoded(request.data, request.json, request.files)
        if kind is not None and "content-type" not in headers:
            headers["Content-Type"] = kind
        cookies = {**self.cookies, **(request.cookies or {})}
        if cookies and "cookie" not in headers:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in cookies.items())
        method = str(request.method or "GET").upper()
        prepared = PreparedRequest(method, with_params(with_params(url, self.params), request.params), headers, body)
        auth = request.auth or self.auth
        if auth:
            prepared = (HTTPBasicAuth(*auth) if isinstance(auth, tuple) else auth)(prepared)
        return prepared

    def send(self, request, *, timeout=None, allow_redirects=True, stream=False):
        history = []
        limit = timeout[-1] if isinstance(timeout, tuple) else timeout
        while True:
            response = self._send_once(request, limit)
            if not allow_redirects or not response.is_redirect:
                break
            if len(history) >= self.max_redirects:
                raise TooManyRedirects(f"Exceeded {self.max_redirects} redirects.", response=response)
            response.close()
            history.append(response)
            request = _redirected(request, response)
        response.history = history
        if not stream:
            response.content
        return response

    def _send_once(self, request, timeout):
        begun = time.monotonic()
        headers = [(name, str(value)) for name, value in request.headers.items()]
        try:
            head = net.fetch(request.url, request.method, headers, request.body, "manual", timeout)
        except TimeoutError as error:
            raise Timeout(str(error), request=request) from error
        except net.Denied as error:
            raise ConnectionError(error, request=request) from error
        except OSError as error:
            raise ConnectionError(str(error), request=request) from error
        response = Response(head, request, timeout, time.monotonic() - begun)
        return response

    def request(
        self, method, url, params=None, data=None, headers=None, cookies=None, files=None, auth=None, timeout=None,
        allow_redirects=True, proxies=None, hooks=None, stream=None, verify=None, cert=None, json=None,
    ):  # fmt: skip
        request = self.prepare_request(Request(method, url, headers, files, data, params, auth, cookies, json))
        return self.send(request, timeout=timeout, allow_redirects=allow_redirects, stream=bool(stream))

    def get(self, url, **options):
        return self.request("GET", url, **options)

    def options(self, url, **options):
        return self.request("OPTIONS", url, **options)

    def head(self, url, **options):
        options.setdefault("allow_redirects", False)
        return self.request("HEAD", url, **options)

    def post(self, url, data=None, json=None, **options):
        return self.request("POST", url, data=data, json=json, **options)

    def put(self, url, data=None, **options):
        return self.request("PUT", url, data=data, **options)

    def patch(self, url, data=None, **options):
        return self.request("PATCH", url, data=data, **options)

    def delete(self, url, **options):
        return self.request("DELETE", url, **options)


def _redirected(request, response):
    """The next request, by the rules of the fetch standard."""
    url = urljoin(request.url, response.headers["location"])
    method, body, headers = request.method, request.body, CaseInsensitiveDict(request.headers)
    status = response.status_code
    if (status == 303 and method != "HEAD") or (status in (301, 302) and method == "POST"):
        method, body = "GET", None
        for name in ("content-type", "content-length"):
            headers.pop(name, None)
    before, after = urlsplit(request.url), urlsplit(url)
    if (before.scheme, before.netloc) != (after.scheme, after.netloc):
        for name in ("authorization", "cookie"):
            headers.pop(name, None)
    return PreparedRequest(method, url, headers, body)


def session():
    return Session()
