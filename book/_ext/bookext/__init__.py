"""The one Sphinx extension of the book: every tweak of the build, with its reason."""

from __future__ import annotations

from sphinx.application import Sphinx

from bookext import (
    execution,
    katex,
    latex,
    notebooks,
    prose,
    repairs,
    replays,
    site,
    status,
)

__all__ = ["setup"]

PARTS = (repairs, execution, katex, notebooks, prose, replays, status, site, latex)


def setup(app: Sphinx) -> dict:
    for part in PARTS:
        part.setup(app)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
