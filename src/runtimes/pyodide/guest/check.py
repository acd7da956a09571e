"""What would fail in a plugin, read from its text by the parser that would run it. Nothing of it runs."""

import ast
import importlib.util
import warnings

from _citadel import boot, failure, imports, program

_MAX_PROBLEMS = 101

# What is there and can do nothing: no sockets, no processes, no threads, no terminal.
_NO_NETWORK = "there are no sockets in here: use urllib.request, requests or `await citadel.fetch`"
_NO_PROCESSES = "there are no processes in here"
_NO_THREADS = "there is one thread in here; use asyncio, or call the function"
_NEVER = {
    "socket.socket": _NO_NETWORK,
    "socket.create_connection": _NO_NETWORK,
    "socket.create_server": _NO_NETWORK,
    "socket.getaddrinfo": _NO_NETWORK,
    "socket.gethostbyname": _NO_NETWORK,
    "smtplib.SMTP": _NO_NETWORK,
    "ftplib.FTP": _NO_NETWORK,
    "asyncio.open_connection": _NO_NETWORK,
    "asyncio.start_server": _NO_NETWORK,
    "asyncio.create_subprocess_exec": _NO_PROCESSES,
    "asyncio.create_subprocess_shell": _NO_PROCESSES,
    "os.system": _NO_PROCESSES,
    "os.popen": _NO_PROCESSES,
    "os.fork": _NO_PROCESSES,
    "os.kill": _NO_PROCESSES,
    "os.execv": _NO_PROCESSES,
    "os.execve": _NO_PROCESSES,
    "os.execvp": _NO_PROCESSES,
    "os.spawnv": _NO_PROCESSES,
    "os.posix_spawn": _NO_PROCESSES,
    "multiprocessing": _NO_PROCESSES,
    "subprocess": _NO_PROCESSES,
    "concurrent.futures.ProcessPoolExecutor": _NO_PROCESSES,
    "concurrent.futures.ThreadPoolExecutor": _NO_THREADS,
    "threading.Thread": _NO_THREADS,
    "threading.Timer": _NO_THREADS,
    "_thread.start_new_thread": _NO_THREADS,
    "signal.alarm": "no signal ever comes in here; limits.timeoutMs ends a run",
    "signal.setitimer": "no signal ever comes in here; limits.timeoutMs ends a run",
    "pdb.set_trace": "there is no terminal in here",
    "breakpoint": "there is no terminal in here",
}
# What asks the network: a request, or what is there for nothing else.
_REQUESTS = frozenset(
    "urllib.request.urlopen urllib.request.urlretrieve http.client.HTTPConnection http.client.HTTPSConnection citadel.fetch "
    "requests.get requests.post requests.put requests.patch requests.delete requests.head requests.request".split()
)
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_HANDLERS = frozenset(("ImportError", "ModuleNotFoundError", "Exception", "BaseException"))


def report(text, name, granted, online):
    """`(form, problems)`, each problem `(rule, severity, message, line, column, end line, end column)`."""
    lines = program.lines_of(text)
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        try:
            tree = program.parse(text, name)
            checker = _Checker(lines, granted, online)
            checker.check(tree)
            program.compiled(tree, text, name)
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            return None, [_syntax(error, lines)]
    for one in warned:
        if issubclass(one.category, SyntaxWarning):
            checker.add("syntax", "warning", str(one.message), _whole_line(lines, one.lineno))
    return checker.form, checker.problems[:_MAX_PROBLEMS]


def _whole_line(lines, line):
    line = min(max(line, 1), len(lines))
    text = lines[line - 1]
    indent = len(text) - len(text.lstrip())
    return line, indent + 1, line, max(indent + 2, program.units(text) + 1)


def _syntax(error, lines):
    if not isinstance(error, SyntaxError):
        told = str(error) if isinstance(error, ValueError) else "the program is nested too deeply"
        return "syntax", "error", told, 1, 1, 1, 2
    line, column = (max(1, number) for number in failure.place(error, lines))
    end_line, end = failure.end_place(error, lines)
    if (end_line, end) <= (line, column):
        end_line, end = line, column + 1
    return "syntax", "error", str(error.msg), line, column, end_line, end


