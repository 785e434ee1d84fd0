"""The PDF: the executed notebook in print, through Sphinx's LaTeX and XeLaTeX.

Theory is printed without its code. The library's functions that the cells of practical
tasks use stand at the end, each once; what only shows figures is in the notebook alone.
The figures' captions are LaTeX's own, with equal numbers.
"""

from __future__ import annotations

import ast
import builtins
import io
import os
import re
import shutil
import struct
import subprocess
from base64 import b64decode
from copy import deepcopy
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell
from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace, patch_docutils

from mlph_lib.handin.draft import ABOVE, PRACTICAL
from mlph_lib.handin.needs import Import, imports_of, statements

__all__ = ["for_print", "make_pdf", "need_xelatex", "write_tex"]

APPENDIX = "Appendix: functions that the cells use"
INTRODUCTION = (
    "From the book's library; lines that only refuse bad arguments are left out. Those "
    "with `self` are methods of the object that a cell calls. "
    "`subplots` and `figure` are Matplotlib's in the book's style; `ask` puts one of the "
    "library's `questions` to a model, or replays the answer that `Recordings` holds and "
    "says where it is from."
)
HELPERS = " Functions and classes that are called by name here, and not printed: "
LATEXMK = ["latexmk", "-xelatex", "-interaction=nonstopmode", "-halt-on-error", "-silent"]


def make_pdf(
    notebook: NotebookNode, settings: dict[str, Any], folder: Path, stamp: int
) -> Path:
    """Print the notebook; the file lies in ``folder``.

    Args:
        notebook: executed, with nothing left to fill in.
        settings: of Sphinx, from `mlph_lib.handin.latex.settings`.
        folder: an empty folder to work in.
        stamp: seconds since 1970 that the file carries as its date.

    Raises:
        ValueError: if Sphinx warns, XeLaTeX stops, or a font lacks a sign.
    """
    tex = write_tex(notebook, settings, folder)
    steady = {"SOURCE_DATE_EPOCH": str(stamp), "FORCE_SOURCE_DATE": "1", "TZ": "UTC"}
    done = subprocess.run(
        [*LATEXMK, tex.name], cwd=tex.parent, capture_output=True, text=True,
        env={**os.environ, **steady}, errors="replace",
    )
    log = tex.with_suffix(".log")
    told = log.read_text("utf-8", errors="replace") if log.is_file() else done.stderr
    if done.returncode:
        wrong = re.search(r"^!.*(?:\n.*){0,6}", told, re.M)
        raise ValueError(f"XeLaTeX stopped: {wrong[0] if wrong else told[-800:]}")
    missing = re.findall(r"^Missing character: There is no (\S+)", told, re.M)
    if missing:
        raise ValueError(f"no font of the PDF has the signs {sorted(set(missing))}")
    return tex.with_suffix(".pdf")


def need_xelatex() -> None:
    """Raise FileNotFoundError unless XeLaTeX is there."""
    if not shutil.which("latexmk") or not shutil.which("xelatex"):
        raise FileNotFoundError(
            "XeLaTeX is missing: tools/need-tex installs it, or says how"
        )


def write_tex(notebook: NotebookNode, settings: dict[str, Any], folder: Path) -> Path:
    """The LaTeX source of the notebook's print, in a folder of its own.

    Raises:
        ValueError: if Sphinx warns of anything.
    """
    source, out = folder / "source", folder / "latex"
    source.mkdir(parents=True)
    nbformat.write(for_print(notebook), source / "sheet09.ipynb")
    warnings = io.StringIO()
    with patch_docutils(), docutils_namespace():
        app = Sphinx(
            source, None, out, folder / "doctrees", "latex", settings,
            status=None, warning=warnings, freshenv=True,
        )
        app.build()
    if warnings.getvalue():
        raise ValueError(f"the print of the hand-in: {warnings.getvalue().strip()}")
    return out / "sheet09.tex"


