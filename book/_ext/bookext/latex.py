"""The printed book: parts from _toc.yml, front matter, proofs, an appendix."""

from __future__ import annotations

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.builders.latex import LaTeXBuilder
from sphinx_exercise.nodes import solution_node
from sphinx_proof.nodes import proof_node

from bookext.katex import MACROS

__all__ = ["BookLaTeXBuilder", "setup"]


class BookLaTeXBuilder(LaTeXBuilder):
    """Sphinx's LaTeX builder, taught what a printed book needs."""

    name = "latex"

    def assemble_doctree(self, indexfile, toctree_only, appendices):
        tree = super().assemble_doctree(indexfile, toctree_only, appendices)
        parts = dict(self._first_pages(indexfile))
        _drop_screen_pages(tree, self.env)
        _front_matter(tree)
        _print_proofs(tree)
        _print_solutions(tree, self.env)
        for start in list(tree.findall(addnodes.start_of_file)):
            if start["docname"] in parts:
                start.insert(0, _raw(_part(*parts[start["docname"]])))
        return tree

    def _first_pages(self, indexfile):
        """Yield (first page, (caption, numbered)) for each part of the book.

        Sphinx drops the captions of toctrees, and numbers every chapter.
        """
        for toctree in self.env.get_doctree(indexfile).findall(addnodes.toctree):
            if toctree.get("caption") and toctree["includefiles"]:
                numbered = bool(toctree.get("numbered"))
                yield toctree["includefiles"][0], (toctree["caption"], numbered)


def _raw(text: str) -> nodes.raw:
    return nodes.raw("", text, format="latex")


def _part(caption: str, numbered: bool) -> str:
    """A part's title; without numbers its chapters have none either, as on the site."""
    depth = "1" if numbered else "-2"
    return rf"\setcounter{{secnumdepth}}{{{depth}}}\bookpart{{{caption}}}"


def _drop_screen_pages(tree: nodes.document, env) -> None:
    """Leave out the status page (it differs from build to build) and the empty
    page of the bibliography, which LaTeX prints by itself."""
    dropped = set()
    for start in list(tree.findall(addnodes.start_of_file)):
        metadata = env.metadata[start["docname"]]
        if metadata.get("mlph_status") or start["docname"].endswith("bibliography"):
            dropped.add(start["docname"])
            start.parent.remove(start)
    for link in list(tree.findall(nodes.reference)):
        page = link.get("refuri", "").partition("#")[0].removeprefix("%")
        if page in dropped or any(name in link.get("refuri", "") for name in dropped):
            link.replace_self(nodes.inline("", "", *link.children))


def _front_matter(tree: nodes.document) -> None:
    """The index page as one chapter without a number, its sections inside."""
    top = next(tree.findall(nodes.section))
    about = nodes.section(ids=["about-this-book"])
    about += nodes.title(text="About this book")
    for child in top.children[1:]:
        if isinstance(child, addnodes.start_of_file) or _holds_pages(child):
            continue
        top.remove(child)
        about += child
    top.insert(1, [_raw(r"\setcounter{secnumdepth}{-2}"), about])


def _holds_pages(node: nodes.Node) -> bool:
    return any(True for _ in node.findall(addnodes.start_of_file))


def _print_proofs(tree: nodes.document) -> None:
    """Proofs as paragraphs with a box at the end: Sphinx prints an empty title bar."""
    for proof in list(tree.findall(proof_node)):
        inside = [child for box in proof.children for child in box.children]
        proof.replace_self([*inside, _raw(r"\proofend")])


def _print_solutions(tree: nodes.document, env) -> None:
    """Solutions as running text: figures and long code do not fit into a box."""
    for solution in list(tree.findall(solution_node)):
        page = env.sphinx_exercise_registry[solution["label"]]["docname"]
        label = rf"\phantomsection\label{{{page}:{solution['label']}}}"
        title, *content = solution.children
        inside = [
            child
            for part in content
            for child in (part.children if isinstance(part, nodes.section) else [part])
        ]
        heading = nodes.rubric("", "", *title.children)
        solution.replace_self([_raw(label), heading, *inside])


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
    config.latex_elements["preamble"] = "\n".join(
        [config.latex_elements.get("preamble", ""), macros(), superscripts()]
    )


def setup(app: Sphinx) -> None:
    app.add_builder(BookLaTeXBuilder, override=True)
    app.connect("config-inited", _preamble)
