"""What a reader sees of the recordings; and those of the book are in order."""

from __future__ import annotations

from pathlib import Path

from mlph_lib import recordings

ROOT = Path(__file__).resolve().parents[2] / "recordings"


def test_the_recordings_of_the_book_are_in_order():
    assert recordings.problems(ROOT) == []


def test_one_line_each(root, toy):
    toy.load()
    lines = [recordings.summary(name, root) for name in recordings.names(root)]
    assert lines == [
        "toy/more  measured  powers(n=5)", "toy/powers  measured  powers(n=3)",
    ]


def test_one_recording_in_words(root, toy):
    toy.load()
    said = recordings.describe("toy/powers", root).splitlines()
    assert said[0] == "toy/powers  measured  powers(n=3)"
    assert said[1].startswith("Replayed. Model: Seven, float16.")
    assert "powers: float64 (3,) [1.0, 7.0, 49.0]" in said and "twice: 14.0" in said


def test_what_is_not_told_is_said():
    said = recordings.describe("llama-2-7b-chat/course-embedding-sun", ROOT)
    assert "not told: pieces, vectors" in said and "shape: [2, 4096]" in said