def for_print(notebook: NotebookNode) -> NotebookNode:
    """A copy as it is printed: functions at the end, captions at their figures."""
    whole = deepcopy(notebook)
    answers = whole.cells[2:]  # behind the title, and the tools that show figures
    references = [c for c in answers if not c.metadata.task]
    cells = [c for c in _captioned(answers) if c.metadata.task and _is_printed(c)]
    for cell in cells:  # print has less room between functions and imports
        source = cell.source.replace("\n\n\n", "\n\n")
        if cell.cell_type == "code":
            source = re.sub(r"\n\n(?=import |from )", "\n", source)
            source = source.replace(ABOVE, "in the appendix")
        cell.source = source
    whole.cells = [
        new_markdown_cell("# Sheet 9"),
        *(cell for cell in cells if not _is_library(cell)),
        *references,
        *_appendix([cell for cell in cells if _is_library(cell)]),
    ]
    for index, cell in enumerate(whole.cells):
        cell["id"] = f"print-{index}"
    return whole


def _appendix(library: list[NotebookNode]) -> list[NotebookNode]:
    """The library's functions as one block of code, without heads and imports."""
    found, imported = [], set()
    for cell in library:
        code = cell.source
        if cell.cell_type == "markdown":
            code = "\n".join(re.findall(r"^```python\n(.*?)^```$", code, re.M | re.S))
        for node, text in statements(code):
            if isinstance(node, (ast.Import, ast.ImportFrom)):
                imported |= {i.alias for i in imports_of(node) if not _is_ours(i)}
            elif not getattr(node, "name", "").startswith("_"):
                found.append(text)
    if not found:
        return []
    functions = "\n\n".join(text for text in found if not text.startswith("# from the"))
    helpers = sorted(_called(functions) - imported)
    told = INTRODUCTION
    if helpers:
        told += HELPERS + ", ".join(f"`{name}`" for name in helpers) + "."
    told = f"## {APPENDIX}\n\n{told}\n\n```python\n{functions}\n```"
    return [new_markdown_cell(told)]


def _is_ours(each: Import) -> bool:
    return each.module.startswith("mlph_lib")


def _called(code: str) -> set[str]:
    """The functions and classes that code calls and neither defines nor has built in.

    Example:
        >>> _called("def f(x):\\n    return g(len(x)) + f(x.h())"), _called("A.load(x)")
        ({'g'}, {'A'})
    """
    nodes = list(ast.walk(ast.parse(code)))
    calls = [n.func for n in nodes if isinstance(n, ast.Call)]
    found = {c.id for c in calls if isinstance(c, ast.Name)}
    owners = [c.value for c in calls if isinstance(c, ast.Attribute)]
    found |= {o.id for o in owners if isinstance(o, ast.Name) and o.id[0].isupper()}
    known = {n.name for n in nodes if isinstance(n, (ast.FunctionDef, ast.ClassDef))}
    return found - known - set(dir(builtins))


def _captioned(cells: list[NotebookNode]) -> list[NotebookNode]:
    """Captions as the metadata that puts them under their figure."""
    kept: list[NotebookNode] = []
    for cell in cells:
        if not cell.metadata.get("caption"):
            kept.append(cell)
            continue
        shown = next((c for c in reversed(kept) if _shows_figure(c)), None)
        if shown is None or "mystnb" in shown.metadata:
            raise ValueError(f"no cell above makes the figure of: {cell.source}")
        caption = cell.source.partition("** ")[2]  # LaTeX counts by itself
        shown.metadata["mystnb"] = {
            "figure": {"caption": caption, "align": "center"},
            "image": {"width": _width(shown)},
        }
    return kept


def _width(cell: NotebookNode) -> str:
    """Of the page: a wide figure takes all of it, a tall one less."""
    shown = next(o.data for o in cell.outputs if "image/png" in o.get("data", {}))
    png = shown["image/png"]
    wide, high = struct.unpack(">II", b64decode(png)[16:24])  # in the head of a PNG
    return "82%" if high < 0.5 * wide else "70%"


def _shows_figure(cell: NotebookNode) -> bool:
    return any("application/pdf" in o.get("data", {}) for o in cell.get("outputs", ()))


def _is_printed(cell: NotebookNode) -> bool:
    """Whether a cell is in print; of theory's code the figures alone are."""
    if cell.metadata.task in PRACTICAL:
        return True
    if cell.cell_type == "code" and _shows_figure(cell):
        cell.metadata["tags"] = ["remove-input"]
        cell.outputs = [o for o in cell.outputs if "data" in o]
        return True
    return cell.cell_type == "markdown" and not _is_library(cell)


def _is_library(cell: NotebookNode) -> bool:
    return bool(cell.metadata.get("library") or cell.metadata.get("reading"))
