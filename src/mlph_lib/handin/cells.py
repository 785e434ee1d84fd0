"""The tools of the book's cells for plain Jupyter; the hand-in prints this source."""

from __future__ import annotations

import io
from base64 import b64encode

from IPython.display import display
from matplotlib import pyplot as plt

from mlph_lib.page.numbers import pretty

NUMBERS: dict[str, str] = {}  # what the text quotes


def check(claim, holds):
    """Stop unless a claim holds."""
    if not bool(holds):
        raise AssertionError(f"this claim does not hold: {claim}")
    print("checked:", claim)


def number(key, value, fmt="{}", *, below=None, above=None, equals=None, tol=0.0):
    """Check a number against its bounds and print it as the text quotes it."""
    wrong = (
        (below is not None and not value < below)
        or (above is not None and not value > above)
        or (equals is not None and not abs(value - equals) <= tol)
    )
    if wrong:
        raise AssertionError(f"{key} is {value}, which breaks its bound")
    NUMBERS[key] = pretty(fmt.format(value))
    print(f"{key}: {NUMBERS[key]}")


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
