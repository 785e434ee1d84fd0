"""Sphinx's LaTeX builder, taught what a printed book needs."""

from __future__ import annotations

from docutils import nodes
from sphinx import addnodes
from sphinx.builders.latex import LaTeXBuilder
from sphinx_proof.nodes import proof_node

from bookext.latex.index import plain_index
from bookext.latex.parts import open_parts
from bookext.latex.solutions import move_solutions

__all__ = ["BookLaTeXBuilder"]

WHOLE, KEPT = 9, 6  # lines: cells up to the first stay whole, of others so many
HEADING = 4  # lines that a small heading above takes
TURNED = "<!-- upside down -->"  # what mlph_lib.page.quiz puts before an answer


class BookLaTeXBuilder(LaTeXBuilder):
    """The whole book as one document, changed where paper differs from a screen."""

    name = "latex"

    def assemble_doctree(self, indexfile, toctree_only, appendices):
        tree = super().assemble_doctree(indexfile, toctree_only, appendices)
        dropped = _drop_screen_pages(tree, self.env)
        _front_matter(tree)
        _print_proofs(tree)
        _turn_answers(tree)
        _works_without_footnotes(tree)
        _keep_lines(tree)
        plain_index(tree)
        solutions = move_solutions(tree, self.env)
        open_parts(tree, self.env, indexfile, solutions, dropped)
        _keep_headings(tree)
        return tree


def _drop_screen_pages(tree: nodes.document, env) -> set[str]:
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
            link.replace_self(_elsewhere(link))
    return dropped


def _elsewhere(link: nodes.reference) -> nodes.Node | list[nodes.Node]:
    """A link to LaTeX's own bibliography, or its words alone."""
    if not link["refuri"].endswith("bibliography"):
        return nodes.inline("", "", *link.children)
    start, end = (nodes.raw("", tex, format="latex")
                  for tex in (r"\hyperref[book:bibliography]{", "}"))
    return [start, *link.children, end]


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
    top.insert(1, [nodes.raw("", r"\unnumbered", format="latex"), about])


def _holds_pages(node: nodes.Node) -> bool:
    return any(True for _ in node.findall(addnodes.start_of_file))


def _print_proofs(tree: nodes.document) -> None:
    """Proofs as paragraphs with a box at the end: Sphinx prints an empty title bar."""
    for proof in list(tree.findall(proof_node)):
        inside = [child for box in proof.children for child in box.children]
        _lead(inside[0])
        if isinstance(inside[-1], nodes.paragraph):
            inside[-1] += nodes.raw("", r"\proofends", format="latex")
        else:  # a formula or a list: the box has a line of its own
            inside.append(nodes.raw("", r"\proofend", format="latex"))
        proof.replace_self(inside)


def _lead(first: nodes.Node) -> None:
    """The word "Proof." in italics."""
    word = first.next_node(nodes.Text)
    if word is not None and word.startswith("Proof."):
        rest = nodes.Text(word.removeprefix("Proof."))
        word.parent.replace(word, [nodes.emphasis(text="Proof."), rest])


def _turn_answers(tree: nodes.document) -> None:
    """The answer to a box that readers try on the site, upside down in print."""
    for mark in list(tree.findall(nodes.raw)):
        if mark.astext().strip() == TURNED:
            answer = mark.next_node(nodes.paragraph, siblings=True, descend=False)
            answer.insert(0, nodes.raw("", r"\turned{", format="latex"))
            answer += nodes.raw("", "}", format="latex")
            mark.parent.remove(mark)


def _keep_lines(tree: nodes.document) -> None:
    """A short cell on one page, and of a long one more than a line or two."""
    for cell in [*tree.findall(nodes.literal_block), *tree.findall(nodes.doctest_block)]:
        lines = cell.astext().count("\n") + 1
        kept = lines if lines <= WHOLE else KEPT
        first, place = cell, cell.parent.index(cell)
        if place and isinstance(cell.parent[place - 1], nodes.rubric):
            first, kept = cell.parent[place - 1], kept + HEADING
        raw = nodes.raw("", rf"\keeplines{{{kept}}}", format="latex")
        first.parent.insert(first.parent.index(first), raw)


def _keep_headings(tree: nodes.document) -> None:
    """Room for a heading and some of the box or cell right below it: LaTeX keeps a
    heading with a paragraph only."""
    for section in list(tree.findall(nodes.section))[1:]:  # the first is the book
        below = (c for c in section.children[1:] if not isinstance(c, nodes.Invisible))
        first = next(below, None)
        if first is not None and not isinstance(first, nodes.paragraph):
            # inside: a label right above a section is the section's
            section.insert(0, nodes.raw("", r"\keepheading", format="latex"))


def _works_without_footnotes(tree: nodes.document) -> None:
    """A cited work shows its address itself: a footnote would only repeat it."""
    for work in tree.findall(nodes.citation):
        for note in list(work.findall(nodes.footnote)):
            note.parent.remove(note)
        for mark in list(work.findall(nodes.footnote_reference)):
            mark.parent.remove(mark)
