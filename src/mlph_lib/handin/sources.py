"""Functions of the library as the hand-in prints them: their own source.

A function that the cells import is defined in the notebook instead, together with the
functions of its own module that it calls, as long as all fit `LONGEST` lines; what is
longer, or stands in another module, stays an import. Of each docstring the first
paragraph is kept, and the lines of the function itself that only refuse bad arguments
are left out: the rest is in the book.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import textwrap
from functools import cache
from types import FunctionType
from typing import Any

from mlph_lib.handin.needs import Import, imports_of, names_of, statements

__all__ = ["defined", "ours", "shortened", "value_of"]

LONGEST = 80  # lines, as they are printed
TOOLS = ("mlph_lib.page", "mlph_lib.recordings")  # they show and replay, no more


def defined(name: Import) -> tuple[str, list[Import]] | None:
    """The code that defines an imported function, and the imports that it needs.

    Returns:
        None if the name is no function of mlph_lib, or one of the pages' own tools.
    """
    function = value_of(name)
    if not isinstance(function, FunctionType) or not ours(function.__module__):
        return None
    if not name.name == name.alias == function.__name__:
        return None
    home = Source(function.__module__)
    parts = home.closure(function.__name__)
    if home.printed(parts).count("\n") >= LONGEST:
        parts = [function.__name__]
    return home.printed(parts), home.imports_for(parts)


def value_of(name: Import) -> Any:
    """What an import of mlph_lib binds; None for other packages."""
    if not name.module.startswith("mlph_lib"):
        return None
    module = importlib.import_module(name.module)
    if name.name is None or hasattr(module, name.name):
        return module if name.name is None else getattr(module, name.name)
    return importlib.import_module(f"{name.module}.{name.name}")


def ours(module: str) -> bool:
    """Whether a module is of the library, and no tool of the pages."""
    return module.startswith("mlph_lib.") and not module.startswith(TOOLS)


def shortened(source: str, refusals: bool = False) -> str:
    '''A function's source with the first paragraph of its docstring.

    Args:
        source: the function's.
        refusals: whether to keep the lines that only refuse bad arguments.

    Example:
        >>> told = '"""One.\\n\\n    Two.\\n    """'
        >>> print(shortened(f"def f(x):\\n    {told}\\n    return x"))
        def f(x):
            """One."""
            return x
    '''
    source = textwrap.dedent(source).rstrip()
    if not refusals:
        source = _without_refusals(source)
    function, lines = ast.parse(source).body[0], source.splitlines()
    told = ast.get_docstring(function)
    if told is None:
        return source
    first = function.body[0]
    indent = " " * first.col_offset
    words = textwrap.indent(told.split("\n\n")[0], indent).lstrip()
    if "\n" in words:
        words += "\n" + indent
    quotes = 'r"""' if "\\" in words else '"""'
    lines[first.lineno - 1 : first.end_lineno] = [f'{indent}{quotes}{words}"""']
    return "\n".join(lines)


def _without_refusals(source: str) -> str:
    """Without the top-level statements ``if ...: raise ...`` of a function."""
    lines = source.splitlines()
    body = ast.parse(source).body[0].body
    refusals = [each for each in body if _refuses(each)]
    for each in reversed(refusals if len(refusals) < len(body) else []):
        del lines[each.lineno - 1 : each.end_lineno]
    return "\n".join(lines)


def _refuses(node: ast.stmt) -> bool:
    return isinstance(node, ast.If) and not node.orelse and (
        isinstance(node.body[-1], ast.Raise)
        and all(isinstance(each, (ast.Assign, ast.Raise)) for each in node.body)
    )


class Source:
    """A module as text: its statements by the names that they bind."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.nodes, self.texts, self.imports = _read(name)

    def closure(self, name: str) -> list[str]:
        """``name`` and what it reads of this module: constants, then functions."""
        todo, found = [name], set()
        while todo:
            here = todo.pop()
            if here not in found and here in self.nodes:
                found.add(here)
                todo += self.reads(here)
        others = [each for each in self.nodes if each in found and each != name]
        functions = [n for n in others if isinstance(self.nodes[n], ast.FunctionDef)]
        return [*(n for n in others if n not in functions), name, *functions]

    def reads(self, name: str) -> set[str]:
        """The names that running its statement reads; annotations are only words."""
        return names_of(_without_annotations(self.nodes[name]))[1]

    def printed(self, names: list[str]) -> str:
        """The statements as text, constants close together; helpers keep refusals."""
        code = ""
        for name in names:
            function = isinstance(self.nodes[name], ast.FunctionDef)
            text = self.texts[name]
            code += "\n\n\n" if code and function else "\n" if code else ""
            helper = name.startswith("_")
            code += shortened(text, refusals=helper) if function else text
        return code

    def imports_for(self, names: list[str]) -> list[Import]:
        """Where the other names that the printed code reads come from."""
        wanted = set().union(*map(self.reads, names)) - set(names)
        from_others = [each for each in self.imports if each.alias in wanted]
        own = sorted(wanted & set(self.nodes))
        return from_others + [Import(self.name, each, each) for each in own]


@cache
def _read(name: str) -> tuple[dict[str, ast.stmt], dict[str, str], list[Import]]:
    code = inspect.getsource(importlib.import_module(name))
    nodes, texts, imports = {}, {}, []
    for node, text in statements(code):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            imports += imports_of(node)
            continue
        for bound in sorted(names_of(node)[0]):
            nodes[bound], texts[bound] = node, text
    return nodes, texts, imports


def _without_annotations(node: ast.stmt) -> ast.stmt:
    node = ast.parse(ast.unparse(node)).body[0]
    for each in ast.walk(node):
        if isinstance(each, ast.FunctionDef):
            each.returns = None
        elif isinstance(each, ast.arg):
            each.annotation = None
    return node
