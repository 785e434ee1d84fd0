"""The whole path at a tiny size on the CPU: draw, load, ask, record, go on, compare."""

from __future__ import annotations

import json
import re
import shutil
from collections import namedtuple
from pathlib import Path

import pytest
import torch

from mlph_lib import architecture, cli, recordings
from mlph_lib.architecture import checkpoint
from mlph_lib.llama import LLAMA_2_7B
from mlph_lib.recorder.architecture import SIZES, SOURCE, command, plan, record, run
from mlph_lib.recordings import Recordings, ask

ROOT = Path(__file__).resolve().parents[3]
TINY = "reduced-architecture-tiny"
COMMIT = "0123456789abcdef0123456789abcdef01234567"
ASKS = [each for shard in plan(SIZES["tiny"]).values() for each in shard]
FEW = ("files", "agreement", "nothing")  # quick ones, for tests of the way


def make(folder, **changes):
    request = {"by": "a test", "reduced": folder, "device": "cpu", "commit": COMMIT}
    return record(**(request | changes))


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    """Everything recorded, the weights kept; a test that changes it takes a copy."""
    folder, said = tmp_path_factory.mktemp("recorded"), []
    assert make(folder, keep=True, say=said.append)
    return folder, said


@pytest.fixture
def copied(recorded, tmp_path):
    return shutil.copytree(recorded[0], tmp_path / "copied")


def files(folder):
    return {f: f.read_bytes() for f in folder.rglob("*") if f.is_file()}


def test_everything_is_recorded_and_verifies(recorded):
    folder, said = recorded
    names = [f"{TINY}/{each.name}" for each in ASKS]
    assert recordings.names(folder / "recordings") == sorted(names)
    for name in names:
        described = recordings.describe(name, folder / "recordings")
        assert "untrained (random weights, seed 0)" in described
    assert sum("done in" in line for line in said) == len(ASKS) == 14


def test_a_replayed_answer_is_the_live_one(recorded, tmp_path):
    source = Recordings(TINY, root=recorded[0] / "recordings")
    replayed = ask(architecture.first_laws, source, seeds=list(range(8)))
    assert replayed.provenance.kind == "measured"
    live = architecture.first_laws(
        architecture.Untrained(tmp_path, SIZES["tiny"], torch.device("cpu"))
    )
    assert replayed["entropies"].tolist() == live["entropies"].tolist()


def test_the_manifest_says_how_it_was_made(recorded):
    path = recorded[0] / "recordings" / TINY / "decode-ours-graph.json"
    fields = json.loads(path.read_text())["predicate"]
    assert fields["model"]["digest"] == checkpoint.digest(
        recorded[0] / f"{TINY}-weights"
    )
    assert fields["commit"] == COMMIT and fields["recorded_by"] == "a test"
    assert fields["device"]["kind"] == "cpu" and fields["device"]["name"]
    assert fields["versions"]["torch"] == torch.__version__
    assert (fields["dtype"], fields["attention"]) == ("float16", "mlph_lib.llama")
    assert fields["batch_shape"] == [1, 16] and fields["published"] == []
    assert fields["rehearsal"]["model"] == "mlph_lib.architecture.subject:small"


def test_the_dtype_is_that_of_the_question(recorded):
    path = recorded[0] / "recordings" / TINY / "agreement-bfloat16.json"
    assert json.loads(path.read_text())["predicate"]["dtype"] == "bfloat16"


def named(text):
    """Whether a text reads like Llama 2 7B; a digest may hold any letters."""
    return bool(re.search(r"llama[ -]2|\b7b\b", text.lower()))


@pytest.mark.parametrize(
    ("text", "reads"),
    [
        ('"name": "Llama 2 7B"', True),
        ('"model": "meta-llama/Llama-2-7b-hf"', True),
        ('"size": "7B"', True),
        ('"sha256": "0a7b31", "model": "tiny random Llama"', False),
    ],
)
def test_a_planted_name_is_seen(text, reads):
    assert named(text) == reads


def test_no_reduced_run_carries_the_name_of_the_model(recorded):
    """Neither a folder nor a word of a manifest reads like Llama 2 7B."""
    for file in (recorded[0] / "recordings").rglob("*.json"):
        assert not named(file.read_text()), file
    assert {command.source_name(size) for size in SIZES if size != "full"} == {
        TINY, "reduced-architecture-small"
    }
    assert command.source_name("full") == SOURCE
    assert "untrained" in command.model_name("full", 0)


def test_a_second_run_keeps_everything(copied):
    before, said = files(copied), []
    assert make(copied, keep=True, say=said.append)
    assert files(copied) == before
    assert sum("kept, it verifies" in line for line in said) == len(ASKS)
    assert "unchanged since they were written" in said[0]


def test_the_weights_go_unless_they_are_to_be_kept(copied):
    weights = copied / f"{TINY}-weights"
    assert weights.is_dir()
    assert make(copied, only=["files"], say=lambda line: None)
    assert not weights.exists() and (copied / "recordings" / TINY).is_dir()


def test_an_interrupted_run_goes_on(tmp_path, monkeypatch):
    done, one = [], run._measure_one

    def interrupted(*args):
        if len(done) == 3:
            raise KeyboardInterrupt
        done.append(args[2].name)
        return one(*args)

    monkeypatch.setattr(run, "_measure_one", interrupted)
    with pytest.raises(KeyboardInterrupt):
        make(tmp_path, only=FEW)
    assert not (tmp_path / f"{TINY}-weights").exists()  # drawn anew, the same
    finished, said = files(tmp_path / "recordings" / TINY), []
    assert len(finished) == 6
    monkeypatch.setattr(run, "_measure_one", one)
    assert make(tmp_path, only=FEW, say=said.append)
    assert sum("kept" in line for line in said) == 3
    assert sum("done in" in line for line in said) == 2
    assert all(path.read_bytes() == data for path, data in finished.items())


