"""The role ``{quoted}``: a figure from elsewhere, its citation right behind it."""

from __future__ import annotations

from docutils import nodes
from sphinx.application import Sphinx

__all__ = ["setup"]


def _quoted(name, rawtext, text, lineno, inliner, options=None, content=()):
    return [nodes.inline(rawtext, text, classes=["quoted"])], []


def setup(app: Sphinx) -> None:
    app.add_role("quoted", _quoted)
