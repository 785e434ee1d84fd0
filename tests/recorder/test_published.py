"""The loaded model beside published values; the small model stands in for the large."""

import json
import shutil
import string
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from mlph_lib import recordings
from mlph_lib.llama import LlamaConfig
from mlph_lib.questions import greedy, next_tokens
from mlph_lib.recorder import Ask, Known, command, published, record
from mlph_lib.recorder.known import CHAT
from mlph_lib.recorder.plan import COMPOSER, PLAN
from mlph_lib.recorder.published import follows, measured
from mlph_lib.recorder.run import _rehearsal

RECORDINGS = Path(__file__).resolve().parents[2] / "recordings"


@pytest.fixture
def root(checkout, lm, monkeypatch):
    """Recordings in which the small model's own outputs are the published ones."""
    plan = [Ask("pieces", a.question, {"ids": [5, 300]}) if a.name == "pieces" else a
            for a in PLAN]
    monkeypatch.setattr(published, "PLAN", plan)
    root = checkout / "recordings"
    shutil.copytree(RECORDINGS / "transcripts", root / "transcripts")
    (root / "facts.json").write_text(json.dumps(_facts(lm)))
    edit(root, _as_of(lm))
    return root


def edit(root, change):
    """Change the transcript, and transcribe it."""
    path = root / "transcripts" / f"{CHAT}.json"
    transcript = json.loads(path.read_text())
    change({told["name"]: told for told in transcript["recordings"]})
    path.write_text(json.dumps(transcript))
    recordings.transcribe(CHAT, root)


def _as_of(lm):
    def change(told):
        pieces = told["course-pieces"]
        pieces["request"]["ids"] = pieces["arrays"]["ids"] = [5, 300]
        pieces["values"]["texts"] = [lm.text([5]), lm.text([300])]
        told["course-embedding-sun"]["arrays"]["ids"] = lm.encode("sun")
        composer = next_tokens(lm, COMPOSER, top=7)
        told["course-next-composer"]["arrays"]["top_probabilities"] = [
            round(p, 2) for p in composer["top_probabilities"]
        ]
        told["course-next-composer"]["values"]["top_texts"] = composer["top_texts"]
        kept = "[a-zA-Z0-9.?!]"
        told["course-greedy-empty"]["values"]["filtered_texts"] = [
            "".join(c for c in text if c.isascii() and c.isalnum() or c in ".?!")
            for text in greedy(lm, "", 30)["texts"]
        ]
        assert told["course-greedy-empty"]["values"]["kept"] == kept

    return change


def _facts(lm):
    known = json.loads((RECORDINGS / "facts.json").read_text())
    logits = lm.logits(known["base-logits"]["ids"][:1] + [5] * 7).astype(float)
    known["base-logits"] |= {
        "ids": [1] + [5] * 7,
        "means": logits.mean(axis=-1).tolist(),
        "position_0": logits[0, :15].tolist(),
    }
    for name in ("base-relativity-gpu", "base-relativity-cpu", "chat-llamas"):
        known[name] |= _greedy_text(lm, first=0 if known[name]["bos"] else 1)
    return known


def _greedy_text(lm, first):
    """A prompt that the small model goes on with in letters: bytes spell no prefix."""
    for pair in product(string.ascii_letters, repeat=2):
        start = ids = lm.encode("".join(pair))[first:]
        for _ in range(3):
            ids = [*ids, int(lm.next_logits(ids).argmax())]
        text = lm.continuation(start, ids[len(start) :])
        if len(text.strip()) > 2 and text.isascii() and text.isprintable():
            return {"prompt": "".join(pair), "max_new_tokens": 3, "continuation": text}


