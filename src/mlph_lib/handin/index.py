"""Where the book's labels lead: headings, equations, theorems and their kin."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field
from pathlib import Path

__all__ = ["Index", "Target", "equations_in", "macros"]

EQUATION = re.compile(r"^\$\$[ \t]*\n(.*?)^\$\$[ \t]*\(([\w-]+)\)[ \t]*$", re.M | re.S)
MATH = re.compile(r"^(`{3,})\{math\}\n:label: *([\w-]+)\n+(.*?)^\1$", re.M | re.S)
HEADED = re.compile(r"^\(([\w-]+)\)=\n+(#+) (.+)$", re.M)
NAMED = re.compile(
    r"^(?:`{3,}|:{3,})\{([\w:-]+)\} *([^\n]*)\n"
    r"(?::[^\n]*\n)*?:(?:label|name): *([\w-]+)$",
    re.M,
)


@dataclass(frozen=True)
class Target:
    """What a label names: a chapter, a section, or a directive such as prf:theorem."""

    kind: str
    title: str
    page: Path


@dataclass
class Index:
    """The labels of all pages.

    Example:
        >>> Index.of(Path("no such book")).targets
        {}
    """

    targets: dict[str, Target] = field(default_factory=dict)
    equations: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, book: Path) -> Index:
        index = cls()
        for page in sorted(book.rglob("*.md")):
            text = page.read_text(encoding="utf-8")
            index.equations |= equations_in(text)
            for label, marks, title in HEADED.findall(text):
                kind = "chapter" if len(marks) == 1 else "section"
                index.targets[label] = Target(kind, title, page)
            for kind, title, label in NAMED.findall(text):
                index.targets[label] = Target(kind, title.strip(), page)
        return index


def equations_in(text: str) -> dict[str, str]:
    """The labelled equations of a text, in order.

    Example:
        >>> equations_in("$$\\na = b\\n$$ (eq-ab)\\n")
        {'eq-ab': 'a = b'}
    """
    found = [(m.start(), m[2], m[1]) for m in EQUATION.finditer(text)]
    found += [(m.start(), m[2], m[3]) for m in MATH.finditer(text)]
    return {label: body.strip() for _, label, body in sorted(found)}


def macros(root: Path) -> dict[str, str]:
    """The book's own commands of TeX, from the one place that defines them."""
    file = root / "book" / "_ext" / "bookext" / "katex.py"
    if not file.is_file():
        return {}
    for node in ast.parse(file.read_text(encoding="utf-8")).body:
        targets = node.targets if isinstance(node, ast.Assign) else []
        if any(getattr(target, "id", "") == "MACROS" for target in targets):
            return ast.literal_eval(node.value)
    raise ValueError(f"{file}: expected MACROS = {{...}}, found none")
