"""What a page's output depends on, as one digest.

A page depends on its code cells (jupyter-cache sees those), on the modules of
mlph_lib that its cells reach, on the locks, the data, the models, the recordings,
this extension, and the samples and the checkpoint that the reader supplies.
"""

from __future__ import annotations

import ast
import hashlib
import os
import re
import sys
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path

from bookext.checkpoint import checkpoint_digest

__all__ = ["code_of", "page_digest", "reached_modules"]

CELL = re.compile(r"^(`{3,})\{code-cell\}[^\n]*\n(.*?)^\1\s*$", re.M | re.S)
MAGIC = re.compile(r"^\s*[%!].*$", re.M)
OPTIONS = re.compile(r"^---\n(?:.*\n)*?---\n|^:[\w-]+:.*$", re.M)
STEP = re.compile(r"\.|$")  # where a dotted name may end
FOLDERS = ("benchmarks", "data", "models", "recordings")
WRITERS = ("latex", "site")  # these see the pages when all cells have run
LOCKS = ("pyproject.toml", "requirements.txt", "requirements-torch.txt")


def page_digest(page: Path, root: Path) -> str:
    """The sha256 over everything but the page's own cells that can change it."""
    package = root / "src" / "mlph_lib"
    extension = Path(__file__).parent
    files = [
        *reached_modules(page.read_text(encoding="utf-8"), package),
        *(root / name for name in LOCKS),
        *(file for name in FOLDERS for file in _files(root / name)),
        *(file for file in _files(extension, "*.py") if file.parent.name not in WRITERS),
    ]
    seen = hashlib.sha256(sys.version.encode())
    for file in sorted(set(files)):
        if file.is_file():
            seen.update(f"{file.name}:{_file_digest(file, _stamp(file))}\n".encode())
    seen.update(_samples().encode())
    llama = os.environ.get("LLAMA", "")
    memory = root / "_build" / "checkpoint-digests.json"
    seen.update(checkpoint_digest(llama, memory).encode())
    return seen.hexdigest()


def reached_modules(text: str, package: Path) -> set[Path]:
    """The files of ``package`` that a page's code cells import, directly or not."""
    modules = _modules(package)
    todo = _loaded(_asked(code_of(text), package, None), modules)
    reached: set[Path] = set()
    while todo:
        file = todo.pop()
        if file not in reached:
            reached.add(file)
            todo |= _loaded(_asked_by(file, _stamp(file), package), modules)
    folders = {file.parent for file in reached}
    return reached | {other for folder in folders for other in _data_in(folder)}


def code_of(text: str) -> str:
    """A page's code cells as one text, without option blocks and IPython's magics."""
    cells = "\n".join(match[2] for match in CELL.finditer(text))
    return MAGIC.sub("", OPTIONS.sub("", cells))


def _modules(package: Path) -> dict[str, list[Path]]:
    """{dotted name: its files}; a package's own name stands for its __init__."""
    found: dict[str, list[Path]] = {}
    for file in package.rglob("*.py"):
        parts = file.relative_to(package.parent).with_suffix("").parts
        named = parts[:-1] if parts[-1] == "__init__" else parts
        found.setdefault(".".join(named), []).append(file)
    return found


def _loaded(names: frozenset[str] | None, modules: dict[str, list[Path]]) -> set[Path]:
    """The files that importing these names can run; None is any name.

    For ``a.b.c`` they are a/__init__, a/b/__init__ and a/b/c.
    """
    if names is None:
        return {file for files in modules.values() for file in files}
    steps = {name[: end.start()] for name in names for end in STEP.finditer(name)}
    return {file for step in steps for file in modules.get(step, ())}


@lru_cache(maxsize=None)  # a file is asked for by many pages
def _asked_by(
    file: Path, stamp: tuple[int, int], package: Path
) -> frozenset[str] | None:
    return _asked(file.read_text(encoding="utf-8"), package, file)


def _asked(code: str, package: Path, origin: Path | None) -> frozenset[str] | None:
    """The dotted names that import statements in ``code`` ask the package for."""
    try:
        tree = ast.parse(code)
    except SyntaxError:  # a broken cell may import anything: depend on all
        return None
    names = (n for node in ast.walk(tree) for n in _names(node, package, origin))
    return frozenset(n for n in names if n.split(".")[0] == package.name)


def _names(node: ast.AST, package: Path, origin: Path | None) -> Iterable[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if not isinstance(node, ast.ImportFrom):
        return []
    base = node.module or ""
    if node.level and origin is not None:
        parts = origin.relative_to(package.parent).with_suffix("").parts
        base = ".".join([*parts[: -node.level], *filter(None, [base])])
    return [base, *(f"{base}.{alias.name}" for alias in node.names)]


def _data_in(folder: Path) -> Iterator[Path]:
    return (f for f in folder.iterdir() if f.is_file() and f.suffix != ".py")


def _files(folder: Path, pattern: str = "*") -> list[Path]:
    return [file for file in folder.rglob(pattern) if file.is_file()]


def _stamp(file: Path) -> tuple[int, int]:
    status = file.stat()
    return status.st_mtime_ns, status.st_size


@lru_cache(maxsize=None)
def _file_digest(file: Path, stamp: tuple[int, int]) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _samples() -> str:
    path = os.environ.get("SAMPLES", "")
    if path and Path(path).is_file():
        return hashlib.sha256(Path(path).read_bytes()).hexdigest()
    return path
