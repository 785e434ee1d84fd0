"""A change of code is accepted if it gives the rehearsed answer, and only then."""

from __future__ import annotations

import hashlib
import json

import pytest

from mlph_lib import recordings
from mlph_lib.recordings import (
    ChangedCodeError,
    NotEquivalentError,
    RecordingError,
    Recordings,
    accept,
    ask,
)

WHY = "powers by another order of factors"


def lock(root) -> dict:
    return json.loads((root / "lock.json").read_text())


def test_an_equivalent_change_passes_and_is_seen_in_the_lock(root, toy):
    room = toy.edit("out[-1] * model", "model * out[-1]")
    with pytest.raises(ChangedCodeError):
        ask(room.powers, Recordings("toy", root=root))
    assert "accepted toy/powers" in accept("toy/powers", WHY, root=root)
    assert ask(room.powers, Recordings("toy", root=root))["twice"] == 14
    (entry,) = lock(root)["toy/powers"]["accepted"]
    assert entry["because"] == WHY and entry["difference"] == 0
    assert WHY in recordings.describe("toy/powers", root)
    with pytest.raises(ChangedCodeError):  # each recording is accepted by itself
        ask(room.powers, Recordings("toy", root=root), n=5)


def test_accepted_code_and_recorded_code_both_stand(root, toy):
    toy.edit("out[-1] * model", "model * out[-1]")
    accept("toy/powers", WHY, root=root)
    room = toy.edit("model * out[-1]", "out[-1] * model")
    ask(room.powers, Recordings("toy", root=root))
    room = toy.edit("out[-1] * model", "(0 + out[-1]) * model")
    with pytest.raises(ChangedCodeError):
        ask(room.powers, Recordings("toy", root=root))
    accept("toy/powers", "a third way of writing it", root=root)
    assert len(lock(root)["toy/powers"]["accepted"]) == 2


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        ("FACTOR = 2", "FACTOR = 3", "twice"),
        ("out[-1] * model", "out[-1] * model * 1.001", "powers"),
        ("np.array(out)", "np.array(out, dtype=np.float32)", "powers"),
        ("np.array(out)", "np.array(out[1:])", "powers"),
        ('"twice": FACTOR', '"double": FACTOR', "rehearsal answered"),
        ('spell(["a"])', 'spell(["b"])', "said"),
        ('"twice": FACTOR * model', '"twice": [FACTOR * model]', "twice"),
        ("return 1.5", "return 1.75", "powers"),  # another small model, too
    ],
)
def test_another_answer_is_refused_and_the_lock_stays(root, toy, old, new, where):
    toy.edit("    # a loop, not **\n", "    n = int(n)\n")
    before = lock(root)
    toy.edit(old, new)
    with pytest.raises(NotEquivalentError, match=f"powers.json.*{where}"):
        accept("toy/powers", WHY, root=root)
    assert lock(root) == before


def test_a_difference_within_the_tolerance_is_told(root, toy):
    toy.edit("out[-1] * model", "out[-1] * model * (1 + 1e-9)")
    assert "differs by" in accept("toy/powers", WHY, root=root)
    (entry,) = lock(root)["toy/powers"]["accepted"]
    assert 1e-10 < entry["difference"] < 1e-7


@pytest.mark.parametrize("because", ["", "  ", "fine", "it works"])
def test_a_reason_is_demanded(root, toy, because):
    toy.edit("out[-1] * model", "model * out[-1]")
    with pytest.raises(RecordingError, match="expected a reason"):
        accept("toy/powers", because, root=root)


def test_unchanged_code_needs_no_acceptance(root, toy):
    toy.load()
    with pytest.raises(RecordingError, match="as recorded or accepted already"):
        accept("toy/powers", WHY, root=root)


def test_what_is_ignored_may_differ(toy, known, tmp_path):
    room, root = toy.load(), tmp_path / "recordings"
    rehearsal = recordings.Rehearsal(room.small, {}, ignore=("twice",))
    recordings.record("toy/powers", room.powers, {}, room.powers(7.0), known, rehearsal,
                      root=root)
    toy.edit("FACTOR = 2", "FACTOR = 3")
    assert "accepted" in accept("toy/powers", WHY, root=root)


def test_only_functions_of_this_project_are_run(root, toy):
    path = root / "toy/powers.json"
    text = path.read_text().replace('"mlph_lib.toy:small"', '"os:getcwd"')
    path.write_text(text)
    entry = {"sha256": hashlib.sha256(text.encode()).hexdigest()}
    (root / "lock.json").write_text(json.dumps(lock(root) | {"toy/powers": entry}))
    toy.edit("out[-1] * model", "model * out[-1]")
    with pytest.raises(RecordingError, match="os is no module of mlph_lib"):
        accept("toy/powers", WHY, root=root)
