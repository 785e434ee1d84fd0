"""The tools of the book's cells for plain Jupyter; the hand-in prints this source."""

from __future__ import annotations

import io
from base64 import b64encode

from IPython import get_ipython
from IPython.display import Markdown, display
from matplotlib import pyplot as plt

from mlph_lib import recordings
from mlph_lib.page.replays import ProvenanceLine

TOLD: dict[str, int] = {}  # origins of replayed answers, and the cell that told them


def figure(key, fig, alt):
    """Show a figure: for the screen, for print, and in words."""
    shown = {"text/plain": f"[Figure: {alt}]"}
    for kind, mime, undated in (
        ("png", "image/png", "Software"),
        ("pdf", "application/pdf", "CreationDate"),
    ):
        with io.BytesIO() as out:
            white = {"facecolor": "white", "transparent": False}
            fig.savefig(out, format=kind, dpi=150, metadata={undated: None}, **white)
            shown[mime] = b64encode(out.getvalue()).decode()
    plt.close(fig)
    display(shown, raw=True)


def interactive(key, markup, fig, alt):
    """The still picture of a figure that moves on the book's site."""
    figure(key, fig, alt)


def ask(question, source, /, **request):
    """Ask a model, or replay what was recorded; the origin is told in full once."""
    answer = recordings.ask(question, source, **request)
    if isinstance(answer, recordings.Replayed):
        origin, cell = str(answer.provenance), get_ipython().execution_count
        if origin not in TOLD:
            display(ProvenanceLine(answer.provenance))
        elif TOLD[origin] != cell:  # once a cell
            display(Markdown("*Replayed, from the same run as above.*"))
        TOLD[origin] = cell
    return answer
