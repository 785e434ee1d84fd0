"""Parts: a page each, with the part's chapters and what they ask."""

from __future__ import annotations

from collections.abc import Iterator

from docutils import nodes
from sphinx import addnodes
from sphinx.util.texescape import escape

__all__ = ["open_parts"]

ASKS = "The question"
SOLUTIONS = ("index:solutions", "Solutions to the exercises", "Every exercise, solved.")
# what LaTeX adds behind the last page of the book
ADDED = (
    ("book:bibliography", "Bibliography", "The works that the book cites."),
    ("book:index", "Index", "Terms, and the functions of the library."),
)


def open_parts(
    tree: nodes.document, env, indexfile: str, solutions: nodes.section | None,
    dropped: set[str],
) -> None:
    """Put a part's page before its first chapter; the solutions open the last part.

    Sphinx drops the captions of toctrees, and numbers every chapter.
    """
    pages = {page["docname"]: page for page in tree.findall(addnodes.start_of_file)}
    toctrees = [
        toctree for toctree in env.get_doctree(indexfile).findall(addnodes.toctree)
        if toctree.get("caption") and toctree["includefiles"]
    ]
    for toctree in toctrees:
        names = [name for name in toctree["includefiles"] if name not in dropped]
        chapters = [chapter for name in names for chapter in _chapter(pages[name])]
        first = pages[names[0]]
        last = toctree is toctrees[-1]
        if last and solutions is not None:
            first.parent.insert(first.parent.index(first), solutions)
            chapters.insert(0, _added(*SOLUTIONS))
            first = solutions
        if last:
            chapters += [_added(*each) for each in ADDED]
        place = first.parent.index(first)
        first.parent.insert(place, _page(toctree, chapters))


def _raw(text: str) -> nodes.raw:
    return nodes.raw("", text, format="latex")


def _page(toctree: addnodes.toctree, chapters: list[nodes.Node]) -> list[nodes.Node]:
    """A part's title and chapters; without numbers its chapters have none either."""
    numbered = bool(toctree.get("numbered"))
    kind = "numbered" if numbered else "unnumbered"
    caption = escape(toctree["caption"], "xelatex")
    lines = [node for chapter in chapters for node in chapter]
    return [_raw(rf"\{kind}\begin{{{kind}part}}{{{caption}}}"), *lines,
            _raw(rf"\end{{{kind}part}}")]


def _chapter(page: addnodes.start_of_file) -> Iterator[list[nodes.Node]]:
    for section in page.findall(nodes.section):
        yield _line(f"{page['docname']}:{section['ids'][0]}", section)
        return


def _line(label: str, section: nodes.section) -> list[nodes.Node]:
    """A chapter's number, title and page as LaTeX knows them, and its question."""
    title = escape(section.next_node(nodes.title).astext(), "xelatex")
    asked = nodes.paragraph("", "", *_question(section))
    return [_raw(rf"\partchapter{{{label}}}{{{title}}}"), asked]


def _question(section: nodes.section) -> list[nodes.Node]:
    """What the frame at the chapter's top says that it asks; else its description."""
    for item in section.findall(nodes.list_item):
        lead = item.next_node(nodes.strong)
        if lead is not None and lead.astext() == ASKS:
            behind = lead.parent.children[lead.parent.index(lead) + 1 :]
            first, *rest = (child.deepcopy() for child in behind)
            first = first.astext().removeprefix(":").lstrip()
            return [nodes.Text(first[:1].upper() + first[1:]), *rest]
    for meta in section.document.findall(nodes.meta) if section.document else ():
        return [nodes.Text(meta["content"])]
    return []


def _added(label: str, title: str, words: str) -> list[nodes.Node]:
    return [_raw(rf"\partchapter{{{label}}}{{{title}}}"), nodes.paragraph(text=words)]
