"""What an answer's cells need from the cells above them, found by their names.

The names that the cells use but do not bind are looked for on the page, from the
answer upwards. The statement that binds a name comes along, and so does what that
statement needs in its turn; of an import only the names in use. So does a statement
that glues a number which the answer's text quotes. A statement that
changes an object in place (``law[3] = 1``) comes along as well if its target is
named; a method that does (``parts.append(1)``) does not, so an answer should not
stand on one: the build of the hand-in executes all and would stop.
"""

from __future__ import annotations

import ast
import builtins
import re
import symtable
import sys
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass

__all__ = [
    "Import",
    "glued",
    "imports_of",
    "names_of",
    "prerequisites",
    "statements",
    "used_before_bound",
    "written",
]

MAGIC = ("%", "!")


@dataclass(frozen=True)
class Import:
    """One imported name: ``from module import name as alias``; no name for a module."""

    module: str
    name: str | None
    alias: str

    def __str__(self) -> str:
        own = self.name or self.module
        told = own if own == self.alias else f"{own} as {self.alias}"
        return f"from {self.module} import {told}" if self.name else f"import {told}"


def prerequisites(
    before: list[str],
    cells: list[str],
    given: set[str] = frozenset(),
    quoted: set[str] = frozenset(),
) -> tuple[list[Import], list[str]]:
    """The imports and the statements of ``before`` that ``cells`` stand on, in order.

    Args:
        before: the code of the cells above, from the top of the page.
        cells: the code of the answer's cells.
        given: names that are there without being bound.
        quoted: keys of numbers that the answer's text quotes.

    Example:
        >>> prerequisites(["import numpy as np, os\\nn = 3\\nm = n + 1"], ["np.ones(m)"])
        ([Import(module='numpy', name=None, alias='np')], ['n = 3', 'm = n + 1'])
    """
    wanted = used_before_bound(cells) - set(given)
    imports: list[Import] = []
    kept: list[str] = []
    missing = {key for key in quoted if not any(glued(code, key) for code in cells)}
    above = [pair for code in before for pair in statements(code)]
    for node, source in reversed(above):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            found = [each for each in imports_of(node) if each.alias in wanted]
            imports = found + imports
            wanted -= {each.alias for each in found}
            continue
        bound, used = names_of(node)
        found = {key for key in missing if glued(source, key)}
        if bound & wanted or _changed(node) & wanted or found:
            missing -= found
            kept.insert(0, source)
            wanted = (wanted - bound) | (used - set(given))
    return imports, kept


def used_before_bound(cells: list[str]) -> set[str]:
    """The global names that are read before one of the cells has bound them."""
    bound: set[str] = set(dir(builtins))
    wanted: set[str] = set()
    for code in cells:
        for node, _ in statements(code):
            binds, uses = names_of(node)
            wanted |= uses - bound
            bound |= binds
    return wanted


def statements(code: str) -> Iterator[tuple[ast.stmt, str]]:
    """The top-level statements of a cell, each with its text and its comments."""
    lines = ["" if line.startswith(MAGIC) else line for line in code.splitlines()]
    last = 0
    for node in ast.parse("\n".join(lines)).body:
        decorators = getattr(node, "decorator_list", [])
        first = min([node.lineno, *(each.lineno for each in decorators)]) - 1
        while first > last and lines[first - 1].startswith("#"):
            first -= 1  # a comment above belongs to its statement
        last = node.end_lineno
        yield node, "\n".join(lines[first:last])


def names_of(node: ast.stmt) -> tuple[set[str], set[str]]:
    """The global names that a statement binds, and those that it reads."""
    table = symtable.symtable(ast.unparse(node), "<cell>", "exec")
    bound = {s.get_name() for s in table.get_symbols() if _binds(s)}
    used = set(_reads(table))
    targets = [n.target for n in ast.walk(node) if isinstance(n, ast.AugAssign)]
    return bound, used | {t.id for t in targets if isinstance(t, ast.Name)}


def glued(code: str, key: str) -> bool:
    """Whether the code has a call ``number(key, ...)``; an f-string may fill it in.

    Example:
        >>> glued('for i in "ab": number(f"loss-{i}-x", 1)', "loss-a-x")
        True
    """
    for call in ast.walk(ast.parse(re.sub(r"(?m)^[%!].*$", "", code))):
        named = isinstance(call, ast.Call) and isinstance(call.func, ast.Name)
        if named and call.func.id == "number" and call.args:
            if re.fullmatch(_pattern(call.args[0]), key):
                return True
    return False


def _pattern(node: ast.expr) -> str:
    if isinstance(node, ast.JoinedStr):
        return "".join(map(_pattern, node.values))
    constant = isinstance(node, ast.Constant)
    return re.escape(str(node.value)) if constant else ".+"


def _binds(symbol: symtable.Symbol) -> bool:
    return symbol.is_assigned() or symbol.is_imported() or symbol.is_namespace()


def _reads(table: symtable.SymbolTable) -> Iterator[str]:
    top = table.get_type() == "module"
    for symbol in table.get_symbols():
        if symbol.is_referenced() and (top or symbol.is_global()):
            yield symbol.get_name()
    for child in table.get_children():
        yield from _reads(child)


def imports_of(node: ast.Import | ast.ImportFrom) -> Iterator[Import]:
    """The names that an import statement binds, one by one."""
    for each in node.names:
        if isinstance(node, ast.ImportFrom):
            yield Import(node.module or "", each.name, each.asname or each.name)
        elif each.asname:
            yield Import(each.name, None, each.asname)
        else:  # import a.b binds a
            yield Import(each.name, None, each.name.partition(".")[0])


def _changed(node: ast.stmt) -> set[str]:
    """The names whose objects an assignment changes: ``a`` in ``a[0] = 1``."""
    targets = getattr(node, "targets", [getattr(node, "target", None)])
    changed = set()
    for target in targets:
        inner = target
        while isinstance(inner, (ast.Subscript, ast.Attribute)):
            inner = inner.value
        if inner is not target and isinstance(inner, ast.Name):
            changed.add(inner.id)
    return changed


def written(imports: list[Import]) -> str:
    """Import statements: Python's own, other packages', the library's; each once.

    Example:
        >>> print(written([Import("b", "y", "y"), Import("b", "x", "z"),
        ...                Import("os", None, "os")]))
        import os
        <BLANKLINE>
        from b import x as z, y
    """
    groups = [[each for each in imports if _rank(each) == rank] for rank in range(3)]
    return "\n\n".join(_group(group) for group in groups if group)


def _rank(each: Import) -> int:
    package = each.module.partition(".")[0]
    return 0 if package in sys.stdlib_module_names else 1 + (package == "mlph_lib")


def _group(imports: list[Import]) -> str:
    lines = sorted({str(each) for each in imports if each.name is None})
    for module in sorted({each.module for each in imports if each.name}):
        names = {
            str(each).partition(" import ")[2]
            for each in imports if each.module == module and each.name
        }
        lines.append(_wrapped(f"from {module} import ", sorted(names)))
    return "\n".join(lines)


def _wrapped(head: str, names: list[str]) -> str:
    line = head + ", ".join(names)
    if len(line) <= 79:
        return line
    body = textwrap.fill(", ".join(names), 75, initial_indent="    ",
                         subsequent_indent="    ")
    return f"{head}(\n{body},\n)"
