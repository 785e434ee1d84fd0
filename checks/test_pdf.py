"""The printed book: its log, its fonts and pages, and its numbers beside the site's."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from checks import numbers, pages, pdf

ROOT = Path(__file__).resolve().parents[1]
METADATA = {
    "title": "One Uniform Number",
    "author": "the One Uniform Number authors",
    "subject": "Machine Learning and Physics, sheet 9",
    "keywords": "quantile function",
    "language": "en",
}
SOLUTIONS = "Solutions to the exercises"
SOLUTION = re.compile(r"^:label: (sol-\S+)$", re.M)
# LaTeX prints its own bibliography; the status page differs from build to build
NOT_PRINTED = {"appendix/status", "appendix/bibliography"}


def told(problems: list[str]) -> str:
    return "\n" + "\n".join(problems)


def parts() -> list[dict]:
    return yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))["parts"]


def printed_pages() -> list[str]:
    names = [chapter["file"] for part in parts() for chapter in part["chapters"]]
    return [name for name in names if name not in NOT_PRINTED]


def heading(name: str) -> str:
    lines = (ROOT / "book" / f"{name}.md").read_text(encoding="utf-8").splitlines()
    first = next(line for line in lines if line.startswith("# "))
    return first.removeprefix("# ").replace("`", "")


@pytest.fixture(scope="module")
def on_site(site) -> numbers.Numbers:
    return numbers.of_site(site)


def test_latex_has_nothing_to_complain_about(latex_log):
    problems = pdf.log_problems(latex_log)
    assert not problems, told(problems)


def test_the_log_is_that_of_a_whole_run(latex_log):
    assert "Output written on" in latex_log


def test_the_pdf_is_whole(pdf_file):
    chapters = [heading(name) for name in printed_pages()]
    added = ["About this book", SOLUTIONS, "Bibliography", "Index"]
    problems = pdf.pdf_problems(
        pdf_file,
        metadata=METADATA,
        chapters=[*chapters, *added],
        # a chapter has about ten pages and two of solutions, the appendix about fifty
        pages=(8 * len(chapters), 40 + 20 * len(chapters)),
    )
    assert not problems, told(problems)


def test_parts_stand_in_the_contents(pdf_file):
    captions = [part["caption"] for part in parts()]
    assert pdf.parts_of(pdf_file) == ["About this book", *captions]


def test_solutions_stand_in_the_appendix(latex):
    labels = [
        f"{name}:{label}"
        for name in printed_pages()
        for label in SOLUTION.findall((ROOT / "book" / f"{name}.md").read_text("utf-8"))
    ]
    assert labels, "no solution at all"
    aux = (latex / "one-uniform-number.aux").read_text(encoding="utf-8")
    problems = pages.late_solutions(aux, labels, "index:solutions")
    assert not problems, told(problems)


def test_the_index_holds_terms_and_functions(latex):
    entries = (latex / "one-uniform-number.ind").read_text(encoding="utf-8")
    for entry in ("quantile function", "residual stream", "from\\_pdf"):
        assert entry in entries, f"no {entry!r} in the index"


def test_site_and_print_show_the_same_numbers(on_site, latex):
    files = (latex / f"one-uniform-number.{kind}" for kind in ("aux", "tex"))
    in_print = numbers.of_print(*(path.read_text(encoding="utf-8") for path in files))
    problems = numbers.differences(on_site, in_print)
    assert not problems, told(problems)
    pages = {page for page, _ in in_print}
    assert set(printed_pages()) <= pages, "a chapter has no label in print"
    for kind in ("fig-", "eq-", "ex-", "thm-"):
        assert any(label.startswith(kind) for _, label in on_site), f"no {kind} at all"


def test_references_show_the_number_of_what_they_lead_to(site, on_site):
    problems = numbers.stray_references(site, on_site)
    assert not problems, told(problems)
