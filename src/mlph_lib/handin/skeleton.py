"""Our comments and answers in a copy of the course's own notebook.

The course's file is not ours to ship. The reader names it, its digest is checked, and
a filled-in copy goes into the hand-in; the file itself stays as it is.
"""

from __future__ import annotations

import ast
import hashlib
import re
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell

from mlph_lib.handin.needs import statements

__all__ = ["COURSE_NOTEBOOK", "commented", "filled", "open_skeleton"]

# sheet09/sheet09.ipynb of github.com/sciai-lab/mlph_w24 at commit 7b3801d
COURSE_NOTEBOOK = "f807225b6c49ea5c7cac5e8ab2011a99aa20b25eb3d6e40bd7030a17ede3641b"
CELLS = 6  # of code: four of exercise 2, then plot and test of 3b
HEADING = re.compile(r"^#### Cell (\d)")


def open_skeleton(path: Path, digest: str = COURSE_NOTEBOOK) -> NotebookNode:
    """The course's notebook, if it is untouched.

    Raises:
        FileNotFoundError: if there is no file.
        ValueError: if it is another file, or has other cells than the course's.
    """
    if not path.is_file():
        raise FileNotFoundError(f"expected the course's sheet09.ipynb, found no {path}")
    data = path.read_bytes()
    found = hashlib.sha256(data).hexdigest()
    if found != digest:
        raise ValueError(
            f"{path}: expected the course's sheet09.ipynb with the SHA-256 digest "
            f"{digest}, got {found}: give an untouched copy, fetched again from "
            "sciai-lab/mlph_w24 (saving it in Jupyter changes it)"
        )
    notebook = nbformat.reads(data.decode("utf-8"), as_version=4)
    if len(_code(notebook)) != CELLS:
        raise ValueError(
            f"{path}: expected {CELLS} code cells, got {len(_code(notebook))}"
        )
    return notebook


def filled(course: NotebookNode, ours: NotebookNode) -> NotebookNode:
    """The course's notebook with comments in its code and our cells behind it.

    Args:
        course: from `open_skeleton`.
        ours: the executed hand-in, whose 2a has the headings "Cell 1" to "Cell 4".
    """
    course, ours = deepcopy(course), deepcopy(ours)
    *loading, _, test = _code(course)
    behind = {id(test): [new_markdown_cell("**Our answer to 3b.**"), *_task(ours, "3b")]}
    for number, cell in enumerate(loading, 1):
        mine = _answer_2a(ours, number)
        told = f"**Our comments on cell {number}**; its steps run on a small model."
        behind[id(cell)] = [new_markdown_cell(told), *mine]
        cell.source = commented(
            cell.source, [each.source for each in mine if each.cell_type == "code"]
        )
    title, tools = ours.cells[:2]
    needs = [cell for cell in _task(ours, "2a") if _stands_below(cell)]
    cells = [title]
    for cell in course.cells:
        if cell is loading[0]:
            cells += [tools, *needs]
        if cell is not test or not _is_blank(test.source):
            cells.append(cell)
        cells += behind.get(id(cell), [])
    course.cells, course.nbformat_minor = cells, 5
    for index, cell in enumerate(cells):
        cell["id"] = f"cell-{index}"
    return course


def commented(source: str, ours: list[str]) -> str:
    """The course's code with our comment above each line that makes the same call.

    Example:
        >>> print(commented("p = softmax(z)", ["q = softmax(y)  # to probabilities"]))
        # to probabilities
        p = softmax(z)
    """
    try:
        calls = list(_calls(source))
    except SyntaxError:  # no plain Python: our comments follow in cells of their own
        return source
    notes = _notes(ours)
    lines = source.splitlines()
    for line, call in sorted(set(calls), reverse=True):
        note = notes.get(call)
        if note and note not in lines[line - 2 : line - 1]:
            indent = re.match(r"\s*", lines[line - 1])[0]
            lines.insert(line - 1, f"{indent}# {note}")
            notes[call] = ""
    return "\n".join(lines)


def _notes(ours: list[str]) -> dict[str, str]:
    """Our comment by the one call of its line; calls that occur twice say too little."""
    notes: dict[str, str] = {}
    seen: set[str] = set()
    for code in ours:
        lines = code.splitlines()
        for line, call in _calls(code):
            told = lines[line - 1].partition("  # ")[2].strip()
            above = lines[line - 2].strip() if line > 1 else ""
            told = told or (above[2:] if above.startswith("# ") else "")
            told = re.sub(r"[;,]? *\(?7B:.*", "", told)
            if told and call not in seen:
                notes[call] = told
            elif call in seen:
                notes.pop(call, None)
            seen.add(call)
    return notes


def _calls(code: str) -> Iterator[tuple[int, str]]:
    """(line, name) of each call that is worth a comment."""
    for node, _ in statements(code):
        for part in ast.walk(node):
            if isinstance(part, ast.Call):
                name = ast.unparse(part.func).split("(")[0]
                name = ".".join(name.split(".")[-2:])
                yield part.lineno, name if "from_pretrained" in name else (
                    name.rpartition(".")[2]
                )


def _code(notebook: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def _is_blank(source: str) -> bool:
    """Whether a cell only waits to be filled in."""
    try:
        return not [n for n in ast.parse(source).body if not isinstance(n, ast.Pass)]
    except SyntaxError:
        return False


def _task(ours: NotebookNode, task: str) -> list[NotebookNode]:
    return [cell for cell in ours.cells if cell.metadata.get("task") == task]


def _answer_2a(ours: NotebookNode, number: int) -> list[NotebookNode]:
    """The cells of 2a below its heading "Cell <number>"."""
    kept, inside = [], False
    for cell in _task(ours, "2a"):
        heading = cell.cell_type == "markdown" and HEADING.match(cell.source)
        if heading:
            inside = int(heading[1]) == number
        if inside and not _stands_below(cell):
            kept.append(cell)
    return kept


def _stands_below(cell: NotebookNode) -> bool:
    """Whether a cell holds imports and functions of the library."""
    return bool(cell.metadata.get("library") or cell.metadata.get("needs"))