def test_a_model_that_says_what_is_published_is_measured(lm, root):
    chat = measured(lm, CHAT, root)
    assert [entry["fact"].rpartition("/")[2] for entry in chat] == [
        "course-pieces", "course-embedding-sun", "course-next-composer",
        "course-greedy-empty", "chat-llamas",
    ]
    base = measured(lm, "llama-2-7b", root)
    assert {entry["fact"] for entry in base} == {
        "base-logits", "base-relativity-gpu", "base-relativity-cpu"
    }
    for entry in chat + base:
        assert 0 <= entry["difference"] <= entry["tolerance"]
    assert measured(lm, "something-else", root) == []


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("course-pieces", lambda v, a: v["texts"].__setitem__(0, "compet")),
        ("course-embedding-sun", lambda v, a: a["ids"].__setitem__(1, 6575)),
        ("course-next-composer",
         lambda v, a: a["top_probabilities"].__setitem__(0, a["top_probabilities"][0] + 0.05)),
        ("course-next-composer", lambda v, a: v["top_texts"].__setitem__(6, "Moz")),
        ("course-greedy-empty", lambda v, a: v["filtered_texts"].__setitem__(3, "und")),
    ],
)
def test_another_output_than_the_courses_is_refused(lm, root, name, change):
    edit(root, lambda told: change(told[name]["values"], told[name]["arrays"]))
    with pytest.raises(ValueError, match=f"this is not the model .*{name} differs"):
        measured(lm, CHAT, root)


@pytest.mark.parametrize(
    ("source", "name", "key", "change"),
    [
        ("llama-2-7b", "base-logits", "means", lambda v: [v[0] + 0.1, *v[1:]]),
        ("llama-2-7b", "base-logits", "position_0", lambda v: [*v[:-1], v[-1] + 0.3]),
        ("llama-2-7b", "base-relativity-gpu", "continuation", lambda v: "1) the speed"),
        ("llama-2-7b", "base-relativity-cpu", "continuation", lambda v: "2) the laws"),
        (CHAT, "chat-llamas", "continuation", lambda v: "Llamas are"),
    ],
)
def test_another_value_than_a_published_one_is_refused(
    lm, root, source, name, key, change
):
    known = json.loads((root / "facts.json").read_text())
    known[name][key] = change(known[name][key])
    (root / "facts.json").write_text(json.dumps(known))
    with pytest.raises(ValueError, match=f"{name} differs by"):
        measured(lm, source, root)


def test_the_gap_of_a_text_is_its_worst_step(lm):
    ids = greedy(lm, "", 6)
    exact = ids["ids"].tolist()
    assert follows(lm, [1], 6, lambda tokens: tokens == exact[: len(tokens)]) == 0
    second = [*exact[:5], int(ids["top_ids"][5, 1])]  # the runner-up at the last step
    gap = follows(lm, [1], 6, lambda tokens: tokens == second[: len(tokens)])
    assert gap == pytest.approx(float(ids["margins"][5]), abs=0.02)


def test_a_text_that_no_token_continues_is_far_away(lm):
    gap = follows(lm, [1], 2, lambda tokens: False)
    assert gap == pytest.approx(np.ptp(lm.next_logits([1])))


@pytest.fixture
def recording(lm, sharded, monkeypatch):
    """Records a few answers, the small checkpoint taken for the published one."""
    model = Known(
        "Llama 2 7B chat", "someone/small", "abc", LlamaConfig.from_pretrained(sharded),
        sum(p.numel() for p in lm.model.parameters()),
    )
    monkeypatch.setattr(command, "known_model", lambda source: model)
    plan = [Ask(a.name, a.question, dict(_rehearsal(a).request)) for a in PLAN[:6]]

    def run():
        return record(CHAT, str(sharded), by="a test", device="cpu", asks=plan)

    return run


def test_what_is_the_model_is_recorded_under_its_name(lm, root, recording):
    assert recording()
    assert recordings.problems(root) == []
    answer = recordings.Recordings(CHAT).answer(greedy, prompt="", max_new_tokens=6)
    assert "Llama 2 7B chat" in str(answer.provenance)
    fields = json.loads((root / CHAT / "greedy-empty.json").read_text())["predicate"]
    assert fields["published"] == measured(lm, CHAT, root)


def test_a_model_that_turns_out_another_is_not_recorded(root, recording):
    edit(root, lambda told: told["course-pieces"]["values"]["texts"].reverse())
    before = recordings.names()
    with pytest.raises(ValueError, match="this is not the model"):
        recording()
    assert recordings.names() == before
