"""From the command to recordings: kept, resumed, compared; a trial is no run."""

import json
import shutil

import pytest
import torch

from mlph_lib import cli, recordings
from mlph_lib.recordings import Recordings, ask
from mlph_lib.trainings import Bench, command, plan

SOURCE, COMMIT = "pretraining-laboratory-reduced", "0123abcd"
SHARDS = ("gap-mlm-mess3-0", "gap-electra-mess3-1", "batch-clm", "noise-mlm-0")


@pytest.fixture
def copied(recorded, tmp_path):
    return shutil.copytree(recorded[0], tmp_path / "copied")


def test_everything_is_recorded_and_verifies(recorded):
    folder, said = recorded
    names = [f"{SOURCE}/{name}" for name in SHARDS]
    assert recordings.names(folder / "recordings") == sorted(names)
    for name in names:
        described = recordings.describe(name, folder / "recordings")
        assert "trained anew" in described and "a test" in described
    assert sum("done" in line for line in said) == len(names)


def test_a_manifest_says_how_it_was_made(recorded):
    path = recorded[0] / "recordings" / SOURCE / "batch-clm.json"
    fields = json.loads(path.read_text())["predicate"]
    assert fields["model"]["revision"] == fields["commit"] == COMMIT
    assert fields["model"]["name"] == "transformer trained anew: clm on mess3"
    assert fields["device"]["kind"] == "cpu" and fields["dtype"] == "float32"
    assert fields["repeats"] == 2 and fields["batch_shape"] == [4, 32]
    assert fields["versions"]["torch"] == torch.__version__


def test_a_page_can_ask_for_it(recorded):
    source = Recordings(SOURCE, root=recorded[0] / "recordings")
    shard = plan.reduced(plan.selected(["gap-electra-mess3-1"])[0])
    answer = ask(shard.question, source, **shard.request)
    assert answer["steps"][-1] == 6 and answer["part_generator"].shape == (4,)
    assert answer.provenance.kind == "measured" and "limit" not in answer


def test_what_is_finished_is_kept_and_what_is_damaged_is_made_anew(reduced, copied):
    said = []
    data = copied / "recordings" / SOURCE / "gap-mlm-mess3-0.safetensors"
    before = {f: f.read_bytes() for f in data.parent.iterdir()}
    data.write_bytes(data.read_bytes()[:-1] + b"!")
    only = ("gap-mlm-mess3-0", "batch-clm")
    assert reduced(copied, say=said.append, patterns=only) == 0
    assert sum("kept, it verifies" in line for line in said) == 1
    assert any("running anew" in line for line in said)
    untouched = {f for f in before if "gap-mlm" not in f.name}
    assert all(f.read_bytes() == before[f] for f in untouched)


def test_check_agrees_with_itself_and_sees_a_change(reduced, copied, monkeypatch):
    said, only = [], ("gap-mlm-mess3-0",)
    files = {f: f.read_bytes() for f in (copied / "recordings").rglob("*.*")}
    assert reduced(copied, check=True, patterns=only, say=said.append) == 0
    assert "agrees" in said[-1]
    name = f"{SOURCE}/gap-mlm-mess3-0"
    told = command.checked(command.Store(copied / "recordings"), name)
    told["gaps"] = told["gaps"] * 10
    monkeypatch.setattr(command, "checked", lambda *args: told)
    assert reduced(copied, check=True, patterns=only, say=said.append) == 1
    assert "DISAGREES" in said[-1]
    assert files == {f: f.read_bytes() for f in files}, "a check writes nothing"


def test_a_failed_shard_does_not_stop_the_others(reduced, tmp_path, monkeypatch):
    def make(shard, *args):
        if shard.name == "gap-clm-mess3-0":
            raise FloatingPointError("the loss is nan")
        made.append(shard.name)
        return True

    said, made = [], []
    monkeypatch.setattr(command, "_make", make)
    names = ("gap-clm-mess3-[01]",)
    assert reduced(tmp_path, patterns=names, say=said.append) == 1
    assert "FAILED, the loss is nan" in said[0] and made == ["gap-clm-mess3-1"]


def test_a_trial_is_never_taken_for_the_run(reduced, tmp_path):
    with pytest.raises(ValueError, match="runs on a CUDA device, not on 'cpu'"):
        reduced(tmp_path, small=False)
    with pytest.raises(ValueError, match="a folder of its own"):
        reduced(tmp_path, root=None)
    with pytest.raises(ValueError, match="--by"):
        reduced(tmp_path, by=None)
    assert command.REDUCED != plan.SOURCE and not list(tmp_path.iterdir())


def test_without_a_gpu_it_says_so(reduced, tmp_path, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(ValueError, match="no CUDA device was found"):
        reduced(tmp_path, device="cuda")


def test_time_may_be_over(tmp_path, capsys):
    asked = ["record", "pretraining-laboratory", "--by", "a test", "--device", "cpu"]
    asked += ["--reduced", str(tmp_path), "--workers", "0", "--only", "gap-clm-mess3-*"]
    assert cli.main([*asked, "--minutes", "0", "--commit", COMMIT]) == 75
    assert "time is over" in capsys.readouterr().out
    assert not (tmp_path / "recordings").exists()


def test_unfinished_work_waits_and_finished_work_is_removed(reduced, tmp_path):
    said, asked = [], {"patterns": ("batch-clm",), "work": tmp_path / "work"}
    assert reduced(tmp_path, **asked, minutes=0.0) == 75
    shard = plan.reduced(plan.selected(["batch-clm"])[0])
    folder = command.REDUCED, f"batch-clm-{command._code(shard)[:12]}"
    bench = Bench(folder=(tmp_path / "work" / "record").joinpath(*folder))
    shard.question(bench, **shard.request)  # as if it had been stopped at the very end
    for kept in bench.folder.glob("run-*.json"):
        kept.write_text(json.dumps(json.loads(kept.read_text()) | {"seconds": 77.0}))
    assert reduced(tmp_path, **asked, say=said.append) == 0
    told = Recordings(SOURCE, root=tmp_path / "recordings")
    found = ask(shard.question, told, **shard.request)
    assert found["training_seconds"] == 2 * 77 and not bench.folder.exists()
    for _ in range(2):  # each is a run of its own
        said.clear()
        assert reduced(tmp_path, **asked, check=True, say=said.append) == 0
        assert sum("texts a batch" in line for line in said) == 2


def test_the_dry_run_lists_shards(capsys):
    assert cli.main(["record", "pretraining-laboratory", "--dry-run",
                     "--only", "noise-clm-*"]) == 0
    out = capsys.readouterr().out
    assert out.count("noise-clm-") == 3 and "3 shards" in out


def test_weights_are_asked_for_where_they_are_needed(capsys):
    assert cli.main(["record", "llama-2-7b-chat", "--by", "a test"]) == 1
    assert "--weights" in capsys.readouterr().err
