"""The course's run as the book holds it: copied whole, and nothing added."""

from __future__ import annotations

import json
import math
import shutil
from pathlib import Path

import pytest

from mlph_lib import questions, recordings
from mlph_lib.recordings import (
    ChangedBytesError,
    MissingFieldError,
    NotRecordedError,
    RecordingError,
    Recordings,
    WrongMeaningError,
    ask,
    transcribe,
)
from mlph_lib.recordings.manifest import PROVENANCE
from mlph_lib.recordings.plain import full_request

ROOT = Path(__file__).resolve().parents[2] / "recordings"
SOURCE = "llama-2-7b-chat"
ASKED = [
    ("module_tree", {}),
    ("pieces", {"ids": list(range(5100, 5110))}),
    ("embedding", {"text": "sun"}),
    ("next_tokens", {"prompt": "My favorite composer is", "top": 7}),
    ("greedy", {"prompt": "", "max_new_tokens": 30}),
]


def replay(name: str, **request):
    course = Recordings(SOURCE, "transcribed", root=ROOT)
    return ask(questions.QUESTIONS[name], course, **request)


@pytest.fixture
def copy(tmp_path):
    """The transcript alone, with a lock."""
    root = tmp_path / "recordings"
    (root / "transcripts").mkdir(parents=True)
    shutil.copy(ROOT / f"transcripts/{SOURCE}.json", root / "transcripts")
    shutil.copy(ROOT / "facts.json", root)
    transcribe(SOURCE, root)
    return root


def test_made_anew_the_recordings_are_the_same_bytes(copy):
    made = [f for f in copy.rglob("*") if f.is_file() and f.name != "lock.json"]
    assert len(made) == 12
    for file in made:
        assert file.read_bytes() == (ROOT / file.relative_to(copy)).read_bytes()
    ours, theirs = (json.loads((r / "lock.json").read_text()) for r in (copy, ROOT))
    assert ours.items() <= theirs.items()


@pytest.mark.parametrize(("name", "request_"), ASKED)
def test_the_book_asks_as_it_asks_a_live_model(name, request_):
    answer = replay(name, **request_)
    assert answer.provenance.kind == "transcribed"
    full = full_request(questions.QUESTIONS[name], request_)
    assert full == request_, "a default is missing in the transcript"


def test_what_the_source_tells():
    assert replay("pieces", ids=list(range(5100, 5110)))["texts"][:3] == [
        "compet", "pair", "inglés",
    ]
    sun = replay("embedding", text="sun")
    assert sun["ids"].tolist() == [1, 6575] and sun["shape"] == [2, 4096]
    composers = replay("next_tokens", prompt="My favorite composer is")
    told = dict(zip(composers["top_texts"], composers["top_probabilities"], strict=True))
    assert told["Moz"] == 0.25 and told["Ludwig"] == 0.08 and len(told) == 7
    assert all(p == round(p, composers["decimals"]) for p in told.values())
    said = replay("greedy")["filtered_texts"]
    assert " ".join(t for t in said[22:]) == "werk  sind two different German words that"


def test_the_rows_of_the_module_tree_add_up_to_every_parameter():
    tree = replay("module_tree")["modules"]
    sizes = [math.prod(row["weight"]) * row["copies"] for row in tree if row["weight"]]
    published = recordings.facts("chat-files", ROOT)
    assert sum(sizes) == published["parameters"] == 6_738_415_616


def test_the_provenance_names_what_is_not_recorded():
    assert str(replay("greedy").provenance) == (
        "Replayed. Model: meta-llama/Llama-2-7b-chat-hf, float16. Device: cuda, name "
        "not recorded. When: not recorded. By: the course (sciai-lab). Transcribed "
        "from: sciai-lab/mlph_w24, commit 7b3801d, sheet09/sheet09.ipynb."
    )


