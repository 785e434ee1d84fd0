"""An answer is what stands between its label and the next heading of its rank."""

from __future__ import annotations

import pytest

from mlph_lib.handin.sections import find_sections, section_of


def page(tmp_path, text):
    file = tmp_path / "page.md"
    file.write_text(text, encoding="utf-8")
    return file


def test_the_answers_come_in_the_sheets_order(book):
    found = find_sections(book / "book")
    assert [(s.task, s.points, s.bonus) for s in found] == [
        ("2a", 4, False), ("3a", 2, False),
    ]


def test_text_cells_and_marks(book):
    first, _ = find_sections(book / "book")
    told = [p.text for p in first.pieces if not p.code]
    assert told[0] == "*Comment.*"
    assert told[1] == "This paragraph comes along {cite:p}`massart1990`."
    assert "### Cell 1: draw" in told[2]
    assert not any("Not in the answer" in text or "Cell 2" in text for text in told)
    code = [p.text for p in first.pieces if p.code]
    assert code[0].startswith("n = 100")  # the options of the cell are gone
    assert len(first.before) == 1 and "unused" in first.before[0]


def test_a_marked_paragraph_is_left_out_alone(book):
    _, second = find_sections(book / "book")
    text = "\n".join(p.text for p in second.pieces)
    assert "The next section goes on" not in text
    assert "Clear." in text and "Not handed in" not in text


def test_a_heading_inside_a_fence_ends_nothing(tmp_path):
    file = page(
        tmp_path,
        "(answer-3d)=\n## 3d (2 points)\n\n```text\n## no heading\n```\n\n"
        "````{note}\n```python\n# no heading\n```\n````\nlast\n\n# End\nafter\n",
    )
    (piece,) = section_of(file, "3d").pieces
    assert piece.text.endswith("last") and "after" not in piece.text


def test_a_bonus_is_one(tmp_path):
    file = page(tmp_path, "(answer-2b)=\n## 2b (bonus, 4 points)\n\nx\n")
    assert section_of(file, "2b").bonus


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("## 3a (2 points)\n", "label"),
        ("(answer-3a)=\n\ntext\n", "expected a heading"),
        ("(answer-3a)=\n## The answer\n", "expected the points"),
        ("(answer-3a)=\n## 3a (2 points)\n\n```{code-cell}\nx\n", "does not end"),
    ],
)
def test_what_is_no_answer_is_refused(tmp_path, text, told):
    with pytest.raises(ValueError, match=told):
        section_of(page(tmp_path, text), "3a")


def test_one_task_has_one_answer(book):
    (book / "book" / "twin.md").write_text("(answer-3a)=\n## Again (2 points)\n")
    with pytest.raises(ValueError, match="3a is answered in .* and"):
        find_sections(book / "book")
