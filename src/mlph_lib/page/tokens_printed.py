"""Coloured samples in print: a grid of letters that never grows past its lines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from mlph_lib.page.figures import subplots
from mlph_lib.page.pieces import MONO, in_font, visible
from mlph_lib.page.tokens import LEVELS, Token, check_samples, level_of

__all__ = ["COLUMNS", "tokens_figure"]

COLUMNS, GUTTER = 104, 4  # letters on a line, of them for the sample's number
LETTERS = COLUMNS - GUTTER
SIZE, ADVANCE = 7.2, 0.602  # points; width of a letter of MONO in sizes
LINE = 1.5  # in sizes
INK = LEVELS[-1].light[1]


class Run(NamedTuple):
    """Letters of one token that stand on one line."""

    column: int
    words: str
    level: int


def tokens_figure(samples: Sequence[Sequence[Token]], lines: int = 40) -> Figure:
    """As many whole samples as ``lines`` hold, each token washed by its surprise.

    Args:
        samples: tokens in order, pieces and bits.
        lines: most lines of text, 4 or more; a first sample too long for them is cut.

    Returns:
        A matplotlib figure, as wide as the page.

    Raises:
        ValueError: as ``coloured_text`` does, or if there are fewer than 4 lines.

    Example:
        >>> from mlph_lib.page import figure
        >>> fig = tokens_figure([[Token("▁a", 0.3)]])
        >>> figure("doc-print", fig, alt="One word of little surprise.")
    """
    check_samples(samples)
    if lines < 4:
        raise ValueError(f"expected 4 lines or more, got {lines}")
    rows, shown = _fitted(samples, lines - 3)
    count = len(rows) + 2 + (shown < len(samples))
    height = count * SIZE * LINE
    fig, ax = subplots(height=height / 72)
    fig.set_layout_engine("none")  # letters keep their size
    ax.set(xlim=(0, 6.4 * 72), ylim=(height, 0), position=(0, 0, 1, 1))
    ax.set_axis_off()
    _legend(ax)
    for y, (number, runs) in enumerate(rows, 2):
        _letters(ax, 0, y, number)
        _draw(ax, y, runs)
    if shown < len(samples):
        _letters(ax, GUTTER, count - 1, f"{shown} of {len(samples)} samples fit here.")
    return fig


def _fitted(samples, room: int) -> tuple[list[tuple[str, list[Run]]], int]:
    """Lines (number of the sample, runs) of the first samples; how many samples."""
    rows, shown = [], 0
    for sample in samples:
        lines = _wrapped(sample)
        if rows and len(rows) + len(lines) > room:
            break
        shown += 1
        numbers = [f"{shown:3d}", *[""] * (len(lines) - 1)]
        rows += list(zip(numbers, lines))
    return rows[:room], shown


def _wrapped(sample: Sequence[Token]) -> list[list[Run]]:
    """Lines of runs, filled to the end: line breaks of the text are marks alone."""
    lines, column = [[]], 0
    for piece, bits in sample:
        words = in_font(visible(piece, space=" "))
        while words:
            if column == LETTERS:
                lines, column = [*lines, []], 0
            part = words[: LETTERS - column]
            lines[-1].append(Run(column, part, level_of(bits)))
            words, column = words[len(part) :], column + len(part)
    return lines


def _draw(ax, y: int, runs: Sequence[Run]) -> None:
    """One line: washes and underlines first, then light and bold letters at once."""
    for column, words, level in runs:
        if LEVELS[level].light[0]:
            _wash(ax, GUTTER + column, y, len(words), level)
    for bold in (False, True):
        line = [" "] * LETTERS
        for column, words, level in runs:
            if LEVELS[level].bold == bold:
                line[column : column + len(words)] = words
        _letters(ax, GUTTER, y, "".join(line).rstrip(), bold)


def _wash(ax, column: int, y: int, letters: int, level: int) -> None:
    left, wide = column * SIZE * ADVANCE, letters * SIZE * ADVANCE - 0.5
    top, high, line = y * SIZE * LINE, SIZE * LINE * 0.9, LEVELS[level].line * 0.5
    ground = LEVELS[level].light[0]
    ax.add_patch(Rectangle((left, top), wide, high, facecolor=ground, lw=0))
    foot = (left, top + high - line)
    ax.add_patch(Rectangle(foot, wide, line, facecolor=INK, lw=0))


def _letters(ax, column: int, y: int, words: str, bold: bool = False) -> None:
    if words:
        x, foot = column * SIZE * ADVANCE, (y + 0.66) * SIZE * LINE
        weight = "bold" if bold else "normal"
        ax.text(x, foot, words, color=INK, family=MONO, fontsize=SIZE,
                fontweight=weight, parse_math=False)  # fmt: skip


def _legend(ax) -> None:
    _letters(ax, 0, 0, "Surprise in bits:")
    column = 18
    for level, (_, told, *_) in enumerate(LEVELS):
        if LEVELS[level].light[0]:
            _wash(ax, column, 0, len(told) + 2, level)
        _letters(ax, column + 1, 0, told, LEVELS[level].bold)
        column += len(told) + 3
