"""The text that the shipped model is trained on: documentation strings, one a document.

They come from the packages of the project's own lock, as installed: read as text by
`ast`, never imported. The corpus is rebuilt where it is needed and not kept.
"""

from __future__ import annotations

import ast
import hashlib
import inspect
import re
from collections.abc import Iterable, Iterator
from importlib import metadata
from pathlib import Path
from typing import NamedTuple

__all__ = [
    "Document",
    "corpus",
    "digest",
    "documents_of",
    "licence",
    "locked",
    "notice",
    "repeated",
    "sample",
    "usable",
]

SHORTEST, LONGEST = 32, 1500  # letters; below is no text, above is a manual
HELD_OUT = 32  # one document in so many is held out
PERMISSIVE = re.compile(
    r"\b(MIT|BSD|0BSD|Apache|ISC|PSF|Python Software Foundation|Zlib|CC0)\b", re.I
)
NOT_INSTALLED = "not installed"
MARKS = re.compile(r"<unk>|</?s>")  # would be read as the tokens of these names
NOT_PERMISSIVE = re.compile(r"GPL|GNU|MPL|Mozilla|CNRI|AFFERO|CDDL|EPL", re.I)
# Folders with copies of other projects, under licences of their own.
COPIES = re.compile(r"_?(vendor(ed)?|extern(al)?s?|third_?party|node_modules)", re.I)


class Document(NamedTuple):
    """One documentation string, the package it stands in, and whether it is its own.

    Text of a copy of another project has the licence of that one: it is learned from,
    but not printed again.
    """

    package: str
    text: str
    own: bool = True

    @property
    def held_out(self) -> bool:
        """Whether it is kept from training: a matter of its text alone.

        Example:
            >>> Document("a", "Return the sum.").held_out
            False
        """
        return int(_sha256(self.text)[:8], 16) % HELD_OUT == 0


def locked(*locks: Path) -> list[str]:
    """The package names of requirement files, sorted, each once.

    Raises:
        FileNotFoundError: if a file is not there.

    Example:
        >>> import tempfile
        >>> with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        ...     _ = file.write("numpy==2.4.6 \\\\\\n    --hash=sha256:ab\\n# a note\\n")
        ...     file.flush()
        ...     locked(Path(file.name))
        ['numpy']
    """
    lines = [line for lock in locks for line in lock.read_text("utf-8").splitlines()]
    named = (re.match(r"([A-Za-z0-9][\w.-]*)\s*==", line) for line in lines)
    return sorted({match[1].lower() for match in named if match})


def licence(package: str) -> str:
    """The licence of an installed package in its own words, or "unknown".

    Of one that is not installed it is "not installed".

    Example:
        >>> licence("no-such-package")
        'not installed'
    """
    try:
        told = metadata.metadata(package)
    except metadata.PackageNotFoundError:
        return NOT_INSTALLED
    classes = [line.split("::")[-1].strip() for line in told.get_all("Classifier") or ()
               if line.startswith("License ::")]
    first = (told.get("License") or "unknown").strip().splitlines()[0]
    return told.get("License-Expression") or ", ".join(classes) or first


def usable(package: str) -> bool:
    """Whether the package's licence lets its text be learned and sampled freely.

    Example:
        >>> usable("numpy"), usable("no-such-package")
        (True, False)
    """
    words = licence(package)
    return bool(PERMISSIVE.search(words)) and not NOT_PERMISSIVE.search(words)


def documents_of(code: str) -> Iterator[str]:
    """The documentation strings of a Python source, outermost first, cleaned.

    Example:
        >>> list(documents_of("def f(): 'Return the number of rows and columns.'"))
        ['Return the number of rows and columns.']
    """
    try:
        tree = ast.parse(code)
    except (SyntaxError, ValueError):  # sources for other versions, null bytes
        return
    kinds = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    for node in ast.walk(tree):
        text = ast.get_docstring(node, clean=False) if isinstance(node, kinds) else None
        text = inspect.cleandoc(text).strip() if text else ""
        if SHORTEST <= len(text) <= LONGEST and not MARKS.search(text):
            yield text


def corpus(packages: Iterable[str]) -> list[Document]:
    """The documents of the usable ones among the packages, each text once.

    Texts that differ in case, digits or white space alone count as one: libraries
    repeat themselves. The order is that of packages, files and places in them.

    Raises:
        ValueError: if nothing is found: are the packages installed?
    """
    seen: set[str] = set()
    found = []
    for package in filter(usable, packages):
        for text, own in _texts(package):
            key = re.sub(r"[\W\d_]+", " ", text.lower()).strip()
            if key not in seen:
                seen.add(key)
                found.append(Document(package, text, own))
    if not found:
        raise ValueError(
            "expected documentation strings in the installed packages, found none: "
            "run it in the book's environment (`make model`)"
        )
    return found


def digest(documents: Iterable[Document]) -> str:
    """The sha256 over all texts in order.

    Example:
        >>> digest([Document("a", "b")])[:8]
        '82d34c7d'
    """
    return _sha256("\x00".join(f"{d.package}\x01{d.text}" for d in documents))


def sample(documents: Iterable[Document], n: int) -> list[Document]:
    """n of the documents, from all packages alike: those of the smallest sha256.

    Copies of other projects are left out.

    Example:
        >>> sample([Document("a", "x"), Document("a", "y", own=False)], 2)
        [Document(package='a', text='x', own=True)]
    """
    own = (d for d in documents if d.own)
    return sorted(own, key=lambda d: _sha256(d.text))[:n]


def repeated(training: Iterable[Document], held_out: Iterable[Document]) -> float:
    """The share of the held-out letters in lines that training documents have too.

    Each text stands in one part only, but libraries repeat lines in other texts.

    Example:
        >>> repeated([Document("a", "one\\ntwo")], [Document("a", "  two\\nthree")])
        0.375
    """
    known = {line.strip() for d in training for line in d.text.splitlines()}
    lines = [line.strip() for d in held_out for line in d.text.splitlines()]
    seen = sum(len(line) for line in lines if line in known)
    return seen / sum(map(len, lines))


def notice(packages: Iterable[str], copies: bool = True) -> str:
    """The packages that the text comes from: name, version, licence, one a line.

    Args:
        packages: their names.
        copies: whether copies of other projects in them were learned from, too.
    """
    rows = [f"{name} {metadata.version(name)}: {licence(name)}"
            for name in sorted(packages)]
    head = (
        "The model in this folder was trained on the documentation strings of these\n"
        "packages, under the licences that each of them states. "
    )
    head += (
        "Some carry copies of\n"
        "other packages under licences of their own, which they name (debugpy: pydevd,\n"
        "Eclipse Public License 1.0; setuptools: its folder _vendor).\n\n"
        if copies else "Folders with copies of\nother projects were left out.\n\n"
    )
    return head + "\n".join(rows) + "\n"


def _texts(package: str) -> Iterator[tuple[str, bool]]:
    """The texts of a package's files, and whether each is the package's own."""
    files = (f for f in metadata.files(package) or () if f.suffix == ".py")
    for file in sorted(files, key=lambda f: str(f.locate())):
        own = not any(COPIES.fullmatch(part) for part in file.parts)
        path = Path(file.locate())
        if path.is_file():
            code = path.read_text(encoding="utf-8", errors="ignore")
            yield from ((text, own) for text in documents_of(code))


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
