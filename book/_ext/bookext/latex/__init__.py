"""The printed book: parts, solutions in an appendix, an index, one style file.

Nothing here can change what a cell puts out, so `bookext.inputs` leaves it out: a
change of the print executes no page again.
"""

from __future__ import annotations

from pathlib import Path

from sphinx.application import Sphinx

from bookext.katex import MACROS
from bookext.latex import solutions
from bookext.latex.builder import BookLaTeXBuilder

__all__ = ["BookLaTeXBuilder", "setup"]

STYLE = str(Path(__file__).with_name("printedbook.sty"))


def macros() -> str:
    return "\n".join(
        rf"\providecommand{{{name}}}{{}}\renewcommand{{{name}}}{{{body}}}"
        for name, body in MACROS.items()
    )


def superscripts() -> str:
    """Unicode's raised digits as TeX's: no text font has all of them alike."""
    pairs = [*zip("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789"), ("⁻", "$-$")]
    return "\n".join(
        rf"\newunicodechar{{{char}}}{{\textsuperscript{{{plain}}}}}"
        for char, plain in pairs
    )


def _preamble(app: Sphinx, config) -> None:
    config.latex_additional_files = [*config.latex_additional_files, STYLE]
    written = config.latex_elements.get("preamble", "")
    config.latex_elements["preamble"] = "\n".join(
        [r"\usepackage{printedbook}", written, macros(), superscripts()]
    )


def setup(app: Sphinx) -> None:
    app.add_builder(BookLaTeXBuilder, override=True)
    app.connect("config-inited", _preamble)
    solutions.setup(app)