class _Checker:
    def __init__(self, lines, granted, online):
        self._lines = lines
        self._online = online
        self._granted = granted
        # What a name stands for, as far as imports say; None where something else is given that name, too.
        self._names = {}
        self.form = "script"
        self.problems = []

    def add(self, rule, severity, message, place):
        if len(self.problems) < _MAX_PROBLEMS:
            self.problems.append((rule, severity, message, *place))

    def _at(self, rule, severity, message, node):
        line, end_line = node.lineno, node.end_lineno or node.lineno
        start = program.column(self._lines, line, node.col_offset)
        end = program.column(self._lines, end_line, node.end_col_offset or 0)
        self.add(rule, severity, message, (line, start, end_line, end))

    def check(self, tree):
        calls, called_main, mains = [], [], []
        # Each with whether a failing import is expected there, and whether it is inside a function or class.
        work = [(node, False, False) for node in reversed(tree.body)]
        while work:
            node, guarded, inner = work.pop()
            if isinstance(node, ast.Import):
                for item in node.names:
                    self._bind(item.asname or item.name.partition(".")[0], item.name if item.asname else None)
                    self._module(item.name, (), node, guarded)
            elif isinstance(node, ast.ImportFrom):
                self._from(node, guarded)
            elif isinstance(node, ast.Call):
                calls.append(node)
                if not inner and isinstance(node.func, ast.Name) and node.func.id == "main":
                    called_main.append(node)
            elif isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
                self._names[node.id] = None
                if not inner and node.id == "main":
                    mains.append(None)
            elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                self._names[node.name] = None
                if not inner and node.name == "main":
                    mains.append(node)
            elif isinstance(node, ast.arg):
                self._names[node.arg] = None
            inside = inner or isinstance(node, (*_FUNCTIONS, ast.ClassDef))
            tried = set()
            if isinstance(node, ast.Try) and any(map(_expects_import_error, node.handlers)):
                tried = set(map(id, node.body))
            for child in reversed(list(ast.iter_child_nodes(node))):
                work.append((child, guarded or id(child) in tried, inside))
        for call in calls:
            self._call(call)
        self._result(tree, mains, called_main)
        self.problems.sort(key=lambda problem: problem[3:5])

    def _bind(self, local, path):
        path = path or local
        self._names[local] = path if self._names.get(local, path) == path else None

    def _from(self, node, guarded):
        if node.level > 0:
            self._at("missing-module", "error", "a plugin is no package: there is nothing relative to it", node)
            return
        for item in node.names:
            self._bind(item.asname or item.name, f"{node.module}.{item.name}")
        self._module(node.module, [item.name for item in node.names], node, guarded)

    def _module(self, name, items, node, guarded):
        severity = "warning" if guarded else "error"
        if self._granted is not None:
            refused = imports.refused(self._granted, name, items)
            if refused is not None:
                self._at("forbidden-import", severity, f"policy.modules.python does not list {refused!r}", node)
                return
        top = name.partition(".")[0]
        if top in boot.ABSENT:
            self._at("missing-module", severity, f"{top!r} is not part of this sandbox", node)
        elif not _exists(name):
            told, certain = failure.missing(name)
            self._at("missing-module", severity if certain else "warning", f"{name!r} {told}", node)

    def _call(self, node):
        path = self._path(node.func)
        if path is None:
            return
        if path == "input" and "input" not in self._names:
            self._at("never-works", "warning", "input is the plugin's data in here, not a function", node.func)
        if not self._online and path in _REQUESTS:
            told = "policy.network.allow lists no host: every request will be refused"
            self._at("network-denied", "warning", told, node.func)
        prefix = path
        while prefix:
            why = _NEVER.get(prefix)
            if why is not None:
                self._at("never-works", "warning", f"{path}() cannot work: {why}", node.func)
                return
            prefix = prefix.rpartition(".")[0]

    def _path(self, node):
        """`a.b.c` as the module and the name in it, or None."""
        names = []
        while isinstance(node, ast.Attribute):
            names.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name):
            return None
        known = self._names.get(node.id, node.id if node.id in ("input", "breakpoint") and not names else None)
        return None if known is None else ".".join([known, *reversed(names)])

    def _result(self, tree, mains, called_main):
        if not mains:
            if not tree.body or not isinstance(tree.body[-1], ast.Expr):
                place = _whole_line(self._lines, tree.body[-1].lineno if tree.body else 1)
                self.add("no-result", "warning", "the result is None: define main(input), or end with an expression", place)
            return
        self.form = "main"
        for node in called_main:
            self._at("main", "warning", "main is called with the input when the program has run: this is once more", node)
        main = mains[-1]
        if not isinstance(main, (ast.FunctionDef, ast.AsyncFunctionDef)) or main.decorator_list:
            return
        given = main.args
        positional = len(given.posonlyargs) + len(given.args)
        needed = positional - len(given.defaults)
        keywords = sum(1 for default in given.kw_defaults if default is None)
        if needed > 1 or keywords or (positional == 0 and not given.vararg and given.kwonlyargs):
            self._at("main", "error", "main is called with one argument, the input", _heading(main))
        if _yields(main):
            self._at("main", "error", "main is a generator, which is no result: return a list", _heading(main))


class _heading:
    """The `def` line of a function, in the place of all of it."""

    def __init__(self, node):
        self.lineno = self.end_lineno = node.lineno
        self.col_offset = node.col_offset
        self.end_col_offset = node.col_offset + len("def main")


def _expects_import_error(handler):
    kind = handler.type
    kinds = kind.elts if isinstance(kind, ast.Tuple) else [kind]
    return any(one is None or isinstance(one, ast.Name) and one.id in _HANDLERS for one in kinds)


def _yields(function):
    work = list(function.body)
    while work:
        node = work.pop()
        if isinstance(node, (ast.Yield, ast.YieldFrom)):
            return True
        if not isinstance(node, (*_FUNCTIONS, ast.ClassDef)):
            work.extend(ast.iter_child_nodes(node))
    return False


def _exists(name):
    """Asks the import system. What is above a module is imported: nothing but the standard library's own, or a package's."""
    try:
        return importlib.util.find_spec(name) is not None
    except Exception:
        return False
