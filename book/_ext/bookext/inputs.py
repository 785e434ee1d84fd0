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
    todo = list(_files_of(_asked(code_of(text), package, None), package))
    reached: set[Path] = set()
    while todo:
        file = todo.pop()
        if file not in reached:
            reached.add(file)
            todo.extend(_files_of(_asked_by(file, _stamp(file), package), package))
    beside = {other for file in reached for other in _data_beside(file)}
    return reached | beside


def code_of(text: str) -> str:
    """A page's code cells as one text, without option blocks and IPython's magics."""
    cells = "\n".join(match[2] for match in CELL.finditer(text))
    return MAGIC.sub("", OPTIONS.sub("", cells))


def _files_of(names: frozenset[str] | None, package: Path) -> Iterator[Path]:
    """Every module file that importing these names can load; None is any name."""
    if names is None:
        yield from package.rglob("*.py")
        return
    for name in names:
        yield from _loaded(name.split("."), package)


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


def _loaded(parts: list[str], package: Path) -> Iterator[Path]:
    """The files that importing ``a.b.c`` runs: a/__init__, a/b/__init__, a/b/c."""
    for depth in range(1, len(parts) + 1):
        place = package.parent.joinpath(*parts[:depth])
        for file in (place / "__init__.py", place.with_suffix(".py")):
            if file.is_file():
                yield file


def _data_beside(module: Path) -> Iterator[Path]:
    return (f for f in module.parent.iterdir() if f.is_file() and f.suffix != ".py")


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
