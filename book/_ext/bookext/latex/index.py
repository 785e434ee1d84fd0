"""The index in print: terms and functions in one alphabet, each entry once."""

from __future__ import annotations

import re

from docutils import nodes
from sphinx import addnodes

__all__ = ["plain_entry", "plain_index"]

# "accept() (in module mlph_lib.recordings)", "add() (mlph_lib.llama.Cache method)"
OWNER = re.compile(
    r"\((?:in module |class in )?mlph_lib\.([\w.]+)(?: [a-z ]*(?:method|property|attribute))?\)"
)


def plain_index(tree: nodes.document) -> None:
    """Shorten the entries of functions, and leave out those of whole modules."""
    for node in tree.findall(addnodes.index):
        node["entries"] = [
            (kind, plain_entry(text), *rest)
            for kind, text, *rest in node["entries"]
            if not text.startswith("module; ")
        ]


def plain_entry(text: str) -> str:
    """An entry as a reader looks it up.

    Example:
        >>> plain_entry("add() (mlph_lib.llama.Cache method)")
        'add() (llama.Cache)'
        >>> plain_entry("quantile function")
        'quantile function'
    """
    return OWNER.sub(r"(\1)", text)
