"""The whole command on a small corpus, and `mlph model` around it."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
import torch

from mlph_lib import cli
from mlph_lib.llama import Llama
from mlph_lib.shipped import build
from mlph_lib.shipped.build import SETTINGS, make, prepare
from mlph_lib.shipped.evaluate import compared, ids_of

RIVALS = {"model", "gzip", "xz", "xz_primed", "bigram", "token_bigram"}


@pytest.fixture
def root(install, texts, tmp_path):
    """A project whose lock names two packages, one with a licence that will not do."""
    code = "\n\n".join(f'def f{i}():\n    """{t}"""' for i, t in enumerate(texts))
    install("good", "MIT", {"good/a.py": code})
    install("strict", "GPL-3.0-only", {"strict.py": '"""' + "words " * 9 + '"""'})
    project = tmp_path / "project"
    project.mkdir()
    (project / "requirements.txt").write_text("good==1.0\nstrict==1.0\nelsewhere==1\n")
    (project / "requirements-torch.txt").write_text("")
    (project / "_toc.yml").write_text("")
    return project


def quiet(line: str) -> None:
    pass


def test_from_packages_to_a_model(root, settings):
    folder, said = root / "models" / "docstrings", []
    make(root, folder, settings, said.append)
    told = json.loads((folder / "training.json").read_text())
    parts = told["corpus"]["training"], told["corpus"]["held_out"]
    assert sum(part["documents"] for part in parts) == 144
    assert told["corpus"]["left_out"] == {"strict": "GPL-3.0-only"}
    assert [row["step"] for row in told["curve"]] == [2, 4, 6, 8]
    assert set(told["bits_per_byte"]["all"]) == RIVALS
    assert (folder / "NOTICE").read_text().endswith("\n\ngood 1.0: MIT\n")
    assert said[0].startswith("corpus: 144 documents") and "wrote" in said[-1]
    assert Llama.from_pretrained(folder).config == settings.config
    assert compared(folder)[1], "training.json tells what the files give"


def test_an_interrupted_command_ends_in_the_same_folder(root, settings):
    for name, stops in (("whole", 0), ("parts", 3)):
        (root / "_build" / "model").mkdir(parents=True, exist_ok=True)
        (root / "_build" / "model" / "checkpoint.pt").unlink(missing_ok=True)
        looks = []

        def say(line):
            looks.append(line)
            if len(looks) == stops:
                raise KeyboardInterrupt

        if stops:
            with pytest.raises(KeyboardInterrupt):
                make(root, root / name, settings, say)
            assert not (root / name).exists()
        make(root, root / name, settings, quiet)
    for file in (root / "whole").iterdir():
        if file.name != "training.json":  # holds seconds
            assert file.read_bytes() == (root / "parts" / file.name).read_bytes()


def test_documents_longer_than_the_model_are_left_out(root, settings):
    data = prepare(["good"], settings, quiet)
    whole = [d.text for d in data.training + data.held_out]
    lengths = [len(ids) for ids in ids_of(data.tokenizer, whole)]
    shorter = replace(settings.config, max_position_embeddings=max(lengths) - 1)
    cut = prepare(["good"], replace(settings, config=shorter), quiet)
    kept = len(cut.training) + len(cut.held_out)
    assert 0 < kept == sum(n <= shorter.max_position_embeddings for n in lengths) < 144
    assert all(d.held_out for d in data.held_out)
    assert not any(d.held_out for d in data.training)


def test_a_corpus_without_held_out_documents_is_refused(install, settings):
    install("tiny", "MIT", {"tiny.py": '"""One sentence that is of some length."""'})
    with pytest.raises(ValueError, match="both parts, got 1 and 0: .*too small"):
        prepare(["tiny"], settings, quiet)


def test_the_command_trains_and_measures(root, settings, monkeypatch, capsys):
    monkeypatch.chdir(root)
    monkeypatch.setattr(build.make, "__defaults__", (settings, quiet))
    assert cli.main(["model", "train"]) == 0
    assert cli.main(["model", "evaluate"]) == 0
    shown = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in shown[1:]] == ["model", "gzip", "xz"]


def test_a_figure_that_is_wrong_is_seen(root, settings, monkeypatch, capsys):
    folder = root / "models" / "docstrings"
    make(root, folder, settings, quiet)
    told = json.loads((folder / "training.json").read_text())
    told["bits_per_byte"]["shipped"]["model"] -= 0.01
    (folder / "training.json").write_text(json.dumps(told))
    monkeypatch.chdir(root)
    assert cli.main(["model", "evaluate"]) == 1


def test_an_interrupted_command_says_how_to_go_on(root, monkeypatch, capsys):
    def stopped(*args):
        raise KeyboardInterrupt

    monkeypatch.chdir(root)
    monkeypatch.setattr(build, "make", stopped)
    assert cli.main(["model", "train"]) == 130
    assert "goes on from the last checkpoint" in capsys.readouterr().out


def test_evaluating_what_is_not_there_is_one_line(root, monkeypatch, capsys):
    monkeypatch.chdir(root)
    assert cli.main(["model", "evaluate"]) == 1
    assert "training.json, found none: run `make model`" in capsys.readouterr().err


def test_a_run_fits_half_an_hour_of_one_core():
    # 6 N D floating-point operations against 35 GFLOP/s, measured on one Zen 3 core.
    with torch.device("meta"):
        model = Llama(SETTINGS.config)
    moved = sum(p.numel() for p in model.parameters())
    moved -= model.model.embed_tokens.weight.numel()  # a look-up
    assert 6 * moved * SETTINGS.steps * SETTINGS.tokens < 35e9 * 1900
