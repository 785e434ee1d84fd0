"""A recording is asked for by a cell, shown with its origin, and not stale."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from bookext.replays import unasked

ROOT = Path(__file__).resolve().parents[2]
QUESTION = '''

def doubled(model, of=2):
    """Twice a number."""
    return {"twice": model * of}


def small():
    return 3
'''
RECORD = '''
from mlph_lib.idea import doubled, small
from mlph_lib.recordings import Rehearsal, record
facts = {
    "model": {"name": "Twenty-one", "revision": "1", "digest": "0" * 64},
    "device": {"kind": "cpu", "name": "A desk_top"},
    "versions": {k: "1" for k in ("python", "numpy", "torch", "transformers")},
    "dtype": "float64", "attention": "none", "batch_shape": [1], "seconds": 0.1,
    "recorded_at": "2026-01-02", "recorded_by": "someone", "published": [],
}
record("toy/doubled", doubled, {}, doubled(21), facts, Rehearsal(small, {"of": 5}),
       root="recordings")
'''
CELL = '''
```{code-cell} ipython3
from mlph_lib.idea import doubled
from mlph_lib.page import ask
from mlph_lib.recordings import Recordings
ask(doubled, Recordings("toy"), of=2)["twice"]
```
'''


def run(book, *command: str) -> None:
    env = os.environ | {"PYTHONPATH": str(book.root / "src")}
    done = subprocess.run(
        [sys.executable, *command], env=env, cwd=book.root, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


@pytest.fixture
def replaying(little):
    """A little book with one measured recording, asked for in a cell."""
    little.idea.write_text(little.idea.read_text() + QUESTION)
    (little.root / "recordings").mkdir()
    run(little, "-c", RECORD)
    little.page.write_text(little.page.read_text() + CELL)
    return little


def refused(book) -> str:
    done = book.build()
    assert done.returncode != 0
    return done.stdout + done.stderr


def test_a_replayed_cell_shows_its_origin_on_screen_and_in_print(replaying):
    done = replaying.build()
    assert done.returncode == 0, done.stdout + done.stderr
    assert (
        '<p class="provenance" data-recording="toy/doubled"><strong>Replayed.</strong> '
        "<span>Model: Twenty-one, float64.</span> <span>Device: A desk_top.</span>"
    ) in replaying.html()
    replaying.page.write_text(replaying.page.read_text() + "\nOne sentence more.\n")
    again = replaying.build()  # read anew, its outputs from the cache
    assert again.returncode == 0 and "Executing notebook" not in again.stdout
    assert 'data-recording="toy/doubled"' in replaying.html()
    assert replaying.build("latex").returncode == 0
    tex = next((replaying.root / "_build/latex").glob("*.tex")).read_text()
    assert r"Device: A desk\_top." in tex and "When: 2026\\sphinxhyphen{}01" in tex


def test_a_recording_that_no_cell_asks_for_stops_every_build(replaying):
    replaying.page.write_text(replaying.page.read_text().removesuffix(CELL))
    for _ in range(2):  # the second reads no page anew
        assert "no cell of the book shows the recording toy/doubled" in refused(replaying)


def test_a_recorded_function_that_changed_stops_the_build(replaying):
    text = replaying.idea.read_text()
    replaying.idea.write_text(text.replace("Twice a number", "A number, twice"))
    assert replaying.build().returncode == 0
    replaying.idea.write_text(text.replace("model * of", "model + of"))
    said = refused(replaying)
    assert "first.md:" in said and "toy/doubled.json" in said
    assert "mlph recordings accept toy/doubled" in said


def test_changed_bytes_stop_the_build(replaying):
    file = replaying.root / "recordings" / "toy" / "doubled.json"
    file.write_text(file.read_text().replace('"twice": 42', '"twice": 43'))
    said = refused(replaying)
    assert "first.md:" in said and "toy/doubled.json: its sha256 is" in said


def test_every_recording_is_asked_for_by_a_page():
    assert unasked(ROOT) == []


@pytest.mark.parametrize(
    ("cell", "asked"),
    [
        ('ask(greedy, Recordings("toy"), prompt="", ids=[1, 2])', True),
        ('toy = Recordings("toy")\nq.ask(q.greedy, toy, prompt="")', True),
        ('ask(greedy, Recordings("toy"), prompt=any_prompt)', True),
        ('ask(greedy, Recordings("toy"), prompt="a")', False),
        ('ask(greedy, Recordings("toy"), prompt="", more=1)', False),
        ('ask(pieces, Recordings("toy"), prompt="")', False),
        ('ask(greedy, Recordings("other"), prompt="")', False),
        ('# ask(greedy, Recordings("toy"), prompt="")', False),
    ],
)
def test_the_sources_tell_what_no_cell_asks_for(tmp_path, cell, asked):
    recording = tmp_path / "recordings" / "toy"
    recording.mkdir(parents=True)
    fields = {"question": "greedy", "request": {"prompt": "", "ids": [1, 2]}}
    (recording / "a.json").write_text(json.dumps({"predicate": fields}))
    (recording.parent / "lock.json").write_text('{"toy/a": {}}')
    (tmp_path / "book").mkdir()
    page = tmp_path / "book" / "page.md"
    page.write_text(f"# T\n\n```{{code-cell}} ipython3\n{cell}\n```\n")
    assert unasked(tmp_path) == ([] if asked else ["toy/a"])
