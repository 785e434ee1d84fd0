"""Folded solutions as ``<details>``: they open without a script, and by keyboard."""

from __future__ import annotations

import re

__all__ = ["fold"]

START = re.compile(r'<div class="((?:[^"]*\s)?dropdown(?:\s[^"]*)?)"([^>]*)>')
TITLE = re.compile(r'\s*<p class="admonition-title">(.*?)</p>', re.S)
LINK = re.compile(r"</?a\b[^>]*>")  # a button may hold no link
DIV = re.compile(r"<(/?)div\b[^>]*>")


def fold(page: str) -> str:
    """Each admonition of the class ``dropdown`` as a fold with its title on it."""
    while match := START.search(page):
        end = _closing(page, match.end())
        title = TITLE.match(page, match.end())
        if title is None:
            raise ValueError(f"a fold without a title: {page[match.start():][:200]}")
        page = (
            f'{page[: match.start()]}<details class="{_named(match[1])}"{match[2]}>'
            f'<summary class="admonition-title">{LINK.sub("", title[1])}</summary>'
            f"{page[title.end() : end]}</details>{page[end + len('</div>') :]}"
        )
    return page


def _named(classes: str) -> str:
    return " ".join("folded" if c == "dropdown" else c for c in classes.split())


def _closing(page: str, at: int) -> int:
    """Where the ``</div>`` stands that closes the one before ``at``."""
    depth = 1
    for tag in DIV.finditer(page, at):
        depth += -1 if tag[1] else 1
        if depth == 0:
            return tag.start()
    raise ValueError(f"a fold that does not end: {page[at:][:200]}")
