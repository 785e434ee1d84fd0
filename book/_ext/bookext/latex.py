"""The printed book: parts from _toc.yml, an appendix without numbers."""

from __future__ import annotations

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.builders.latex import LaTeXBuilder

from bookext.katex import MACROS

__all__ = ["BookLaTeXBuilder", "setup"]


class BookLaTeXBuilder(LaTeXBuilder):
    """Sphinx's LaTeX builder, which otherwise drops the captions of toctrees."""

    name = "latex"

    def assemble_doctree(self, indexfile, toctree_only, appendices):
        tree = super().assemble_doctree(indexfile, toctree_only, appendices)
        parts = dict(self._first_pages(indexfile))
        for start in list(tree.findall(addnodes.start_of_file)):
            caption = parts.pop(start["docname"], None)
            if caption:
                start.insert(0, nodes.raw("", _part(*caption), format="latex"))
        return tree

    def _first_pages(self, indexfile):
        """Yield (first page, (caption, numbered)) for each part of the book."""
        for toctree in self.env.get_doctree(indexfile).findall(addnodes.toctree):
            if toctree.get("caption") and toctree["includefiles"]:
                numbered = bool(toctree.get("numbered"))
                yield toctree["includefiles"][0], (toctree["caption"], numbered)


def _part(caption: str, numbered: bool) -> str:
    """A part's title; without numbers its chapters have none either, as on the site."""
    depth = "" if numbered else r"\setcounter{secnumdepth}{-2}"
    return rf"{depth}\bookpart{{{caption}}}"


def macros() -> str:
    return "\n".join(
        rf"\providecommand{{{name}}}{{}}\renewcommand{{{name}}}{{{body}}}"
        for name, body in MACROS.items()
    )


def _preamble(app: Sphinx, config) -> None:
    config.latex_elements["preamble"] = (
        config.latex_elements.get("preamble", "") + "\n" + macros()
    )


def setup(app: Sphinx) -> None:
    app.add_builder(BookLaTeXBuilder, override=True)
    app.connect("config-inited", _preamble)
