"""A little book in a temporary folder, built by the real extension."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = '''---
jupytext: {text_representation: {extension: .md, format_name: myst}}
kernelspec: {display_name: Python 3, language: python, name: python3}
---

# First

```{code-cell} ipython3
from mlph_lib.idea import answer
from mlph_lib.page import figure, number, subplots
number("little-answer", answer(), "{:.2f}")
```

The answer is {glue:text}`little-answer`.

```{code-cell} ipython3
fig, ax = subplots(height=1.5)
ax.plot([0, 1], [0, answer()])
figure("little-line", fig, alt="A straight line that rises from zero.")
```

```{glue:figure} little-line
:name: fig-little

The line rises.
```

A formula:

$$
\\begin{aligned} F(x) &= \\int_{-\\infty}^x p(t) \\, \\dd t \\end{aligned}
$$ (eq-little)

See {eq}`eq-little` and {numref}`fig-little`.
'''
IDEA = '"""An idea."""\n\n\ndef answer():\n    return 42.0\n'


@dataclass
class LittleBook:
    """The folder of a book of two pages, and how to build it."""

    root: Path

    @property
    def page(self) -> Path:
        return self.root / "book" / "first.md"

    @property
    def idea(self) -> Path:
        return self.root / "src" / "mlph_lib" / "idea.py"

    def html(self, name: str = "first") -> str:
        path = self.root / "_build" / "html" / f"{name}.html"
        return path.read_text(encoding="utf-8")

    def edit(self, old: str, new: str) -> None:
        text = self.page.read_text(encoding="utf-8")
        assert old in text
        self.page.write_text(text.replace(old, new), encoding="utf-8")

    def build(self, builder: str = "html") -> subprocess.CompletedProcess:
        paths = [self.root / "src", ROOT / "book" / "_ext"]
        env = os.environ | {"PYTHONPATH": os.pathsep.join(map(str, paths))}
        command = [sys.executable, "-m", "bookext.build", builder, "-j", "1"]
        return subprocess.run(
            [*command, "--root", str(self.root)],
            env=env, cwd=self.root, capture_output=True, text=True, timeout=300,
        )


def _config() -> str:
    text = (ROOT / "_config.yml").read_text(encoding="utf-8")
    text = re.sub(r"bibtex_bibfiles:\n(  - .*\n)+|    bibtex_.*\n", "", text)
    return text.replace("book/_ext/", str(ROOT / "book" / "_ext"))


@pytest.fixture
def little(tmp_path: Path) -> LittleBook:
    """A sound little book: each gate breaks its own copy."""
    root = tmp_path / "little"
    shutil.copytree(ROOT / "book" / "_assets", root / "book" / "_assets")
    for room in ("page", "recordings"):
        shutil.copytree(ROOT / "src" / "mlph_lib" / room, root / "src/mlph_lib" / room)
    (root / "src/mlph_lib/__init__.py").write_text("")
    book = LittleBook(root)
    book.idea.write_text(IDEA)
    book.page.write_text(PAGE)
    (root / "book/index.md").write_text("# Little book\n\nSee {doc}`first`.\n")
    (root / "_config.yml").write_text(_config())
    (root / "_toc.yml").write_text(
        "format: jb-book\nroot: index\nparts:\n"
        "  - caption: Only part\n    numbered: 2\n    chapters: [{file: first}]\n"
    )
    return book
