"""The one Sphinx extension of the book: every tweak of the build, with its reason."""

from __future__ import annotations

from importlib import import_module

from sphinx.application import Sphinx

__all__ = ["setup"]

PARTS = ("repairs", "execution", "katex", "notebooks", "prose", "replays", "status",
         "site", "latex")


def setup(app: Sphinx) -> dict:
    for part in PARTS:  # not before: a build starts anew when its environment is set
        import_module(f"bookext.{part}").setup(app)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
