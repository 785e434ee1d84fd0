"""A sample of a batch, drawn: inputs, targets, and who may look at whom."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from mlph_lib.page.figures import subplots
from mlph_lib.page.pieces import MONO, in_font
from mlph_lib.page.samples import AnyBatch, Grid, Sample, Strip, sample_of

__all__ = ["batch_figure"]

WIDE = 6.4 * 72  # points
ADVANCE, LARGEST = 0.602, 10  # width of a letter in sizes; points
LABEL, GAP, LINE = 52, 14, 19  # points: labels of strips, between parts, a strip
CELL = 20  # largest square
SEEN, ASKED = "#2a7ab9", "#c2571a"


def batch_figure(
    batch: AnyBatch,
    names: Sequence[str],
    row: int = 0,
    *,
    answers: Sequence[str] | None = None,
    mask: bool = True,
) -> Figure:
    """One sample: its tokens, its targets below them, and the boolean masks.

    A full square says that the token of its row may look at the token of its column.

    Args:
        batch: as an objective makes it from texts, of up to about 14 tokens.
        names: the spelling of every id, as `Vocabulary.names` gives them.
        row: which sample of the batch.
        answers: the spelling of targets that are no ids, such as
            ("original", "replaced"); their numbers if None.
        mask: False leaves the masks out, where all may look at all.

    Returns:
        A matplotlib figure, as wide as the page.

    Raises:
        TypeError: if this is no batch.
        ValueError: for a row that is not there, an id without a spelling, or a mask
            that hides something and is left out.

    Example:
        >>> from types import SimpleNamespace as Made
        >>> import numpy as np
        >>> from mlph_lib.page import figure
        >>> full = Made(mask=lambda length: np.ones((1, length, length), dtype=bool))
        >>> ids = np.array([[1, 0]])
        >>> batch = Made(inputs=ids, targets=ids, weights=ids, attention=full)
        >>> figure("doc-batch", batch_figure(batch, ["to", "be"]),
        ...        alt="Two tokens that see each other, one of them a target.")
    """
    sample = sample_of(batch, names, row, answers)
    return draw(sample if mask else _without_masks(sample))


def _without_masks(sample: Sample) -> Sample:
    hiding = [grid.title for grid in sample.grids if not grid.seen.all()]
    if hiding:
        raise ValueError(
            f"the mask {hiding[0]!r} hides something, so it is drawn: leave mask=False "
            "to full masks"
        )
    return replace(sample, grids=())


def draw(sample: Sample) -> Figure:
    """The strips from the top, the grids side by side below them."""
    strips = (*sample.source, *sample.strips)
    top = len(strips) * LINE + (GAP if sample.source else 0)
    high = top + _height(sample.grids) + 4
    fig, ax = subplots(height=high / 72)
    fig.set_layout_engine("none")  # letters and squares keep their size
    ax.set(xlim=(0, WIDE), ylim=(high, 0), position=(0, 0, 1, 1))
    ax.set_axis_off()
    _strips(ax, sample)
    if sample.grids:
        _grids(ax, sample.grids, top + GAP)
    return fig


def _height(grids: Sequence[Grid]) -> float:
    """Of the masks below the strips, in points, with the gap above them."""
    if not grids:
        return 0
    side, labels, _ = _measures(grids)
    return GAP + labels + LINE + max(len(grid.queries) for grid in grids) * side


def _grids(ax, grids: Sequence[Grid], top: float) -> None:
    side, labels, size = _measures(grids)
    head = labels + LINE  # the keys of a grid, and its title
    wide = [labels + len(grid.keys) * side for grid in grids]
    left = (WIDE - sum(wide) - GAP * (len(wide) - 1)) / 2
    for grid, width in zip(grids, wide, strict=True):
        _grid(ax, grid, left + labels, top + head, side, size, head)
        left += width + GAP


def _measures(grids: Sequence[Grid]) -> tuple[float, float, float]:
    """Side of a square, room for labels, size of their letters, in points."""
    columns = sum(len(grid.keys) for grid in grids)
    longest = max(len(w) for grid in grids for w in (*grid.queries, *grid.keys))
    size = (9.5, 8.5, 7.5)[len(grids) - 1]
    labels = longest * ADVANCE * size + 5
    free = WIDE - 2 - len(grids) * labels - (len(grids) - 1) * GAP
    return min(CELL, free / columns), labels, size


def _strips(ax, sample: Sample) -> None:
    """Words of one size, which fits the narrowest cell; targets in bold."""
    strips = (*sample.source, *sample.strips)
    columns = max(len(strip.cells) for strip in strips)
    cell = (WIDE - LABEL - 1) / max(columns, 7)
    longest = max(len(word) for strip in strips for word in strip.cells)
    size = min(LARGEST, (cell - 2) / (max(longest, 1) * ADVANCE))
    y = 0.0
    for strip in strips:
        _words(ax, 0, y + LINE / 2, strip.label, 9, ha="left", family=None)
        _strip(ax, strip, y, cell, size)
        y += LINE + (GAP if strip in sample.source else 0)


def _strip(ax, strip: Strip, y: float, cell: float, size: float) -> None:
    asked, boxed = strip.label.startswith("target"), strip.label in BOXED
    for t, word in enumerate(strip.cells):
        x = LABEL + t * cell
        if word and (asked or boxed):
            colour, line = (ASKED, 1.4) if asked else ("#000000", 0.6)
            box = (x + 1, y + 1.5), cell - 2, LINE - 3
            ax.add_patch(Rectangle(*box, fill=False, edgecolor=colour, lw=line))
        weight = "bold" if asked else "normal"
        _words(ax, x + cell / 2, y + LINE / 2, word, size, weight=weight)


BOXED = {"input", "source"}


def _grid(ax, grid: Grid, x, y, side, size, head) -> None:
    middle = x + len(grid.keys) * side / 2
    _words(ax, middle, y - head + 4, grid.title, 9, va="top", family=None)
    for s, word in enumerate(grid.keys):
        _words(ax, x + (s + 0.5) * side, y - 3, word, size, rotation=90, va="bottom")
    for t, word in enumerate(grid.queries):
        _words(ax, x - 3, y + (t + 0.5) * side, word, size, ha="right")
        for s in range(len(grid.keys)):
            _square(ax, x + s * side, y + t * side, side, grid.seen[t, s])


def _square(ax, x: float, y: float, side: float, seen: bool) -> None:
    """Full or hollow: told apart without a colour."""
    gap = side * 0.08
    box = (x + gap, y + gap), side - 2 * gap, side - 2 * gap
    colour = SEEN if seen else "none"
    ax.add_patch(Rectangle(*box, facecolor=colour, edgecolor="#8a8a8a", lw=0.6))


def _words(ax, x, y, words, size, **style) -> None:
    if words:
        look = {"ha": "center", "va": "center", "family": MONO, **style}
        ax.text(x, y, in_font(words), fontsize=size, color="#000000",
                parse_math=False, **look)  # fmt: skip
