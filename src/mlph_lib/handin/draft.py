"""The hand-in as a list of cells: plain text and code, not executed yet."""

from __future__ import annotations

import ast
import inspect
import re
from dataclasses import dataclass
from pathlib import Path

from mlph_lib.handin import cells as tools
from mlph_lib.handin.citations import Citations
from mlph_lib.handin.index import Index, equations_in, macros
from mlph_lib.handin.needs import (
    Import,
    imports_of,
    names_of,
    prerequisites,
    statements,
    used_before_bound,
    written,
)
from mlph_lib.handin.plain import Converter
from mlph_lib.handin.record import plain_code
from mlph_lib.handin.reading import for_reading
from mlph_lib.handin.sections import Section
from mlph_lib.handin.sources import defined

__all__ = ["ABOVE", "EXERCISES", "PRACTICAL", "Cell", "draft", "tools_cell"]

EXERCISES = {
    "1": "Pretraining LLMs",
    "2": "Under the hood of LLMs: Llama 2",
    "3": "Flow-based modeling",
}
PRACTICAL = ("2a", "2b", "3b")  # the others are theory: print leaves their code out
SHOWN = {"figure", "interactive", "ask"}  # tools of the first cell
TOOLS = {"check", "number"} | SHOWN
RUN = ("code", "library", "needs")  # kinds of cells with code
LABEL = re.compile(r"^:(?:label|name): *([\w-]+)$", re.M)
QUOTED = re.compile(r"\{glue:text\}`([^`]+)`")
LIBRARY = "# from the book's library mlph_lib, where they also check their arguments"
ABOVE = "defined above"  # in print: in the appendix
NEEDS = "# imports and set-up of this answer"
READING = "**Functions of the library that these cells call.**"
START = """\
# a path to samples is meant from the folder in which you start
if os.environ.get("SAMPLES"):
    os.environ["SAMPLES"] = str(Path(os.environ["SAMPLES"]).resolve())
# the small model and the recorded answers lie in the book's folder
os.chdir(Path(mlph_lib.__file__).parents[2])

"""
START_IMPORTS = [
    Import("os", None, "os"),
    Import("pathlib", "Path", "Path"),
    Import("mlph_lib", None, "mlph_lib"),
]


@dataclass
class Cell:
    """One cell of the kind text, caption or reading; or code, library or needs.

    Attributes:
        kind: one of these.
        text: what is handed in.
        task: such as "2a".
        run: the code that is run in its place, if that notes numbers, too.
    """

    kind: str
    text: str
    task: str = ""
    run: str = ""


def draft(root: Path, sections: list[Section]) -> list[Cell]:
    """The answers as cells, in order, with references at the end.

    Args:
        root: the checkout of the book.
        sections: the answers, in the sheet's order.

    Raises:
        ValueError: if an answer has something that plain Jupyter cannot show, or
            quotes a number that no cell computes.
    """
    book = root / "book"
    citations = Citations(sorted(book.glob("*.bib")))
    here = set().union(*map(_labels, sections))
    converter = Converter(
        Index.of(book), citations, here, {s.task for s in sections}, macros(root), book
    )
    printed: set[str] = set()
    found, exercise = [], ""
    for section in sections:
        if section.task[0] != exercise:
            exercise = section.task[0]
            title = f"## {exercise} {EXERCISES[exercise]}"
            found.append(Cell("text", title, section.task))
        found += _answer(section, converter, printed)
    if citations.used:
        lines = "\n".join(f"- {line}" for line in citations.listed())
        found.append(Cell("text", f"## References\n\n{lines}"))
    return found


def tools_cell(cells: list[Cell]) -> Cell:
    """The first code cell: the book's folder, and the tools that ``cells`` use."""
    wanted = used_before_bound([cell.text for cell in cells if cell.kind in RUN])
    imports, code = list(START_IMPORTS), []
    for node, text in reversed(list(statements(inspect.getsource(tools)))):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            imports += [each for each in imports_of(node) if each.alias in wanted]
            continue
        bound, used = names_of(node)
        if bound & wanted:
            code.insert(0, text)
            wanted |= used
    head = "from __future__ import annotations  # types below are only words"
    body = "\n\n\n".join(code)
    return Cell("code", f"{head}\n\n{written(imports)}\n\n{START}{body}")


def _labels(section: Section) -> set[str]:
    texts = [piece.text for piece in section.pieces if not piece.code]
    return {label for text in texts
            for label in [*equations_in(text), *LABEL.findall(text)]}


