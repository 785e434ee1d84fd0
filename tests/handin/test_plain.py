"""No directive, role or label of MyST is left for plain Jupyter to show."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlph_lib.handin.citations import Citations
from mlph_lib.handin.index import Index, Target, equations_in, macros
from mlph_lib.handin.plain import Converter, leftovers
from mlph_lib.handin.sections import Piece

ROOT = Path(__file__).resolve().parents[2]
PAGE = Path("page.md")


@pytest.fixture
def converter():
    targets = {
        "chapter": Target("chapter", "A chapter", PAGE),
        "section": Target("section", "A section", PAGE),
        "inside": Target("section", "A part of it", PAGE),
        "thm": Target("prf:theorem", "Pythagoras", PAGE),
    }
    index = Index(targets, {"eq-far": "a = b"})
    citations = Citations([ROOT / "book" / "references-ch123.bib"])
    here = {"eq-here", "fig-here", "inside"}
    return Converter(index, citations, here, {"3a"}, {r"\P": r"\mathrm{P}"}, PAGE, 1)


def plain(converter, text):
    return [block.text for block in converter.blocks(Piece(False, text, 1))]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("see {ref}`answer-3a`", "see 3a"),
        ("see {ref}`the first <answer-3a>`", "see the first"),
        ("the {ref}`chapter on it <chapter>`", "the chapter on it"),
        ("in {ref}`inside`", "in *A part of it*"),
        ("by {prf:ref}`thm`", "by theorem *Pythagoras* of the book"),
        ("by {eq}`eq-here`", "by (⟦eq:eq-here⟧)"),
        ("in {numref}`fig-here`", "in ⟦fig:fig-here⟧"),
        ("{glue:text}`key` of them", "⟦n:key⟧ of them"),
        ("{quoted}`63 %` off", "63 % off"),
        ("{py:func}`~mlph_lib.transport.box_muller`", "`box_muller`"),
        ("{cite:t}`boxmuller1958`", "Box and Muller (1958)"),
        ("x {cite:p}`massart1990,boxmuller1958`", "x (Massart, 1990; Box and Muller, 1958)"),
        ("x {cite:p}`massart1990` (Theorem 1 there).", "x (Massart, 1990, Theorem 1)."),
        ("$\\P(X)$ and $\\Psi$", "$\\mathrm{P}(X)$ and $\\Psi$"),
        ("a (see {ref}`section`) b.", "a b."),
        ("One.\nTwo {ref}`section`.\nThree.", "One.\nThree."),
        ("| {ref}`section` |", "| *A section* |"),
        ("(label)=\n% a comment\ntext", "text"),
        ("## Head {ref}`answer-3a`", "### Head 3a"),
        ("```{note}\nMind.\n```", "**Note.**\n\nMind."),
        (":::{admonition} Title\n:class: tip\n\nMind.\n:::", "**Title.**\n\nMind."),
        ("````{prf:lemma} Name\n:label: l\n\nTrue.\n````", "**Lemma (Name).**\n\nTrue."),
        ("```{prf:proof}\nClear.\n```", "*Proof.*\n\nClear. $\\square$"),
        ("```python\n{ref}`x`\n\n\n\ny\n```", "```python\n{ref}`x`\n\n\n\ny\n```"),
        ("$$\na\n$$ (eq-here)", "$$\na \\tag{⟦tag:eq-here⟧}\n$$"),
        ("```{math}\n:label: eq-here\na\n```", "$$\na \\tag{⟦tag:eq-here⟧}\n$$"),
        ("```{index} a term\n```\n\nMind.", "Mind."),
        ("```{table}\n:widths: 1 2\n\n| a |\n|:--|\n```", "| a |\n|:--|"),
    ],
)
def test_what_plain_jupyter_shows(converter, text, shown):
    assert plain(converter, text) == [shown]


def test_an_equation_from_elsewhere_is_set_once(converter):
    first, = plain(converter, "By {eq}`eq-far`\nit holds.\n\nAgain {eq}`eq-far`.")
    assert first == (
        "By (⟦eq:eq-far⟧)\nit holds.\n\nHere equation (⟦eq:eq-far⟧) is\n\n"
        "$$\na = b \\tag{⟦tag:eq-far⟧}\n$$\n\nAgain (⟦eq:eq-far⟧)."
    )


def test_a_caption_goes_apart(converter):
    text = "a\n\n```{glue:figure} key\n:name: fig-here\n\nTells $x$.\n```\nb"
    assert plain(converter, text) == ["a", "**⟦fig:fig-here⟧.** Tells $x$.", "b"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("x\n\n```{mermaid}\ny\n```", r"page.md, near line .*\{mermaid\}"),
        ("{bogus}`x`", r"\{bogus\}"),
        ("by {eq}`eq-none`", "eq-none"),
        ("by {prf:ref}`none`", "none"),
        ("one that goes on\nto {ref}`section`.", "one sentence a line"),
        ("To {ref}`section` and\non.", "one sentence a line"),
        ("```{note}\nx", "does not end"),
        ("$$\nx", "does not end"),
    ],
)
def test_what_has_no_plain_form_is_refused(converter, text, told):
    with pytest.raises(ValueError, match=told):
        plain(converter, text)


def test_an_unknown_citation_is_refused(converter):
    with pytest.raises(ValueError, match="nobody1900"):
        plain(converter, "{cite:p}`nobody1900`")


@pytest.mark.parametrize(
    "text",
    ["{ref}`a`", "```{note}", ":::{tip}", "(label)=", "$$ (eq-a)", "⟦n:x⟧", "{{ x }}",
     "% hand-in: no"],
)
def test_leftovers_are_seen(text):
    assert leftovers(f"before\n{text}\nafter")


def test_two_works_of_one_author_and_year_get_letters(tmp_path):
    entry = "@book{%s,author={Doe, Jo},title={%s},publisher={P},year={2000}}\n"
    (tmp_path / "a.bib").write_text(entry % ("x", "X") + entry % ("y", "Y"))
    citations = Citations([tmp_path / "a.bib"])
    assert citations.cite("y", textual=True) == "Doe (2000b)"
    assert citations.listed() == ["Doe (2000b): *Y*, P."]


def test_equations_are_found_in_both_spellings():
    text = "$$\na\n$$ (one)\n\n$$\nb\n$$\n\n```{math}\n:label: two\n\nc\n```\n"
    assert equations_in(text) == {"one": "a", "two": "c"}


def test_the_books_own_macros_are_read():
    assert macros(ROOT)[r"\dd"] == r"\mathrm{d}"