def test_damaged_weights_are_drawn_anew(copied):
    shard, said = min((copied / f"{TINY}-weights").glob("*.safetensors")), []
    good = shard.read_bytes()
    shard.write_bytes(good[:-1] + bytes([good[-1] ^ 1]))
    assert make(copied, only=["files"], keep=True, say=said.append)
    assert "not whole" in said[0] and shard.read_bytes() == good


def test_other_weights_never_take_over_a_name(copied, monkeypatch):
    monkeypatch.setattr(command, "SEED", 1)
    before = files(copied / "recordings")
    with pytest.raises(ValueError, match="another checkpoint .*take another source"):
        make(copied, only=["files"], say=lambda line: None)
    assert files(copied / "recordings") == before


def test_a_check_agrees_and_writes_nothing(copied):
    before, said = files(copied), []
    assert make(copied, check=True, by=None, keep=True, say=said.append)
    assert files(copied) == before
    assert sum(": agrees, " in line for line in said) == len(ASKS)


def test_a_check_sees_a_changed_weight(copied, monkeypatch):
    def changed(config, seed, dtype, stored, draw=checkpoint.draw):
        for tensor, values in draw(config, seed, dtype, stored):
            changed = tensor.name == "lm_head.weight"
            yield tensor, values * 1.5 if changed else values

    monkeypatch.setattr(checkpoint, "draw", changed)
    monkeypatch.setattr(architecture.nothing, "draw", changed)
    shutil.rmtree(copied / f"{TINY}-weights")
    before, said = files(copied), []
    assert not make(copied, check=True, by=None, only=FEW, say=said.append)
    assert files(copied) == before
    words = {line.split(":")[0]: line for line in said}
    for name, what in (("agreement-float16", "reference"), ("first-laws", "entropies")):
        assert f"DISAGREES, {what} differs" in words[f"{TINY}/{name}"]
    assert "DISAGREES: other weights" in words[f"{TINY}/files"]


def test_a_disk_too_small_is_refused(tmp_path, monkeypatch):
    usage = namedtuple("usage", "total used free")(2e9, 1e9, 1e9)
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: usage)
    with pytest.raises(OSError, match="expected 1.0 GB free"):
        make(tmp_path)
    assert files(tmp_path) == {}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"device": "cuda"}, "no CUDA device was found"),
        ({"reduced": None}, "the full size is measured on a CUDA device, not on 'cpu'"),
        ({"reduced": None, "size": "tiny"}, "say with --reduced FOLDER"),
        ({"size": "full"}, "a reduced size among small, tiny, got 'full'"),
        ({"size": "huge"}, "a reduced size among small, tiny, got 'huge'"),
        ({"dtype": "float32"}, "a dtype among float16, bfloat16, got 'float32'"),
        ({"only": ["speed"]}, "no shard is named 'speed'; there are files, memory"),
        ({"by": None}, "--by NAME"),
    ],
)
def test_what_cannot_be_done_is_said_first(tmp_path, monkeypatch, changes, words):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(ValueError, match=words):
        make(tmp_path, **changes)
    assert files(tmp_path) == {}


def test_bfloat16_weights_have_a_name_of_their_own(tmp_path):
    assert make(tmp_path, dtype="bfloat16", only=["files"])
    assert {n.partition("/")[0] for n in recordings.names(tmp_path / "recordings")} == {
        f"{TINY}-bfloat16"
    }


def test_files_of_other_sizes_are_not_the_published_ones(recorded, checkout):
    shutil.copy(ROOT / "recordings" / "facts.json", checkout / "recordings")
    subject = architecture.Untrained(
        recorded[0] / f"{TINY}-weights", SIZES["tiny"], torch.device("cpu")
    )
    with pytest.raises(ValueError, match="bytes, published are 9,976,576,152"):
        command._published(subject)


def test_the_full_plan_asks_what_the_model_can_be_asked():
    full = plan(SIZES["full"])
    assert SIZES["full"] == LLAMA_2_7B
    requests = {each.name: each.request for shard in full.values() for each in shard}
    assert requests["memory-ours"]["tokens"] == 4096
    assert requests["prefill-transformers"]["tokens"] == 2048
    assert requests["decode-ours-compiled"]["new_tokens"] == 128
    assert {n.removeprefix("decode-") for n in full if n.startswith("decode-")} == set(
        architecture.PATHS
    )


def test_a_dry_run_says_time_memory_and_disk(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert cli.main(["record", SOURCE, "--dry-run"]) == 0
    out = capsys.readouterr().out
    assert all(shard in out for shard in plan(SIZES["full"]))
    assert "disk: 13.5 GB" in out and "27.0 GB for weights and cache" in out
    assert files(tmp_path) == {}


def test_no_shard_is_expected_to_take_eight_minutes(capsys):
    command.dry_run()
    lines = capsys.readouterr().out.splitlines()[1:-1]
    assert all(float(line.split(" s,")[0].split()[-1]) < 8 * 60 for line in lines)


def test_the_command(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    words = ["record", SOURCE, "--reduced", str(tmp_path), "--device", "cpu",
             "--only", "files", "--commit", COMMIT]
    assert cli.main([*words, "--by", "a test", "--keep"]) == 0
    assert f"[2/2] {TINY}/files: done" in capsys.readouterr().out
    assert cli.main([*words, "--check"]) == 0
    assert cli.main(words) == 1
    assert "--by NAME" in capsys.readouterr().err
    assert cli.main(["record", SOURCE, "--by", "a test", "--device", "cpu"]) == 1
    assert "the full size is measured on a CUDA device" in capsys.readouterr().err