def _answer(section: Section, converter: Converter, printed: set[str]) -> list[Cell]:
    converter.page = section.page
    converter.shift = 3 - section.level
    points = f"{section.points} points" + (", bonus" if section.bonus else "")
    cells = [Cell("text", f"### {section.task} ({points})")]
    needs = _needs(section, printed)
    for piece in section.pieces:
        if piece.code:
            cells += needs.before
            needs.before = []
            cells.append(_code("code", piece.text, section))
        else:
            blocks = converter.blocks(piece)
            cells += [Cell("caption" if b.caption else "text", b.text) for b in blocks]
    cells[1:1] = needs.before  # numbers that the text quotes, computed above the answer
    for cell in [*cells, *needs.after]:
        cell.task = section.task
    return _joined(cells + needs.after)


def _code(kind: str, code: str, section: Section) -> Cell:
    """A cell whose numbers are printed; while it is built they are noted as well."""
    page = section.page.stem
    return Cell(kind, plain_code(code, page), run=plain_code(code, page, noting=True))


def _joined(cells: list[Cell]) -> list[Cell]:
    """Neighbouring texts in one cell; a heading inside the answer begins a new one."""
    joined: list[Cell] = []
    for cell in cells:
        if joined and joined[-1].kind == cell.kind == "text":
            joined[-1].text += "\n\n" + cell.text
        else:
            joined.append(cell)
    parts = [
        Cell(cell.kind, part.strip("\n"), cell.task, cell.run)
        for cell in joined
        for part in (re.split(r"^(?=#### )", cell.text, flags=re.M)
                     if cell.kind == "text" else [cell.text])
    ]
    return [part for part in parts if part.text]


@dataclass
class _Needs:
    """Cells that an answer's cells stand on, and what follows them for reading."""

    before: list[Cell]
    after: list[Cell]


def _needs(section: Section, printed: set[str]) -> _Needs:
    cells = [piece.text for piece in section.pieces if piece.code]
    texts = [piece.text for piece in section.pieces if not piece.code]
    quoted = {key for text in texts for key in QUOTED.findall(text)}
    imports, kept = prerequisites(list(section.before), cells, quoted=quoted)
    shown = sorted({i.alias for i in imports} & SHOWN)
    imports = [i for i in imports if i.alias not in TOOLS]
    reading = for_reading([*kept, *cells], imports)
    functions, left = _defined(imports, printed)
    own = "\n\n".join(part for part in (written(left), "\n".join(kept)) if part)
    above = sorted({i.alias for i in imports} - {i.alias for i in left})
    own = own and f"{NEEDS}{_beside(above, shown)}\n{own}"
    sources = [text for name, text in reading.items() if name not in printed]
    printed |= set(reading)
    before = [Cell("library", functions)] if functions else []
    return _Needs(
        before + ([_code("needs", own, section)] if own else []),
        [Cell("reading", _reading(sources))] if sources else [],
    )


def _beside(above: list[str], shown: list[str]) -> str:
    """Where the names are defined that the cell itself does not define.

    Example:
        >>> print("# these" + _beside(["token_law"], ["ask", "figure"]))
        # these
        # (token_law: defined above; ask, figure: in the notebook's first cell)
    """
    told = [f"{', '.join(above)}: {ABOVE}"] * bool(above)
    told += [f"{', '.join(shown)}: in the notebook's first cell"] * bool(shown)
    return f"\n# ({'; '.join(told)})" if told else ""


def _defined(imports: list[Import], printed: set[str]) -> tuple[str, list[Import]]:
    """The library's functions as code that defines them; the imports that remain."""
    kept, others, functions = [], [], []
    for each in imports:
        found = defined(each)
        if found is None:
            kept.append(each)
            continue
        others += found[1]
        for function in re.split(r"\n\n\n(?=@|def )", found[0]):
            if function not in printed:
                printed.add(function)
                functions.append(function)
    names = {m for f in functions for m in re.findall(r"^def (\w+)", f, re.M)}
    head = written([i for i in dict.fromkeys(others) if i.alias not in names])
    if not functions:
        return "", kept
    head = f"{LIBRARY}\n{head}".rstrip()
    return "\n\n\n".join([head, *functions]), kept


def _reading(sources: list[str]) -> str:
    code = "\n\n\n".join(sources)
    return f"{READING}\n\n```python\n{code}\n```"
