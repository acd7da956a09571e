"""Packs the standard library and the driver again, compiled: reading source takes two seconds of every start."""

import importlib._bootstrap_external as external
import os
import zipfile

SOURCE = "/lib/python314.zip"
DRIVER = "/tmp/driver"
ZONES = "/tmp/zones"
OUTPUT = "/tmp/stdlib.zip"
DATE = (1980, 1, 1, 0, 0, 0)

# Ways to JavaScript and foreign code, and what would open a browser.
LEFT_OUT = ("pyodide/", "_pyodide/", "ctypes/", "webbrowser.py", "antigravity.py", "__phello__/")


def add(archive, name, data):
    entry = zipfile.ZipInfo(name, DATE)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o444 << 16
    archive.writestr(entry, data, compresslevel=9)


def compiled(name, source):
    code = compile(source, f"{SOURCE}/{name}", "exec", dont_inherit=True, optimize=0)
    return external._code_to_hash_pyc(code, bytes(8), False)


def sources():
    with zipfile.ZipFile(SOURCE) as archive:
        for entry in archive.infolist():
            if not entry.is_dir() and not entry.filename.startswith(LEFT_OUT):
                yield entry.filename, archive.read(entry)
    yield from zones()
    yield "_citadel/__init__.py", b""
    for folder, _, files in os.walk(DRIVER):
        inside = folder.removeprefix(DRIVER)
        where = inside.replace("/site", "_citadel_site", 1) if inside else "_citadel"
        for name in files:
            with open(f"{folder}/{name}", "rb") as file:
                yield f"{where}/{name}", file.read()


def zones():
    """The package `tzdata`, where `zoneinfo` looks last."""
    names = []
    yield "tzdata/__init__.py", b""
    for folder, _, files in os.walk(ZONES):
        package = "tzdata/zoneinfo" + folder.removeprefix(ZONES)
        yield f"{package}/__init__.py", b""
        for name in files:
            names.append(f"{folder}/{name}".removeprefix(f"{ZONES}/"))
            with open(f"{folder}/{name}", "rb") as file:
                yield f"{package}/{name}", file.read()
    yield "tzdata/zones", "".join(f"{name}\n" for name in sorted(names)).encode()


def pack():
    with zipfile.ZipFile(OUTPUT, "w") as archive:
        for name, data in sorted(sources()):
            if name.endswith(".py"):
                add(archive, name + "c", compiled(name, data))
            else:
                add(archive, name, data)


pack()
