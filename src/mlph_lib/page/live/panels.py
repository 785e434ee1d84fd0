"""Where the words and squares of a sample stand: one layout for page and print.

A row is a position: its token, the squares of whom it sees, then what it is asked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from mlph_lib.page.samples import AnyBatch, Grid, Sample, Strip, sample_of

__all__ = [
    "SETS",
    "WIDE",
    "Answers",
    "Drawing",
    "Drawings",
    "Line",
    "Word",
    "drawing_of",
    "drawings",
    "squares",
]

WIDE, LETTER = 360, 6  # of the drawing and of a letter, in units of the drawing
HEAD, TITLE, GAP = 52, 14, 10  # least room for upright words, for titles; a gap
LARGE, SMALL, LEAST = 20, 14, 11  # side of a square: of one grid, of several

SETS = {  # how words are set: anchor, weight
    "name": ("end", "normal"),
    "target": ("middle", "bold"),
    "plain": ("middle", "normal"),
    "title": ("start", "normal"),
}
Answers = Mapping[str, Sequence[str]]
# x, y, how it is set (one of SETS, or "key" if upright), the word
Word = tuple[float, float, str, str]


@dataclass(frozen=True)
class Line:
    """A row: its place, token and targets, and (what sees, keys, x, bits) a grid."""

    y: int
    name: str
    asked: str
    grids: tuple[tuple[str, tuple[str, ...], int, str], ...]


@dataclass(frozen=True)
class Drawing:
    """All words and rows of a sample, and a sentence on them."""

    words: tuple[Word, ...]
    lines: tuple[Line, ...]
    side: int
    width: int
    height: int
    said: str


Drawings = dict[str, dict[str, Drawing]]  # {objective: {sentence: drawing}}
Panel = tuple[tuple[str, ...], tuple[Grid, ...], tuple[Strip, ...]]


def drawings(
    batches: Mapping[str, Mapping[str, AnyBatch]],
    names: Sequence[str],
    answers: Answers | None = None,
) -> Drawings:
    """Every sample laid out, all with the squares at the same place."""
    sentences = {tuple(texts) for texts in batches.values()}
    if len(sentences) != 1 or sentences == {()}:
        raise ValueError(
            "expected the same sentences for every objective, one or more, got "
            + ("none" if len(sentences) < 2 else f"{len(sentences)} different lists")
        )
    answers = answers or {}
    if unknown := answers.keys() - batches.keys():
        raise ValueError(
            f"answers of {min(unknown)!r}, but the objectives are {', '.join(batches)}"
        )
    samples = {
        task: {s: sample_of(b, names, 0, answers.get(task)) for s, b in texts.items()}
        for task, texts in batches.items()
    }
    every = [sample for texts in samples.values() for sample in texts.values()]
    tokens = {w for sample in every for grid in sample.grids for w in grid.keys}
    margin = LETTER * max(map(len, tokens)) + 8
    return {
        task: {s: drawing_of(sample, margin) for s, sample in texts.items()}
        for task, texts in samples.items()
    }


def drawing_of(sample: Sample, margin: int) -> Drawing:
    """The layout of a sample whose squares begin at x = ``margin``.

    Raises:
        ValueError: if it is too wide for the drawing.
    """
    panels = _panels(sample)
    side, head = _side(panels, margin), max(HEAD, margin)
    words, lines, y, width = [], [], 0, 0
    for panel in panels:
        names, grids, strips = panel
        top = y + TITLE + head
        starts = _starts(margin, [len(grid.keys) * side for grid in grids])
        x = starts.pop() - GAP + 6
        for grid, start in zip(grids, starts, strict=True):
            words += _headed(grid, start, top, side)
            if len(sample.grids) > 1:
                words.append((start, top - head - 3, "title", grid.title))
        for strip in strips:
            words += _column(strip, x + _wide(strip) / 2, top, side)
            x += _wide(strip)
        names = enumerate(names)
        words += [(margin - 5, _foot(top, t, side), "name", w) for t, w in names]
        lines += _lines(panel, starts, top, side)
        y, width = top + len(panel[0]) * side + 6, max(width, x)
    return Drawing(tuple(words), tuple(lines), side, int(width), y, _said(sample))


def _side(panels: Sequence[Panel], margin: int) -> int:
    """Of a square: as large as the width allows."""
    side = LARGE if sum(len(grids) for _, grids, _ in panels) == 1 else SMALL
    for _, grids, strips in panels:
        free = WIDE - margin - GAP * (len(grids) - 1) - 6 - sum(map(_wide, strips))
        side = min(side, int(free // sum(len(grid.keys) for grid in grids)))
    if side < LEAST:
        raise ValueError(
            f"a sample would have squares of {side} units, {LEAST} is the least that "
            f"can be read in a width of {WIDE}: give shorter texts"
        )
    return side


def _wide(strip: Strip) -> int:
    return LETTER * max(map(len, strip.cells)) + 8


def _foot(top: int, row: int, side: int) -> float:
    """Where the words of a row stand."""
    return top + (row + 0.5) * side + 3.5


def squares(line: Line, side: int) -> tuple[str, str]:
    """Paths of a row's full and of its hollow squares."""
    paths = {"1": "", "0": ""}
    for _, _, x, bits in line.grids:
        for s, bit in enumerate(bits):
            paths[bit] += (
                f"M{x + s * side + 1} {line.y + 1}h{side - 2}v{side - 2}h{2 - side}z"
            )
    return paths["1"], paths["0"]


