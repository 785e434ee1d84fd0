"""What the cells reach through a module or an object, printed for reading.

``corruptions.multi_token(...)`` and ``lm.encode(...)`` cannot be defined in the
notebook one by one. Their sources are shown in it all the same.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterable, Iterator
from types import FunctionType, ModuleType
from typing import Any, get_type_hints

from mlph_lib.handin.needs import Import, statements
from mlph_lib.handin.sources import ours, shortened, value_of

__all__ = ["for_reading"]


def for_reading(cells: list[str], imports: Iterable[Import]) -> dict[str, str]:
    """The sources of the functions that the cells call through the library's modules,
    and of what they use of its objects, by the names they have in the cells.

    Args:
        cells: the code of an answer, with what it stands on.
        imports: what that code imports.

    Example:
        >>> code = ["lm = questions.live()", "print(lm.bos)"]
        >>> list(for_reading(code, [Import("mlph_lib", "questions", "questions")]))
        ['questions.live', 'lm.bos']
    """
    known = {i.alias: value_of(i) for i in imports if i.module.startswith("mlph_lib")}
    nodes = [node for code in cells for node, _ in statements(code)]
    objects = dict(_objects(nodes, known))
    found: dict[str, str] = {}
    for node in nodes:
        for owner, name, called in _attributes(node):
            module = isinstance(known.get(owner), ModuleType) and called
            value = known[owner] if module else objects.get(owner)
            function = _function(value, name)
            if function is not None:
                source = shortened(inspect.getsource(function))
                found.setdefault(f"{owner}.{name}", source)
    return found


def _function(owner: Any, name: str) -> FunctionType | None:
    """The library's function behind an attribute; a property's is its getter."""
    if owner is None:
        return None
    value = inspect.getattr_static(owner, name, None)
    value = getattr(value, "fget", getattr(value, "func", value))
    if isinstance(value, FunctionType) and ours(value.__module__):
        return value
    return None


def _attributes(node: ast.stmt) -> Iterator[tuple[str, str, bool]]:
    """(owner, attribute, whether it is called) in the order of the text."""
    parts = list(ast.walk(node))
    calls = {id(part.func) for part in parts if isinstance(part, ast.Call)}
    found = [p for p in parts if isinstance(p, ast.Attribute)]
    for part in sorted(found, key=lambda p: (p.lineno, p.col_offset)):
        if isinstance(part.value, ast.Name):
            yield part.value.id, part.attr, id(part) in calls


def _objects(nodes: list[ast.stmt], known: dict[str, Any]) -> Iterator[tuple[str, type]]:
    """(name, class) of each name that is bound to what an annotated call returns."""
    for node in nodes:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
            made = _made(node.value.func, known)
            for target in node.targets:
                if isinstance(target, ast.Name) and made is not None:
                    yield target.id, made


def _made(called: ast.expr, known: dict[str, Any]) -> type | None:
    """The class of the library that a call returns, if its annotation says so."""
    if isinstance(called, ast.Attribute) and isinstance(called.value, ast.Name):
        value = getattr(known.get(called.value.id), called.attr, None)
    else:
        value = known.get(getattr(called, "id", ""))
    if isinstance(value, FunctionType):
        value = get_type_hints(value).get("return")
    return value if isinstance(value, type) and ours(value.__module__) else None