@pytest.mark.parametrize(
    ("name", "request_", "untold"),
    [
        ("greedy", {}, ("ids", "pieces", "log_probabilities", "text")),
        ("next_tokens", ASKED[3][1], ("logits", "top_ids", "top_pieces", "entropy")),
        ("embedding", {"text": "sun"}, ("vectors", "pieces")),
        ("module_tree", {}, ("parameters",)),
    ],
)
def test_what_the_source_does_not_tell_is_an_error(name, request_, untold):
    answer = replay(name, **request_)
    for key in untold:
        with pytest.raises(NotRecordedError, match="is not recorded in"):
            answer[key]


def test_every_unknown_of_the_provenance_is_an_explicit_null(copy):
    path = copy / SOURCE / "course-pieces.json"
    fields = json.loads(path.read_text())["predicate"]
    for field in PROVENANCE:
        first, _, second = field.partition(".")
        assert (second in fields[first]) if second else (first in fields)
    assert fields["device"]["name"] is fields["versions"]["torch"] is None
    assert "code" not in fields


def edited(root: Path, change) -> None:
    path = root / f"transcripts/{SOURCE}.json"
    transcript = json.loads(path.read_text())
    change(transcript)
    path.write_text(json.dumps(transcript))


def test_an_edit_of_the_transcript_is_found(copy):
    assert recordings.problems(copy) == []
    edited(copy, lambda t: t["recordings"][1]["values"].update(vocabulary=32001))
    (problem,) = recordings.problems(copy)
    assert isinstance(problem, ChangedBytesError)
    assert "course-pieces.json is not what" in str(problem)
    transcribe(SOURCE, copy)
    assert recordings.problems(copy) == []


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (lambda t: t["provenance"].pop("seconds"), MissingFieldError),
        (lambda t: t["provenance"]["device"].pop("name"), MissingFieldError),
        (lambda t: t["source"].pop("file"), MissingFieldError),
        (lambda t: t["source"].update(commit=None), MissingFieldError),
        (lambda t: t["source"].update(commit="main"), MissingFieldError),
        (lambda t: t["recordings"][0].update(notes=None), MissingFieldError),
        (lambda t: t["recordings"][3]["arrays"].update(top_probabilities=[0.1, 0.2]),
         WrongMeaningError),
        (lambda t: t["recordings"][4]["values"]["filtered_texts"].pop(),
         WrongMeaningError),
    ],
)
def test_a_transcript_with_a_gap_writes_nothing(copy, change, error):
    before = {f: f.read_bytes() for f in copy.rglob("*.safetensors")}
    edited(copy, change)
    with pytest.raises(error, match=SOURCE):
        transcribe(SOURCE, copy)
    assert {f: f.read_bytes() for f in copy.rglob("*.safetensors")} == before


def test_no_transcript_and_no_acceptance():
    with pytest.raises(RecordingError, match="no such transcript"):
        transcribe("nonesuch", ROOT)
    with pytest.raises(RecordingError, match="depends on no code of ours"):
        recordings.accept(f"{SOURCE}/course-pieces", "some words of reason", ROOT)


def test_what_is_measured_goes_before_what_is_transcribed(copy, known, toy):
    room = toy.load()
    edited(copy, lambda t: t["recordings"].append({
        "name": "powers", "question": "powers", "request": {"n": 3}, "notes": "",
        "arrays": {"powers": [1.0, 7.0, 49.0]}, "values": {"twice": None},
    }))
    transcribe(SOURCE, copy)
    recordings.record(
        f"{SOURCE}/measured", room.powers, {}, room.powers(7.0), known,
        recordings.Rehearsal(room.small, {}), root=copy,
    )
    assert recordings.problems(copy) == []
    kinds = {
        kind: ask(room.powers, Recordings(SOURCE, kind, root=copy)).provenance.kind
        for kind in (None, "measured", "transcribed")
    }
    assert kinds == {
        None: "measured", "measured": "measured", "transcribed": "transcribed",
    }
