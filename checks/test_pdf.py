"""The printed book: its log, its fonts and pages, and its numbers beside the site's."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from checks import numbers, pdf

ROOT = Path(__file__).resolve().parents[1]
TITLE, AUTHOR = "One Uniform Number", "the One Uniform Number authors"
# LaTeX prints its own bibliography; the status page differs from build to build
NOT_PRINTED = {"appendix/status", "appendix/bibliography"}


def told(problems: list[str]) -> str:
    return "\n" + "\n".join(problems)


def printed_pages() -> list[str]:
    parts = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))["parts"]
    names = [chapter["file"] for part in parts for chapter in part["chapters"]]
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
    least = 3 * len(chapters)
    problems = pdf.pdf_problems(
        pdf_file, title=TITLE, author=AUTHOR, chapters=chapters, pages=(least, 400)
    )
    assert not problems, told(problems)


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
