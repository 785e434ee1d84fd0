"""The website: nothing from another host, and little to load."""

from __future__ import annotations

from sphinx.application import Sphinx

from bookext.site import facts, finish, theme
from bookext.site.theme import polish, prune, repository_url

__all__ = ["polish", "prune", "repository_url", "setup"]


def setup(app: Sphinx) -> None:
    for part in (theme, facts, finish):
        part.setup(app)
