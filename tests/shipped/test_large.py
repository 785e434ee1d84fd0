"""The larger model: its size, when it stops, what it is measured beside."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from mlph_lib import cli
from mlph_lib.llama import Llama
from mlph_lib.llama.cost import flops, parameters
from mlph_lib.shipped import build
from mlph_lib.shipped.build import LARGE, SETTINGS, make
from mlph_lib.shipped.evaluate import bits_per_byte, compared, ids_of
from mlph_lib.shipped.training import OutOfTime, mean_loss, train

BESIDE_WEIGHTS = 2**18  # bytes of tokenizer, texts and figures in a folder


def quiet(line: str) -> None:
    pass


@pytest.fixture
def documents():
    """40 short texts of random ids: they can only be learned by heart."""
    rng = np.random.default_rng(0)
    return [np.array([1, *rng.integers(3, 400, 12), 2]) for _ in range(40)]


@pytest.fixture
def root(install, texts, tmp_path):
    """A project with a package that carries a copy of another one."""
    code = "\n\n".join(f'def f{i}():\n    """{t}"""' for i, t in enumerate(texts))
    copied = "\n\n".join(f'def g{i}():\n    """{t} Copied."""' for i, t in enumerate(texts))
    install("good", "MIT", {"good/a.py": code, "good/_vendor/b.py": copied})
    project = tmp_path / "project"
    project.mkdir()
    (project / "requirements.txt").write_text("good==1.0\n")
    for name in ("requirements-torch.txt", "_toc.yml"):
        (project / name).write_text("")
    return project


def test_it_is_as_large_as_16_mib_allow():
    count = parameters(LARGE.config)["total"]
    assert count > 8e6 and 2 * count + BESIDE_WEIGHTS <= 16 * 2**20
    wider = replace(LARGE.config, num_hidden_layers=11)
    assert 2 * parameters(wider)["total"] > 16 * 2**20


def test_it_sees_a_billion_tokens_unless_it_stops_learning():
    assert 0.9 * LARGE.steps * LARGE.tokens > 1e9 and LARGE.patience > 0


def test_the_present_model_is_trained_as_it_was():
    assert (SETTINGS.dtype, SETTINGS.patience, SETTINGS.own) == ("float32", 0, False)
    assert (SETTINGS.steps, SETTINGS.tokens, SETTINGS.peak) == (3800, 2048, 3e-3)


def test_it_stops_when_held_out_loss_does_not_fall_and_takes_the_lowest(
    documents, settings
):
    patient = replace(settings, steps=400, every=5, patience=3)
    run = train(patient, documents[:30], documents[30:], say=quiet)
    lowest = run.lowest()
    assert run.step < 400 and run.curve[-1]["step"] == lowest["step"] + 15
    assert run.curve[-1]["held_out"] > lowest["held_out"]
    assert mean_loss(run.model, documents[30:]) == pytest.approx(
        lowest["held_out"], abs=1e-4)
    on = train(replace(patient, patience=0, steps=run.step), documents[:30],
               documents[30:], say=quiet)
    assert mean_loss(on.model, documents[30:]) > lowest["held_out"] + 1e-3


def test_in_bfloat16_it_learns_too_and_weights_stay_float32(documents, settings):
    low = replace(settings, steps=20, every=10, dtype="bfloat16")
    run = train(low, documents, documents[:5], say=quiet)
    full = train(replace(low, dtype="float32"), documents, documents[:5], say=quiet)
    assert {p.dtype for p in run.model.parameters()} == {torch.float32}
    ends = run.curve[-1]["train"], full.curve[-1]["train"]
    assert ends[0] != ends[1] and ends[0] == pytest.approx(ends[1], rel=0.02)
    assert ends[0] < run.curve[0]["train"] < math.log(400) + 1


def test_operations_are_three_forward_passes_without_padding(documents, settings):
    run = train(replace(settings, steps=1, every=1, tokens=10**6), documents,
                documents[:2], say=quiet)
    assert run.flops == 3 * 40 * flops(settings.config, 13)


@pytest.mark.parametrize("patience", [0, 2])
def test_when_time_is_over_it_goes_on_to_the_same_bits(
    documents, settings, tmp_path, monkeypatch, patience
):
    long = replace(settings, steps=60, every=4, patience=patience)
    parts = documents[:30], documents[30:]
    whole, path = train(long, *parts, say=quiet), tmp_path / "c.pt"
    for _ in range(2):
        with pytest.raises(OutOfTime, match="over at step"):
            train(long, *parts, path, quiet, until=-1.0)
    run = train(long, *parts, path, quiet)
    assert [r["held_out"] for r in run.curve] == [r["held_out"] for r in whole.curve]
    for a, b in zip(run.model.parameters(), whole.model.parameters(), strict=True):
        assert torch.equal(a, b)
    train(long, *parts, path, quiet, until=-1.0)  # what is done is not out of time


def tiny(settings, **changes):
    return replace(settings, dtype="bfloat16", own=True, patience=3, **changes)


def test_the_folder_tells_its_corpus_its_speed_and_the_other_model(root, settings):
    folder = root / "models" / "docstrings"
    make(root, folder, settings, quiet, name="small")
    make(root, root / "large", tiny(settings), quiet, name="large", beside=folder)
    small, told = (json.loads((f / "training.json").read_text())
                   for f in (folder, root / "large"))
    counts = [sum(of["corpus"][part]["documents"] for part in ("training", "held_out"))
              for of in (small, told)]
    notices = [(f / "NOTICE").read_text() for f in (folder, root / "large")]
    assert counts == [288, 144] and ["_vendor" in n for n in notices] == [True, False]
    assert "other projects were left out" in notices[1]
    assert told["taken"] in told["curve"] and told["settings"]["dtype"] == "bfloat16"
    speed = told["speed"]
    assert speed["utilisation"] * speed["matmul_flops_per_second"] == pytest.approx(
        speed["flops"] / told["seconds"])
    data = build.prepare(["good"], tiny(settings), quiet)
    texts = [d.text for d in data.held_out]
    tokenizer = build.Tokenizer.from_file(str(folder / "tokenizer.json"))
    other = bits_per_byte(Llama.from_pretrained(folder), ids_of(tokenizer, texts), texts)
    assert told["beside"] == {"folder": "docstrings", "documents": len(texts),
                              "model": pytest.approx(other, abs=1e-4)}
    assert compared(root / "large")[1]


def test_the_command_stops_in_time_and_goes_on(root, settings, monkeypatch, capsys):
    make(root, root / "models" / "docstrings", settings, quiet, name="small")
    before = {f: f.read_bytes() for f in (root / "models").rglob("*.*")}
    monkeypatch.chdir(root)
    monkeypatch.setattr(build, "LARGE", tiny(settings))
    asked = ["model", "train", "--size", "large", "--steps", "6"]
    assert cli.main([*asked, "--minutes", "0"]) == 75
    assert "goes on" in capsys.readouterr().out
    folder = root / "_build" / "model" / "docstrings-large-6"
    assert not folder.exists() and cli.main(asked) == 0
    assert cli.main(["model", "evaluate", "--folder", str(folder)]) == 0
    assert before == {f: f.read_bytes() for f in before}, "the shipped one stays"


def test_the_small_model_is_made_as_it_was_or_not_at_all(root, monkeypatch, capsys):
    monkeypatch.chdir(root)
    assert cli.main(["model", "train", "--steps", "5"]) == 1
    assert "--size large" in capsys.readouterr().err
    assert not (root / "models").exists()
