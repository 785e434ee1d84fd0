"""The whole path with a small sharded checkpoint on the CPU."""

import json
import shutil

import numpy as np
import pytest
import torch

from mlph_lib import cli, questions, recordings
from mlph_lib.questions import LanguageModel, greedy, samples
from mlph_lib.recorder import PLAN, Ask, command, record, run
from mlph_lib.recordings import Recordings, ask

SOURCE, NAME = "small", "a small random Llama"
SMALL_PLAN = [Ask(a.name, a.question, dict(run._rehearsal(a).request)) for a in PLAN]
TIMES = {"seconds", "tokens_per_second", "gigabytes_per_second"}


def make(folder, **changes):
    request = {"by": "a test", "name": NAME, "device": "cpu", "asks": SMALL_PLAN}
    return record(SOURCE, str(folder), **(request | changes))


@pytest.fixture(scope="module")
def recorded(sharded, tmp_path_factory):
    """A checkout with everything recorded; a test that changes it works on a copy."""
    folder, said = tmp_path_factory.mktemp("recorded"), []
    (folder / "recordings").mkdir()
    (folder / "recordings" / "lock.json").write_text("{}\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        assert make(sharded, say=said.append)
    return folder, said


@pytest.fixture
def copied(recorded, tmp_path, monkeypatch):
    folder = shutil.copytree(recorded[0], tmp_path / "copied")
    monkeypatch.chdir(folder)
    return folder / "recordings"


def files(folder):
    return {f: f.read_bytes() for f in folder.rglob("*") if f.is_file()}


def test_everything_is_recorded_and_verifies(recorded):
    folder, said = recorded
    names = [f"{SOURCE}/{each.name}" for each in SMALL_PLAN]
    assert recordings.names(folder / "recordings") == sorted(names)
    for name in names:  # facts.json is not there, so each is verified by itself
        described = recordings.describe(name, folder / "recordings")
        assert NAME in described and "a test" in described
    assert sum("done in" in line for line in said) == len(names)


@pytest.mark.parametrize("each", SMALL_PLAN, ids=lambda each: each.name)
def test_replayed_is_live(recorded, sharded, each):
    lm = LanguageModel.load(sharded, "transformers", dtype=torch.float16)
    source = Recordings(SOURCE, root=recorded[0] / "recordings")
    replayed = ask(each.question, source, **each.request)
    live = ask(each.question, lm, **each.request)
    assert replayed.keys() == live.keys() and replayed.provenance.kind == "measured"
    for key in live.keys() - TIMES:
        if isinstance(live[key], np.ndarray):
            assert replayed[key].dtype == live[key].dtype
            assert np.array_equal(
                replayed[key], live[key], equal_nan=live[key].dtype.kind == "f"
            )
        else:
            assert replayed[key] == live[key]


@pytest.mark.parametrize("check", [False, True])
def test_ids_beyond_the_vocabulary_are_named_before_anything_is_asked(
    sharded, checkout, check
):
    too_high = Ask("pieces", questions.pieces, {"ids": [364, 365]})
    asks = [Ask("greedy", greedy, {"prompt": "", "max_new_tokens": 2}), too_high]
    with pytest.raises(ValueError, match="ids up to 365, the vocabulary has 365"):
        make(sharded, asks=asks, check=check)
    assert not recordings.names(checkout / "recordings")
    last = Ask("pieces", questions.pieces, {"ids": [363, 364]})
    assert make(sharded, asks=[last])


def test_the_manifest_says_how_it_was_made(recorded, sharded):
    path = recorded[0] / "recordings" / SOURCE / "samples-pure.json"
    fields = json.loads(path.read_text())["predicate"]
    assert fields["model"]["name"] == NAME and len(fields["model"]["digest"]) == 64
    assert fields["device"]["kind"] == "cpu" and fields["device"]["name"]
    assert fields["versions"]["torch"] == torch.__version__
    assert (fields["dtype"], fields["attention"]) == ("float16", "sdpa")
    assert fields["batch_shape"] == [4, 6] and fields["seconds"] > 0
    assert fields["recorded_by"] == "a test" and fields["published"] == []


def test_each_carries_a_rehearsal_for_later_code(recorded):
    path = recorded[0] / "recordings" / SOURCE / "greedy-empty.json"
    rehearsal = json.loads(path.read_text())["predicate"]["rehearsal"]
    assert rehearsal["model"] == "mlph_lib.questions.small:small_model"
    assert rehearsal["request"]["max_new_tokens"] == 6


def test_a_second_run_keeps_everything(copied, sharded):
    before, said = files(copied), []
    assert make(sharded, say=said.append)
    assert files(copied) == before
    assert sum("kept" in line for line in said) == len(SMALL_PLAN)


def test_an_interrupted_run_goes_on(checkout, sharded, monkeypatch):
    plan, done, one = SMALL_PLAN[:8], [], run._record_one

    def interrupted(*args):
        if len(done) == 4:
            raise KeyboardInterrupt
        done.append(args[2].name)
        return one(*args)

    monkeypatch.setattr(run, "_record_one", interrupted)
    with pytest.raises(KeyboardInterrupt):
        make(sharded, asks=plan)
    assert recordings.names() == sorted(f"{SOURCE}/{name}" for name in done)
    finished, said = files(checkout / "recordings" / SOURCE), []
    assert len(finished) == 8
    monkeypatch.setattr(run, "_record_one", one)
    assert make(sharded, asks=plan, say=said.append)
    assert sum("kept" in line for line in said) == 4
    assert len(recordings.names()) == 8
    assert all(path.read_bytes() == data for path, data in finished.items())


def test_a_half_written_recording_is_made_again(checkout, sharded):
    folder = checkout / "recordings" / SOURCE
    folder.mkdir()
    (folder / "greedy-empty.safetensors").write_bytes(b"half")
    wanted = [each for each in SMALL_PLAN if each.name == "greedy-empty"]
    assert make(sharded, asks=wanted)
    assert Recordings(SOURCE).answer(greedy, **wanted[0].request)["ids"].size == 6


def test_a_damaged_recording_is_said_and_made_again(copied, sharded):
    path, said = copied / SOURCE / "samples-hot.safetensors", []
    good = path.read_bytes()
    path.write_bytes(good[:-1] + bytes([good[-1] ^ 1]))
    assert make(sharded, say=said.append)
    assert path.read_bytes() == good
    assert sum("the old one does not stand" in line for line in said) == 1


def test_a_changed_plan_is_recorded_anew(copied, sharded):
    old, said = next(each for each in SMALL_PLAN if each.name == "samples-pure"), []
    request = old.request | {"n": 3}
    plan = [Ask("samples-pure", samples, request)]
    assert make(sharded, asks=plan, say=said.append)
    assert sum("the plan has changed" in line for line in said) == 1
    assert len(Recordings(SOURCE).answer(samples, **request)["ids"]) == 3


def test_another_checkpoint_never_takes_over_a_name(copied, sharded, tmp_path):
    other, before = shutil.copytree(sharded, tmp_path / "other"), files(copied)
    config = json.loads((other / "config.json").read_text())
    (other / "config.json").write_text(json.dumps(config | {"rms_norm_eps": 1e-6}))
    with pytest.raises(ValueError, match="another checkpoint .*take another source"):
        make(other)
    assert files(copied) == before


def test_the_budget_is_kept(checkout, sharded, monkeypatch):
    monkeypatch.setattr(run, "BUDGET", 60_000)
    with pytest.raises(ValueError, match="of the 60000 for all recordings .* are left"):
        make(sharded)
    folder = checkout / "recordings"
    made = folder / SOURCE
    assert 0 < sum(f.stat().st_size for f in made.iterdir()) <= 60_000
    for name in recordings.names():  # what was made before stands
        recordings.describe(name)


def test_who_records_must_be_said(checkout, sharded):
    with pytest.raises(ValueError, match="--by NAME"):
        make(sharded, by=None)


@pytest.mark.parametrize(
    ("changes", "words"),
    [({"device": "cuda"}, "no CUDA device"), ({"dtype": "int8"}, "got 'int8'")],
)
def test_a_missing_device_and_a_wrong_dtype_are_refused(
    checkout, sharded, changes, words, monkeypatch
):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(ValueError, match=words):
        make(sharded, **changes)
    assert recordings.names() == []


def test_a_check_agrees_and_writes_nothing(copied, sharded):
    before, said = files(copied), []
    assert make(sharded, check=True, by=None, say=said.append)
    assert files(copied) == before
    assert sum(": agrees, " in line for line in said) == len(SMALL_PLAN)


def test_a_check_sees_another_model(copied, sharded, tmp_path):
    lm = LanguageModel.load(sharded, "transformers", dtype=torch.float16)
    with torch.no_grad():
        lm.model.model.layers[1].mlp.down_proj.weight.mul_(1.5)
    other, said = tmp_path / "other", []
    lm.model.save_pretrained(other)
    lm.tokenizer.save_pretrained(other)
    assert not make(other, check=True, say=said.append)
    assert any("DISAGREES" in line for line in said)


def test_the_command(checkout, sharded, monkeypatch, capsys):
    monkeypatch.setattr(command, "PLAN", SMALL_PLAN[:5])
    words = ["record", SOURCE, "--weights", str(sharded), "--device", "cpu"]
    assert cli.main([*words, "--by", "a test", "--name", NAME]) == 0
    assert "5 recordings" in capsys.readouterr().out
    assert cli.main([*words, "--name", NAME, "--check"]) == 0
    assert cli.main(words) == 1
    assert "--by NAME" in capsys.readouterr().err


def test_the_command_says_how_to_go_on_when_stopped(
    checkout, sharded, monkeypatch, capsys
):
    def stopped(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr(run, "_record_one", stopped)
    words = ["record", SOURCE, "--weights", str(sharded), "--device", "cpu"]
    assert cli.main([*words, "--by", "a test", "--name", NAME]) == 130
    assert "the same command goes on" in capsys.readouterr().out


def test_the_same_run_gives_the_same_answers(recorded, checkout, sharded):
    wanted = [each for each in SMALL_PLAN if each.name.startswith("samples")]
    assert make(sharded, asks=wanted)
    for each in wanted:
        first = Recordings(SOURCE, root=recorded[0] / "recordings")
        answers = [s.answer(samples, **each.request) for s in (first, Recordings(SOURCE))]
        for key in ("ids", "u", "low", "high", "log_probabilities"):
            assert np.array_equal(answers[0][key], answers[1][key], equal_nan=True)
