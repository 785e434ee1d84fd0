"""The executed notebook: cells run, numbers and references filled in."""

from __future__ import annotations

import json
import os
import re
import signal
from collections.abc import Callable
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, DeadKernelError
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from mlph_lib.handin.draft import Cell
from mlph_lib.handin.plain import leftovers

__all__ = ["executed", "run", "steady"]

MARK = re.compile(r"⟦(eq|tag|fig|tab|n):([^⟧]+)⟧")
STEADY = {
    "PYTHONHASHSEED": "0", "TZ": "UTC", "OMP_NUM_THREADS": "1",
    "PYDEVD_DISABLE_FILE_VALIDATION": "1", "HF_HUB_OFFLINE": "1",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1", "TRANSFORMERS_VERBOSITY": "error",
    "PYTHONWARNINGS": "ignore:IProgress not found", "MPLBACKEND": "",
}
FIRST = "from mlph_lib.handin.record import NUMBERS, number"
LAST = "import json\nprint(json.dumps(NUMBERS))"


def executed(
    cells: list[Cell],
    folder: Path,
    names: tuple[str, str],
    say: Callable[[str], None] = lambda _: None,
) -> nbformat.NotebookNode:
    """Run the cells in a kernel of their own and fill in what the text quotes.

    A first and a last cell, which are not handed in, note and hand over the numbers.

    Args:
        cells: the whole notebook, titles included.
        folder: where the kernel starts, and may write.
        names: those of the group; they go into the metadata.
        say: is told the progress.

    Raises:
        ValueError: if a cell raises or warns, if the text quotes a number that no
            cell prints, or if something of MyST is still visible.
    """
    notebook = new_notebook(
        cells=[new_code_cell(FIRST), *map(_node, cells), new_code_cell(LAST)]
    )
    notebook.metadata.update(
        authors=[{"name": name} for name in names],
        kernelspec={"display_name": "Python 3", "language": "python", "name": "python3"},
    )
    run(notebook, folder, say)
    last = notebook.cells.pop()
    numbers = json.loads(last.outputs[0].text)
    notebook.cells.pop(0)
    for node, cell in zip(notebook.cells, cells, strict=True):
        node.source = cell.text  # without what noted the numbers
    _fill(notebook, numbers)
    _count(notebook)
    return notebook


def _count(notebook: nbformat.NotebookNode) -> None:
    """Names of all cells and numbers of code cells, as a reader's kernel gives them."""
    run = 0
    for index, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{index}"
        if cell.cell_type == "code":
            run += 1
            cell.execution_count = run
            for output in cell.outputs:
                if "execution_count" in output:
                    output.execution_count = run


def run(
    notebook: nbformat.NotebookNode,
    folder: Path,
    say: Callable[[str], None] = lambda _: None,
) -> None:
    """Execute a notebook in place, in a kernel that reads nothing of the reader's.

    Raises:
        ValueError: if a cell raises, or writes to stderr.
        KeyboardInterrupt: if the command was interrupted or asked to end.
    """
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    done = iter(range(1, len(code) + 1))

    def told(cell, cell_index):
        if cell.cell_type == "code":
            task = cell.metadata.get("task", "")
            say(f"cell {next(done)} of {len(code)}{task and ', task ' + task}")

    client = NotebookClient(
        notebook, timeout=600, kernel_name="python3", record_timing=False,
        coalesce_streams=True, on_cell_start=told,
        resources={"metadata": {"path": str(folder)}},
    )
    on_term = signal.getsignal(signal.SIGTERM)
    try:
        client.execute(env=steady(folder))
    except CellExecutionError as error:
        told = f"{error.ename}: {error.evalue}"
        raise ValueError(f"a cell of the hand-in raised {told}") from error
    except DeadKernelError as error:
        raise ValueError("the hand-in's kernel died: is there memory left?") from error
    except AssertionError:  # nbclient's own, after a signal has ended its kernel
        raise KeyboardInterrupt from None
    finally:
        signal.signal(signal.SIGTERM, on_term)  # nbclient leaves the default behind
    _refuse_warnings(notebook)
    notebook.metadata.pop("language_info", None)


def steady(folder: Path) -> dict[str, str]:
    """The environment of the kernel: as the book's build has it."""
    profile = folder / ".ipython" / "profile_default"
    profile.mkdir(parents=True, exist_ok=True)
    (profile / "ipython_kernel_config.py").write_text(
        'c.IPKernelApp.log_level = "ERROR"\nc.HistoryManager.enabled = False\n'
    )
    given = {**os.environ, **STEADY, "IPYTHONDIR": str(profile.parent)}
    return {name: value for name, value in given.items() if value}


def _node(cell: Cell) -> nbformat.NotebookNode:
    marks = {} if cell.kind in ("text", "code") else {cell.kind: True}
    code = cell.kind in ("code", "library", "needs")
    new = new_code_cell if code else new_markdown_cell
    return new(cell.run or cell.text, metadata={"task": cell.task, **marks})


def _refuse_warnings(notebook: nbformat.NotebookNode) -> None:
    for cell in notebook.cells:
        for output in cell.get("outputs", ()):
            if output.get("name") == "stderr":
                raise ValueError(f"a cell of the hand-in warns: {output.text.strip()}")


def _fill(notebook: nbformat.NotebookNode, numbers: dict[str, str]) -> None:
    """Replace the marks by numbers; equations and figures count as they come."""
    texts = [cell for cell in notebook.cells if cell.cell_type == "markdown"]
    marks = [mark for cell in texts for mark in MARK.finditer(cell.source)]
    tags = [mark[2] for mark in marks if mark[1] == "tag"]
    tables = [mark[2] for mark in marks if mark[1] == "tab"]
    captions = [cell for cell in texts if cell.metadata.get("caption")]
    figures = [MARK.search(cell.source)[2] for cell in captions]
    known = {
        "eq": {label: str(i) for i, label in enumerate(tags, 1)},
        "tab": {label: f"Table {i}" for i, label in enumerate(tables, 1)},
        "fig": {label: f"Figure {i}" for i, label in enumerate(figures, 1)},
        "n": {key: _escaped(value) for key, value in numbers.items()},
    }
    known["tag"] = known["eq"]
    known["fig"] |= known["tab"]  # a numbered reference may lead to either
    for cell in texts:
        cell.source = MARK.sub(lambda m: _value(known, m[1], m[2]), cell.source)
        prose = re.sub(r"^```.*?^```$", "", cell.source, flags=re.M | re.S)
        if seen := leftovers(prose):
            raise ValueError(
                f"plain Jupyter would show {seen[0]!r} in task {cell.metadata.task}"
            )


def _value(known: dict[str, dict[str, str]], kind: str, label: str) -> str:
    if label not in known[kind]:
        what = {"n": "number", "fig": "figure"}.get(kind, "equation")
        raise ValueError(
            f"an answer quotes the {what} {label!r}, and none of its cells makes it"
        )
    return known[kind][label]


def _escaped(text: str) -> str:
    """A value as text of Markdown."""
    return re.sub(r"([\\`*_\[\]<>$|&])", r"\\\1", text)
