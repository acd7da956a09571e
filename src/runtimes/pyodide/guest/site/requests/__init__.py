"""The interface of `requests` over the controller, for plugins that do not bring the real one.

What most programs use of it: the functions, sessions, responses and exceptions. No proxies, certificates, adapters or
hooks: connections are not the plugin's to make.
"""

from .exceptions import (
    ConnectionError,
    ConnectTimeout,
    HTTPError,
    InvalidSchema,
    InvalidURL,
    JSONDecodeError,
    MissingSchema,
    ReadTimeout,
    RequestException,
    Timeout,
    TooManyRedirects,
)
from .models import Request, Response, codes
from .sessions import Session, session

__all__ = [
    "ConnectTimeout", "ConnectionError", "HTTPError", "InvalidSchema", "InvalidURL", "JSONDecodeError",
    "MissingSchema", "ReadTimeout", "Request", "RequestException", "Response", "Session", "Timeout",
    "TooManyRedirects", "codes", "delete", "get", "head", "options", "patch", "post", "put", "request", "session",
]  # fmt: skip
__version__ = "2.32.0+citadel"


def request(method, url, **options):
    with Session() as one:
        return one.request(method, url, **options)


def get(url, params=None, **options):
    return request("GET", url, params=params, **options)


def options(url, **options):
    return request("OPTIONS", url, **options)


def head(url, **options):
    options.setdefault("allow_redirects", False)
    return request("HEAD", url, **options)


def post(url, data=None, json=None, **options):
    return request("POST", url, data=data, json=json, **options)


def put(url, data=None, **options):
    return request("PUT", url, data=data, **options)


def patch(url, data=None, **options):
    return request("PATCH", url, data=data, **options)


def delete(url, **options):
    return request("DELETE", url, **options)