def _panels(sample: Sample) -> list[Panel]:
    """Rows that belong together: the inputs', and below them the source's."""
    tokens, strips = sample.strips[0].cells, sample.strips[1:]
    if not sample.source:
        return [(tokens, tuple(_full(g, sample) for g in sample.grids), strips)]
    keys = sample.source[0].cells
    if sample.single:
        own, other = sample.grids
        return [(tokens, (own,), strips), (keys, (other,), ())]
    encoder, decoder, cross = sample.grids
    return [(tokens, (decoder, cross), strips), (keys, (encoder,), ())]


def _full(grid: Grid, sample: Sample) -> Grid:
    """A grid with a row for every token; a query stream has some of them alone."""
    if len(grid.queries) == len(grid.keys):
        return grid
    cells = next(s.cells for s in sample.strips if s.label == "target")
    seen = np.zeros((len(cells), len(grid.keys)), dtype=bool)
    seen[[t for t, word in enumerate(cells) if word]] = grid.seen
    return Grid(grid.title, grid.keys, grid.keys, seen)


def _starts(x: int, widths: Sequence[int]) -> list[int]:
    """Left ends of the grids, and where one more would begin."""
    starts = [x]
    for width in widths:
        starts.append(starts[-1] + width + GAP)
    return starts


def _headed(grid: Grid, x: int, top: int, side: int) -> list[Word]:
    return [
        (x + (s + 0.5) * side + 3.5, top - 4, "key", word)
        for s, word in enumerate(grid.keys)
    ]


def _column(strip: Strip, x: float, top: int, side: int) -> list[Word]:
    kind = "target" if strip.label.startswith("target") else "plain"
    return [(x + 3.5, top - 4, "key", strip.label)] + [
        (x, _foot(top, t, side), kind, word)
        for t, word in enumerate(strip.cells)
        if word
    ]


def _lines(panel: Panel, starts: Sequence[int], top: int, side: int) -> list[Line]:
    names, grids, strips = panel
    targets = [s.cells for s in strips if s.label.startswith("target")]
    lines = []
    for t, name in enumerate(names):
        asked = " ".join(cells[t] for cells in targets if cells[t])
        bits = ["".join("01"[int(b)] for b in grid.seen[t]) for grid in grids]
        who = ["it" if len(grids) == 1 else f"the {grid.title}" for grid in grids]
        row = zip(who, (g.keys for g in grids), starts, bits, strict=True)
        lines.append(Line(top + t * side, name, asked, tuple(row)))
    return lines


def _said(sample: Sample) -> str:
    """How many targets there are and, in words, who sees whom."""
    positions = len(sample.strips[0].cells)
    rows = sum(s.label.startswith("target") for s in sample.strips)
    if sample.single:
        counted = "one target for the whole text"
    elif rows > 1:
        counted = f"{sample.asked} targets at {positions} positions"
    else:
        verb = "has a target" if sample.asked == 1 else "have a target"
        counted = f"{sample.asked} of {positions} positions {verb}"
    return f"{counted}; {_seen(sample)}"


def _seen(sample: Sample) -> str:
    if sample.source and sample.single:
        return "each text sees itself alone"
    if sample.source:
        return "the decoder sees what stands before, and the whole source"
    if len(sample.grids) > 1:
        return "a query sees the tokens drawn before its own, and not itself"
    seen = sample.grids[0].seen
    length = len(seen)
    if seen.all():
        return "every token sees every token"
    before = np.tri(length, dtype=bool)
    if (seen == before).all():
        return "every token sees itself and what stands before it"
    prefix = int(seen[0].sum())
    if (seen == (before | (np.arange(length) < prefix))).all():
        return f"the first {prefix} tokens see one another, later ones what is before"
    return "every token sees what its row shows"
