"""A plugin's text as code: what runs and what is checked are compiled alike."""

import ast

_TOP_LEVEL_AWAIT = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
_ONLY_AST = ast.PyCF_ONLY_AST


def parse(text, name):
    return compile(text, name, "exec", _ONLY_AST | _TOP_LEVEL_AWAIT, dont_inherit=True)


def compiled(tree, text, name):
    """Code for its statements, and for the expression it ends with, or None. Takes the tree apart."""
    try:
        return _compiled(tree, name)
    except SyntaxError as error:
        # Unlike its parser, Python's compiler counts columns in bytes.
        lines = lines_of(text)
        error.offset = _characters(lines, error.lineno, error.offset)
        error.end_offset = _characters(lines, error.end_lineno, error.end_offset)
        raise


def _compiled(tree, name):
    last = None
    if tree.body and isinstance(tree.body[-1], ast.Expr):
        last = ast.Expression(tree.body.pop().value)
    body = compile(tree, name, "exec", _TOP_LEVEL_AWAIT, dont_inherit=True)
    if last is not None:
        last = compile(last, name, "eval", _TOP_LEVEL_AWAIT, dont_inherit=True)
    return body, last


def lines_of(text):
    """Its lines, as Python counts them."""
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def _characters(lines, line, offset):
    if type(line) is not int or type(offset) is not int or not 0 < line <= len(lines) or offset < 1:
        return offset
    return len(lines[line - 1].encode("utf-8", "surrogatepass")[: offset - 1].decode("utf-8", "replace")) + 1


def column(lines, line, offset):
    """An offset in UTF-8 bytes, as the host counts: from 1, in UTF-16 units."""
    if type(line) is not int or type(offset) is not int or not 0 < line <= len(lines) or offset < 0:
        return 1
    before = lines[line - 1].encode("utf-8", "surrogatepass")[:offset].decode("utf-8", "replace")
    return units(before) + 1


def units(text):
    return len(text) + sum(1 for character in text if character > "\uffff")
