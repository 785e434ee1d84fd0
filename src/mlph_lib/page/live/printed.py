"""The static twins of the live figures: the same drawings for print."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import ArrayLike

from mlph_lib.page.figures import subplots
from mlph_lib.page.live.coded import WIDE, CodedText, Cuts, Row, Step, rows_of
from mlph_lib.page.live.codes import (
    HEIGHT,
    HIGH,
    LEFT,
    PITCH,
    TOP,
    as_index,
    heads,
    strokes,
)
from mlph_lib.page.live.decoding import (
    OFF,
    as_names,
    as_settings,
    bars_of,
    name_of_others,
)
from mlph_lib.page.live.law import condensed, shaped
from mlph_lib.page.live.panels import SETS, Drawing, drawings
from mlph_lib.page.pieces import MONO, in_font, visible
from mlph_lib.page.samples import AnyBatch

__all__ = ["code_figure", "decoding_figure", "objectives_figure"]

SETTINGS = ({}, {"temperature": 0.6}, {"top_p": 0.9})


def decoding_figure(
    pieces: Sequence[str],
    logits: ArrayLike,
    settings: Sequence[Mapping[str, float]] = SETTINGS,
) -> Figure:
    """The same bars for print: one panel for each of a few settings.

    Args:
        pieces, logits: as for ``decoding_live``.
        settings: what each panel sets of temperature, top_k and top_p.

    Returns:
        A matplotlib figure, as wide as the page.

    Raises:
        ValueError: as ``decoding_live`` does, and if there is no setting.

    Example:
        >>> from mlph_lib.page import figure
        >>> fig = decoding_figure(["▁the", "▁a"], [0.1, 2.0, 1.0])
        >>> [ax.get_title() for ax in fig.axes]
        ['as it is', 'temperature 0.6', 'top-p 0.9']
        >>> figure("doc-decoding", fig, alt="Three bars in each of three panels.")
    """
    law = condensed(logits)
    names, most = as_names(pieces, law), int(law.counts.sum()) - 1
    if not settings:
        raise ValueError("expected a setting for each panel, got none: ({},) is one")
    everything = [as_settings({**OFF, **changed}, most) for changed in settings]
    height = 0.155 * (len(names) + 1) + 0.9
    shared = {"sharex": True, "sharey": True, "squeeze": False}
    fig, axes = subplots(1, len(settings), height=height, **shared)
    own, _ = bars_of(shaped(law, 1.0, 0, 1.0), len(names))
    panels = [bars_of(shaped(law, **now), len(names)) for now in everything]
    for ax, now, (p, kept) in zip(axes[0], everything, panels):
        _panel(ax, own, p, kept)
        ax.set_title(_told(now))
    first, longest = axes[0, 0], max(np.max(p) for p in (own, *(p for p, _ in panels)))
    first.set(xlim=(0, 1.04 * longest), ylim=(own.size - 0.5, -0.5))
    _name(first, [*names, name_of_others(law.counts.sum() - len(names))])
    axes[0, -1].legend(loc="center right")
    return fig


def _name(ax, names: Sequence[str]) -> None:
    ticks = [in_font(name) for name in names]
    ax.set_yticks(range(len(ticks)), ticks, family=MONO, fontsize=7.5)
    for tick in ax.get_yticklabels():
        tick.set_parse_math(False)


def _told(now: Mapping[str, float]) -> str:
    """The settings that differ from "all off", in words."""
    changed = [name for name in OFF if now[name] != OFF[name]]
    words = ", ".join(f"{name.replace('_', '-')} {now[name]:g}" for name in changed)
    return words or "as it is"


def _panel(ax, own: np.ndarray, p: np.ndarray, kept: np.ndarray) -> None:
    rows, gone = np.arange(p.size), kept == 0
    ax.barh(rows, p, 0.75, color="C0")
    edge = {"height": 0.75, "fill": False, "lw": 0.7, "ec": "black"}
    ax.barh(rows[~gone], own[~gone], **edge, label="the model’s own")
    if np.any(gone):  # an empty plot would still ask for room
        ax.barh(rows[gone], own[gone], **edge, ls=":")
        ax.plot(own[gone], rows[gone], "kx", ms=4, clip_on=False, label="removed")
    ax.set_xlabel(f"probability\n{np.sum(kept):,} tokens kept")
    ax.tick_params(axis="y", length=0)


def code_figure(
    texts: Sequence[CodedText],
    cuts: Cuts | None = None,
    *,
    start: int | None = None,
    told: int = 6,
) -> Figure:
    """The same for print: the rows of one code, and below the texts of a few codes.

    Args:
        texts, cuts, start: as for ``code_live``.
        told: how many texts are told, evenly over the codes.

    Raises:
        ValueError: as ``code_live`` does.

    Example:
        >>> from mlph_lib.page import figure
        >>> half = [CodedText(0.25, ["▁a"], [(0, 0.5)]),
        ...     CodedText(0.5, ["▁b"], [(0.5, 1)])]
        >>> figure("doc-code", code_figure(half), alt="One row, cut in two halves.")
    """
    rows, ways = rows_of(texts, cuts)
    i = as_index(start, texts)
    count = min(told, len(texts))
    height = HEIGHT + 14 + 13 * count
    fig, ax = subplots(height=6.4 * height / 360)
    fig.set_layout_engine("none")  # the drawing has its own margins
    ax.set(xlim=(0, 360), ylim=(height, 0), position=(0, 0, 1, 1))
    ax.set_axis_off()
    for r, step in enumerate(ways[i]):
        _printed_row(ax, r, rows[step.row], step, r + 1 < len(ways[i]))
    for line in range(count):
        shown = texts[(2 * line + 1) * len(texts) // (2 * count)]
        y = HEIGHT + 16 + 13 * line
        _words(ax, LEFT, y, f"u = {float(shown.u):.4f}")
        words = "".join(map(visible, shown.pieces))
        _words(ax, LEFT + 58, y, words if len(words) <= 76 else words[:75] + "…")
    return fig


def _printed_row(ax, r: int, row: Row, step: Step, zoomed: bool) -> None:
    y = TOP + PITCH * r
    a, b, at = (LEFT + x / 10 for x in (step.a, step.b, step.at))
    if zoomed:
        end = LEFT + WIDE / 10
        ax.fill([a, b, end, LEFT], [y + HIGH] * 2 + [y + PITCH] * 2, "C0", alpha=0.12)
    head, tail = heads(r, step)
    _words(ax, LEFT, y - 5, head)
    _words(ax, LEFT + WIDE / 10, y - 5, tail, ha="right")
    ax.fill_between([a, max(b, a + 2)], y, y + HIGH, color="C0", alpha=0.45, lw=0)
    thin = [LEFT + x / 10 for x in strokes(row)]
    edges = [LEFT + x / 10 for cell in row for x in cell[:2]]
    ax.vlines(thin, y, y + HIGH, "black", lw=0.4, alpha=0.4)
    ax.vlines([LEFT, *edges, LEFT + WIDE / 10], y, y + HIGH, "black", lw=0.7)
    ax.hlines([y, y + HIGH], LEFT, LEFT + WIDE / 10, "black", lw=0.7)
    ax.vlines([at, at], [y - 4, y + HIGH - 4], [y + 4, y + HIGH + 4], "black", lw=1.8)
    for start, stop, name in row:
        _words(ax, LEFT + (start + stop) / 20, y + 15, name, ha="center")


def objectives_figure(
    batches: Mapping[str, Mapping[str, AnyBatch]],
    names: Sequence[str],
    *,
    answers: Mapping[str, Sequence[str]] | None = None,
    shown: Sequence[str] | None = None,
) -> Figure:
    """The same for print: a few objectives side by side, on the first sentence.

    Args:
        batches, names, answers: as for ``objectives_live``.
        shown: which objectives; the first four if None.

    Raises:
        TypeError, ValueError: as ``objectives_live`` does, and for an objective that
            is not there.

    Example:
        >>> from types import SimpleNamespace as Made
        >>> from mlph_lib.page import figure
        >>> full = Made(mask=lambda length: np.ones((1, length, length), dtype=bool))
        >>> ids = np.array([[1, 0]])
        >>> batch = Made(inputs=ids, targets=ids, weights=ids, attention=full)
        >>> fig = objectives_figure({"all": {"be to": batch}}, ["to", "be"])
        >>> figure("doc-objectives", fig, alt="Two tokens that see each other.")
    """
    drawn = drawings(batches, names, answers)
    picked = list(drawn)[:4] if shown is None else list(shown)
    if not picked or not drawn.keys() >= set(picked):
        raise ValueError(
            f"expected one or more of the objectives {', '.join(drawn)}; got "
            f"{', '.join(picked) or 'none'}"
        )
    boxes = [next(iter(drawn[task].values())) for task in picked]
    rows = [range(i, min(i + 2, len(boxes))) for i in range(0, len(boxes), 2)]
    wide = max(288, *(box.width + 12 for box in boxes))  # so letters stay small
    tops = np.cumsum([0, *(max(boxes[i].height for i in row) + 26 for row in rows)])
    fig, ax = subplots(height=6.4 * tops[-1] / (2 * wide))
    fig.set_layout_engine("none")  # the drawing has its own margins
    ax.set(xlim=(0, 2 * wide), ylim=(tops[-1], 0), position=(0, 0, 1, 1))
    ax.set_axis_off()
    for i, (task, box) in enumerate(zip(picked, boxes, strict=True)):
        _objective(ax, task, box, (i % 2) * wide + 6, tops[i // 2], 2530 / wide)
    return fig


def _objective(ax, task: str, box: Drawing, left, top, size) -> None:
    ax.text(left, top + 14, task, fontsize=9, weight="bold", parse_math=False)
    top, side = top + 20, box.side - 2
    for x, y, kind, name in box.words:
        anchor, weight = SETS.get(kind, ("left", "normal"))
        turned = {"rotation": 90, "ha": "right", "va": "bottom"}
        level = {"ha": ALIGNED.get(anchor, "left"), "va": "baseline"}
        style = turned if kind == "key" else level
        style |= {"weight": weight, "fontsize": min(size, 7.5)}
        _words(ax, left + x, top + y, name, **style)
    for line in box.lines:
        for _, _, x, bits in line.grids:
            for s, bit in enumerate(bits):
                place = (left + x + s * box.side + 1, top + line.y + 1)
                face = "C0" if bit == "1" else "none"
                ax.add_patch(Rectangle(place, side, side, fc=face, ec="0.5", lw=0.5))


ALIGNED = {"start": "left", "middle": "center", "end": "right"}


def _words(ax, x: float, y: float, words: str, **kwargs) -> None:
    look = {"family": MONO, "fontsize": 7.5, **kwargs}
    ax.text(x, y, in_font(words), parse_math=False, **look)
