"""Repairs of the extensions that the book stands on, each with its symptom."""

from __future__ import annotations

from docutils import nodes
from pybtex.style.sorting.author_year_title import SortingStyle
from sphinx.application import Sphinx
from sphinx_proof.domain import ProofDomain
from sphinx_proof.nodes import proof_node

__all__ = ["setup"]

BRACES = str.maketrans("", "", "{}")
PARALLEL = ("sphinx_multitoc_numbering", "sphinx_jupyterbook_latex")


def _allow_parallel(app: Sphinx) -> None:
    """They read page by page but do not say so: a warning, and one reader only."""
    for name in PARALLEL:
        if name in app.extensions:
            app.extensions[name].parallel_read_safe = True
            app.extensions[name].parallel_write_safe = True


def _free_ids(app: Sphinx, doctree) -> None:
    """Proofs and boxes share one id each: twice on a page is not HTML."""
    for proof in doctree.findall(proof_node):
        for box in proof.children:
            box["ids"] = [name for name in box["ids"] if name != "proof"]
    inner = (s for s in doctree.findall(nodes.section)
             if s["ids"] and s["ids"][0].endswith("-content"))
    for index, section in enumerate(inner):
        section["ids"][0] += f"-{index}"


def _sort_by_letters() -> None:
    """Works of {{Hugging Face}} stood behind those of Zhang: a brace sorts last."""
    as_written = SortingStyle.person_key
    SortingStyle.person_key = lambda self, person: (
        as_written(self, person).translate(BRACES)
    )


def setup(app: Sphinx) -> None:
    # `-j` crashes in the proof domain: its env-merge-info handler does the merging
    ProofDomain.merge_domaindata = lambda self, docnames, other: None
    _sort_by_letters()
    app.connect("builder-inited", _allow_parallel, priority=1)
    app.connect("doctree-read", _free_ids)
