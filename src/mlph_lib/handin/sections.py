"""The answers, cut out of the book's own pages: there is no second copy of them.

An answer is the text from its label ``(answer-3b)=`` to the next heading of the same
or a higher level. Two comments of MyST, which the book does not show, change that by
a paragraph (up to the next blank line):

- ``% hand-in: 2a`` brings a paragraph from elsewhere on the page to the answer, behind
  the paragraph that repeats the task;
- ``% hand-in: no`` leaves out a paragraph that speaks of the rest of the book.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

__all__ = ["TASKS", "Piece", "Section", "find_sections", "section_of"]

TASKS = ("1a", "1b", "2a", "2b", "3a", "3b", "3c", "3d", "3e")
FENCE = re.compile(r"^\s*(`{3,}|:{3,}|~{3,})(\{code-cell\})?")
HEADING = re.compile(r"^(#+) (.+)$")
POINTS = re.compile(r"\(((?:bonus, )?)(\d+) points?\)")
OPTIONS = re.compile(r"\A(?:---\n(?:.*\n)*?---\n|(?::[\w-]+:.*\n)+)\n*")
MARK = re.compile(r"^% hand-in: (.+)$")


@dataclass(frozen=True)
class Piece:
    """A stretch of Markdown, or the code of one cell, and the line it starts at."""

    code: bool
    text: str
    line: int


@dataclass(frozen=True)
class Section:
    """The answer to one task.

    Attributes:
        task: such as "3b".
        page: file of the page.
        points: what the sheet gives for it.
        bonus: whether the points are a bonus.
        level: how many # its heading has.
        pieces: its text and its cells, in order, without the heading.
        before: the cells of the page above it.
    """

    task: str
    page: Path
    points: int
    bonus: bool
    level: int
    pieces: tuple[Piece, ...]
    before: tuple[str, ...]


def find_sections(book: Path) -> list[Section]:
    """The answers under ``book`` in the sheet's order; tasks without one are left out.

    Raises:
        ValueError: if two pages answer one task.
    """
    pages: dict[str, Path] = {}
    for page in sorted(book.rglob("*.md")):
        for task in re.findall(r"^\(answer-(\w+)\)=$", page.read_text("utf-8"), re.M):
            if task in pages:
                raise ValueError(f"task {task} is answered in {pages[task]} and {page}")
            pages[task] = page
    return [section_of(pages[task], task) for task in TASKS if task in pages]


def section_of(page: Path, task: str) -> Section:
    """The answer to ``task`` on ``page``.

    Raises:
        ValueError: if the label, a heading with the points behind it, or the end of a
            fence is missing.
    """
    lines = page.read_text(encoding="utf-8").splitlines()
    if f"(answer-{task})=" not in lines:
        raise ValueError(f"{page}: expected the label (answer-{task})=, found none")
    start = lines.index(f"(answer-{task})=")
    heads = dict(_headings(lines))
    at = next((i for i in heads if i > start), None)
    if at is None:
        raise ValueError(f"{page}:{start + 1}: expected a heading after the label")
    points = POINTS.search(heads[at][1])
    if points is None:
        raise ValueError(
            f"{page}:{at + 1}: expected the points in the heading, as in "
            f"'The answer to {task} (3 points)', got {heads[at][1]!r}"
        )
    level = heads[at][0]
    end = next((i for i in heads if i > at and heads[i][0] <= level), len(lines))
    task_and_rest = _without(lines[at + 1 : end], at + 2)
    return Section(
        task, page, int(points[2]), bool(points[1]), level,
        tuple(_with_brought(list(_pieces(task_and_rest)), list(_brought(lines, task)))),
        tuple(p.text for p in _pieces(list(enumerate(lines[:start], 1))) if p.code),
    )


def _headings(lines: list[str]) -> Iterator[tuple[int, tuple[int, str]]]:
    """(index, (level, title)) of each heading that is outside every fence."""
    fence = ""
    for index, line in enumerate(lines):
        mark = FENCE.match(line)
        if mark and not fence:
            fence = mark[1]
        elif fence and line.strip().startswith(fence) and not line.strip(" `:~"):
            fence = ""
        elif not fence and (head := HEADING.match(line)):
            yield index, (len(head[1]), head[2])


def _without(lines: list[str], first: int) -> list[tuple[int, str]]:
    """The numbered lines, less the paragraphs that are marked ``% hand-in: no``."""
    kept, dropping = [], False
    for number, line in enumerate(lines, first):
        mark = MARK.match(line)
        dropping = mark[1] == "no" if mark else dropping and bool(line.strip())
        if not dropping and not mark:
            kept.append((number, line))
    return kept


def _with_brought(pieces: list[Piece], brought: list[Piece]) -> list[Piece]:
    """The brought paragraphs behind the answer's first, which repeats the task."""
    if not brought or not pieces or pieces[0].code:
        return [*brought, *pieces]
    told, _, rest = pieces[0].text.partition("\n\n")
    line = pieces[0].line
    after = [Piece(False, rest, line + told.count("\n") + 2)] if rest.strip() else []
    return [Piece(False, told, line), *brought, *after, *pieces[1:]]


def _brought(lines: list[str], task: str) -> Iterator[Piece]:
    """The paragraphs of the page that are marked with the task."""
    for index, line in enumerate(lines):
        mark = MARK.match(line)
        if mark and task in mark[1].replace(",", " ").split():
            stop = next(
                (i for i in range(index, len(lines)) if not lines[i].strip()),
                len(lines),
            )
            yield Piece(False, "\n".join(lines[index + 1 : stop]), index + 2)


def _pieces(lines: list[tuple[int, str]]) -> Iterator[Piece]:
    """Text and code cells in turn; empty stretches are left out."""
    text: list[tuple[int, str]] = []
    rest = iter(lines)
    for number, line in rest:
        mark = FENCE.match(line)
        if not mark or not mark[2]:
            text.append((number, line))
            continue
        yield from _text(text)
        text = []
        inside = [line for _, line in _until(rest, mark[1], number)]
        yield Piece(True, OPTIONS.sub("", "\n".join(inside) + "\n").rstrip(), number)
    yield from _text(text)


def _until(rest: Iterator[tuple[int, str]], fence: str, number: int):
    for at, line in rest:
        if line.rstrip() == fence:
            return
        yield at, line
    raise ValueError(f"line {number}: the code cell that begins here does not end")


def _text(lines: list[tuple[int, str]]) -> Iterator[Piece]:
    words = "\n".join(line for _, line in lines)
    if words.strip():
        lead = len(words) - len(words.lstrip("\n"))
        yield Piece(False, words.strip("\n"), lines[lead][0])
