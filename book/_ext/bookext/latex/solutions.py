"""Solutions: folded under their exercise on the site, in an appendix in print."""

from __future__ import annotations

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.util.texescape import escape
from sphinx_exercise.nodes import is_exercise_node, solution_node

__all__ = ["move_solutions", "setup"]

TITLE = "Solutions to the exercises"
ABOUT = (
    "Try each exercise first. A solution goes on where its chapter stopped: its code "
    "uses the names of the cells there, and its figures and equations count on."
)

FRAME, COLUMNS = 6, 75  # lines that the frame of an exercise takes; letters a line


class FromPage(nodes.General, nodes.Element):
    """Nodes of another page: their labels are those of that page."""


def move_solutions(tree: nodes.document, env) -> nodes.section | None:
    """Take the solutions out of the chapters; a chapter of its own holds them."""
    groups = []
    for page in tree.findall(addnodes.start_of_file):
        found = list(page.findall(solution_node))
        if found:
            groups.append(_group(page, found))
    if not groups:
        return None
    chapter = nodes.section("", nodes.title(text=TITLE), ids=["solutions"])
    chapter += nodes.paragraph(text=ABOUT)
    chapter += [_raw(r"\begin{solutions}"), *groups, _raw(r"\end{solutions}")]
    return chapter


def _raw(text: str) -> nodes.raw:
    return nodes.raw("", text, format="latex")


def _group(page: addnodes.start_of_file, found: list[solution_node]) -> nodes.section:
    """The solutions of one chapter, as a section named after it."""
    section = page.next_node(nodes.section)
    title = section.next_node(nodes.title)
    label = f"{page['docname']}:{section['ids'][0]}"
    group = nodes.section("", ids=[f"solutions-{section['ids'][0]}"])
    group += nodes.title("", "", _raw(rf"\solutionsof{{{label}}}"),
                         *(child.deepcopy() for child in title.children))
    moved = FromPage(docname=page["docname"])
    exercises = {node["label"]: node for node in page.findall(is_exercise_node)}
    _keep_last_two([exercises[solution["target_label"]] for solution in found])
    for solution in found:
        moved += _move(page["docname"], solution, exercises)
    group += moved
    return group


def _keep_last_two(exercises: list[nodes.Element]) -> None:
    """The last exercise of a chapter does not stand alone on its last page."""
    if len(exercises) > 1:
        place = exercises[-2].parent
        start, end = (place.index(box) for box in exercises[-2:])
        tried = [n for n in place[start + 1 : end] if not isinstance(n, solution_node)]
        lines = sum(FRAME + len(box.astext()) // COLUMNS for box in exercises[-2:])
        lines += sum(len(node.astext().splitlines()) for node in tried)
        place.insert(start, _raw(rf"\lasttwo{{{lines}}}"))


def _move(page: str, solution: solution_node, exercises: dict) -> list[nodes.Node]:
    """A solution as running text: figures and long code do not fit into a box.

    What it counts is counted where it stood, so that every number is the site's.
    """
    label, target = solution["label"], solution["target_label"]
    title, *content = solution.children
    inside = [
        child
        for part in content
        for child in (part.children if isinstance(part, nodes.section) else [part])
    ]
    counts = "".join(f"{{{count}}}" for count in _counted(inside))
    solution.replace_self(_raw(rf"\solutionleft{{{label}}}{counts}"))
    exercises[target] += _raw(rf"\solutionon{{{page}:{label}}}")
    return [
        _raw(rf"\solution{{{page}:{label}}}{{{label}}}{{exercise:{target}}}"
             rf"{{{escape(_name(title), 'xelatex')}}}"),
        *inside,
    ]


def _name(title: nodes.title) -> str:
    """The exercise's own title: "Exercise 2.1 (The future is not seen)"."""
    return title.astext().removeprefix("Solution to ").strip()


def _counted(inside: list[nodes.Node]) -> tuple[int, int, int]:
    """How many figures, tables and equations of a solution have a number."""
    def count(kind, told) -> int:
        return sum(bool(told(node)) for top in inside for node in top.findall(kind))

    def captioned(node: nodes.Element) -> bool:
        return any(isinstance(c, (nodes.caption, nodes.title)) for c in node.children)

    return (
        count(nodes.figure, captioned),
        count(nodes.table, captioned),
        count(nodes.math_block, lambda node: node.get("number")),
    )


def _enter(writer, node: FromPage) -> None:
    writer.curfilestack.append(node["docname"])


def _leave(writer, node: FromPage) -> None:
    writer.curfilestack.pop()


def setup(app: Sphinx) -> None:
    app.add_node(FromPage, latex=(_enter, _leave))
