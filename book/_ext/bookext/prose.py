"""What prose needs: quoted figures, formulas in docstrings, no mark-up left broken."""

from __future__ import annotations

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging

__all__ = ["setup"]


logger = logging.getLogger(__name__)


def _quoted(name, rawtext, text, lineno, inliner, options=None, content=()):
    """``{quoted}`63 %```: a figure from elsewhere, its citation right behind it."""
    return [nodes.inline(rawtext, text, classes=["quoted"])], []


def _keep_bars(app: Sphinx, what, name, obj, options, lines: list[str]) -> None:
    """The bars of |x| in a docstring are bars, not a substitution."""
    lines[:] = [
        line if line.lstrip().startswith((">>>", "...")) else line.replace("|", r"\|")
        for line in lines
    ]


def _refuse_broken(app: Sphinx, doctree: nodes.document) -> None:
    """Mark-up that could not be read is printed in red; it must stop the build."""
    for node in doctree.findall(nodes.problematic):
        logger.warning("mark-up that cannot be read: %s", node.astext(), location=node)


def setup(app: Sphinx) -> None:
    app.add_role("quoted", _quoted)
    app.connect("autodoc-process-docstring", _keep_bars)
    app.connect("doctree-read", _refuse_broken)
