"""Figures of a page: SVG in HTML, PDF in print, alt text demanded, one style."""

from __future__ import annotations

import html
import io
import logging
import re
from pathlib import Path

import matplotlib as mpl
from matplotlib import pyplot as plt
from matplotlib.figure import Figure
from myst_nb import glue

__all__ = ["Picture", "demand_alt", "figure", "interactive", "subplots"]

STYLE = Path(__file__).with_name("book.mplstyle")
# fontTools warns of the fixed date that makes builds repeatable
logging.getLogger("fontTools").setLevel(logging.ERROR)
_ID = re.compile(r'\bid="([^"]+)"')
_REFERENCE = re.compile(r'(url\(#|href="#)([^")]+)')


class Picture:
    """One figure in three forms: HTML, PDF and the words that replace it."""

    def __init__(self, markup: str, pdf: bytes, alt: str) -> None:
        self.markup, self.pdf, self.alt = markup, pdf, alt

    def __repr__(self) -> str:
        return f"[Figure: {self.alt}]"

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict:
        return {
            "text/html": self.markup,
            "application/pdf": self.pdf,
            "text/plain": repr(self),
        }


def subplots(rows: int = 1, cols: int = 1, *, height: float = 2.8, **kwargs):
    """``plt.subplots`` in the book's style, as wide as the page, ``height`` inches.

    Example:
        >>> fig, ax = subplots(1, 2, height=2.0)
        >>> fig.get_size_inches().tolist(), len(ax)
        ([6.4, 2.0], 2)
        >>> plt.close(fig)
    """
    plt.style.use(STYLE)  # for what is drawn later too: legends, colours of lines
    return plt.subplots(rows, cols, figsize=(6.4, height), **kwargs)


def figure(key: str, fig: Figure, alt: str) -> None:
    """Glue ``fig`` under ``key`` as SVG for HTML and as PDF for print.

    Args:
        key: unique name over the whole book; ``{glue:figure}`` places it.
        fig: a matplotlib figure; it is closed afterwards.
        alt: what the figure shows, in a sentence; read aloud in its place.

    Raises:
        ValueError: if ``alt`` says less than a few words.

    Example:
        >>> fig, ax = subplots(height=1.0)
        >>> figure("doc-empty", fig, alt="Empty axes from zero to one.")
    """
    demand_alt(key, alt)
    markup = _inline_svg(_save(fig, "svg").decode(), key, alt)
    _glue(key, markup, fig, alt)


def interactive(key: str, markup: str, fig: Figure, alt: str) -> None:
    """Glue live ``markup`` (plain SVG and script) with its static twin ``fig``.

    Raises:
        ValueError: if ``alt`` says less than a few words, or the markup asks
            another host.
    """
    demand_alt(key, alt)
    if re.search(r"""(src|href)\s*=\s*["']?(https?:)?//""", markup):
        raise ValueError(
            f"interactive {key!r}: expected markup that needs no other host"
        )
    _glue(key, markup, fig, alt)


def demand_alt(key: str, alt: str) -> None:
    """Refuse a figure without words: a sentence has four of them or more."""
    if not isinstance(alt, str) or len(alt.split()) < 4:
        raise ValueError(
            f"figure {key!r}: expected alt text, a sentence on what it shows; "
            f"got {alt!r}"
        )


def _glue(key: str, markup: str, fig: Figure, alt: str) -> None:
    pdf = _save(fig, "pdf")
    plt.close(fig)
    glue(key, Picture(markup, pdf, alt), display=False)


def _save(fig: Figure, kind: str) -> bytes:
    stamp = {"svg": "Date", "pdf": "CreationDate"}[kind]
    with mpl.style.context(STYLE), io.BytesIO() as out:
        fig.savefig(out, format=kind, metadata={stamp: None})
        return out.getvalue()


def _inline_svg(svg: str, key: str, alt: str) -> str:
    """The ``<svg>`` element alone: named, its ids unique on the page, black themed."""
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = _ID.sub(rf'id="{key}-\1"', svg)
    svg = _REFERENCE.sub(rf"\1{key}-\2", svg)
    svg = re.sub(r"\s*\n\s*", " ", svg).replace("#000000", "currentColor")
    # text glyphs carry no fill of their own: SVG would paint them black
    name = html.escape(alt, quote=True)
    head = f'<svg class="figure" role="img" aria-label="{name}" fill="currentColor" '
    return svg.replace("<svg ", head, 1)
