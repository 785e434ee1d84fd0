"""The digest of a function's source: what it does, not how it is laid out.

Hashed is the syntax tree of the function and of everything of its own room (the
first two parts of its module's name, such as ``mlph_lib.questions``) that it uses,
directly or not: functions, classes, constants, in whichever module they stand.
Comments, docstrings, annotations and positions are left out. Other rooms are left
out, too: the models and the rules of decoding have tests of their own, and what they
gave is checked again in the answer itself. So are methods of what is handed in.
"""

from __future__ import annotations

import ast
import hashlib
import importlib.util
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from mlph_lib.recordings.errors import RecordingError

__all__ = ["code_digest", "code_parts", "where"]

# fields that change nothing of what runs, or that came with later Pythons
IGNORED = {"annotation", "returns", "type_comment", "type_params", "ctx", "kind"}
DOCUMENTED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Module)
Place = tuple[str, str]  # module, name


def where(function: Callable) -> Place:
    """The module and the name by which a function is found again.

    Raises:
        RecordingError: for a lambda, a method or a function inside another.
    """
    name = getattr(function, "__qualname__", "")
    if not name.isidentifier() or function.__module__ == "__main__":
        raise RecordingError(
            f"expected a function at the top of a module, got {function!r}: "
            "only such a one can be found again"
        )
    return function.__module__, name


def code_digest(place: Place) -> str:
    """sha256 over the normalised source of a function and what it uses of its room.

    Raises:
        RecordingError: if there is no such function.

    Example:
        >>> len(code_digest(("mlph_lib.recordings.plain", "split")))
        64
    """
    parts = code_parts(place)
    text = "\n".join(f"{name} {tree}" for name, tree in sorted(parts.items()))
    return hashlib.sha256(text.encode()).hexdigest()


def code_parts(place: Place) -> dict[str, str]:
    """``module:name`` -> normalised syntax tree, for all that the digest covers.

    Example:
        >>> sorted(code_parts(("mlph_lib.recordings.plain", "split")))[:2]
        ['mlph_lib.recordings.errors:RecordingError', 'mlph_lib.recordings.plain:as_json']
    """
    room = ".".join(place[0].split(".")[:2])
    todo, parts, seen = [place], {}, set()
    while todo:
        here = todo.pop()
        if here in seen:
            continue
        seen.add(here)
        for statement in _definitions(here[0]).get(here[1], ()):
            if isinstance(statement, (ast.Import, ast.ImportFrom)):
                todo += _imported(statement, here, room)
                continue
            key = ":".join(here)
            parts[key] = parts.get(key, "") + _tree(statement)
            todo += _used(statement, here[0], room)
    if ":".join(place) not in parts:
        raise RecordingError(f"no function {place[1]} in {place[0]}")
    return parts


def _definitions(module: str) -> dict[str, list[ast.stmt]]:
    """What each name at the top of a module is bound to."""
    found: dict[str, list[ast.stmt]] = {}
    for statement in ast.parse(_file(module).read_text(encoding="utf-8")).body:
        for name in _bound(statement):
            found.setdefault(name, []).append(statement)
    return found


def _bound(statement: ast.stmt) -> set[str]:
    """The names that a statement binds."""
    if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return {statement.name}
    if isinstance(statement, (ast.Import, ast.ImportFrom)):
        return {alias.asname or alias.name for alias in statement.names}
    stored = (n for n in ast.walk(statement) if isinstance(n, ast.Name))
    return {name.id for name in stored if isinstance(name.ctx, ast.Store)}


def _used(statement: ast.stmt, module: str, room: str) -> list[Place]:
    """Where to look for every name that a statement mentions."""
    places = []
    for node in _walk(statement):
        if isinstance(node, ast.Name):
            places.append((module, node.id))
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            for name in _bound(node):
                places += _imported(node, (module, name), room)
    return places


def _imported(node: ast.Import | ast.ImportFrom, here: Place, room: str) -> list[Place]:
    """What an imported name stands for, if it is of the room: a module is all of it."""
    module, name = here
    alias = next(a for a in node.names if (a.asname or a.name) == name)
    base = _base(node, module) if isinstance(node, ast.ImportFrom) else ""
    full = f"{base}.{alias.name}".strip(".")
    if not f"{full}.".startswith(f"{room}."):
        return []
    if _path(full):
        return [(full, each) for each in _definitions(full)]
    return [(base, alias.name)]


def _base(node: ast.ImportFrom, module: str) -> str:
    if not node.level:
        return node.module or ""
    package = _file(module).name == "__init__.py"
    parts = module.split(".")
    parts = parts[: len(parts) - node.level + package]
    return ".".join([*parts, *filter(None, [node.module])])


def _file(module: str) -> Path:
    path = _path(module)
    if path is None:
        raise RecordingError(f"no module {module}: was it moved? Record anew")
    return path


def _path(module: str) -> Path | None:
    """The file of a module, found without running it."""
    top, *rest = module.split(".")
    spec = importlib.util.find_spec(top)
    if spec is None:
        return None
    folders = spec.submodule_search_locations
    if not folders:
        return Path(spec.origin) if spec.origin and not rest else None
    places = (Path(folder, *rest) for folder in folders)
    files = (f for p in places for f in (p / "__init__.py", p.with_suffix(".py")))
    return next((file for file in files if file.is_file()), None)


def _fields(node: ast.AST) -> Iterator[tuple[str, Any]]:
    """The fields that say what runs."""
    for name, value in ast.iter_fields(node):
        if name == "body" and isinstance(node, DOCUMENTED) and ast.get_docstring(node):
            value = value[1:]
        if name not in IGNORED and value is not None and value != []:
            yield name, value


def _walk(node: ast.AST) -> Iterator[ast.AST]:
    yield node
    for _, value in _fields(node):
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST):
                yield from _walk(child)


def _tree(value: Any) -> str:
    """A syntax tree as text that is the same for every Python that reads it alike."""
    if isinstance(value, ast.AST):
        fields = ", ".join(f"{name}={_tree(field)}" for name, field in _fields(value))
        return f"{type(value).__name__}({fields})"
    if isinstance(value, list):
        return f"[{', '.join(map(_tree, value))}]"
    return repr(value)
