"""How the corpus is split, what the tokenizer may see, how weights are rounded."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest
import torch

from mlph_lib.llama import Llama, LlamaConfig
from mlph_lib.shipped import build
from mlph_lib.shipped.build import prepare, project_packages, rounded
from mlph_lib.shipped.corpus import Document
from mlph_lib.shipped.training import Settings

VERBS = ["Return", "Compute", "Draw", "Sort", "Read", "Write", "Find", "Join"]
THINGS = ["the rows", "the mean", "a figure", "every file", "the sum", "the keys"]
WHERE = ["of a table", "of the given array", "in the folder", "for each column"]
TEXTS = [f"{v} {t} {w}.\n\nArgs:\n    x: values."
         for v, t, w in product(VERBS, THINGS, WHERE)]
LONG = [f"This one is far too long for the model.{f' {verb}' * 140}" for verb in VERBS]
SETTINGS = Settings(LlamaConfig(400, 16, 24, 2, 4, 2, 128))


def quiet(line: str) -> None:
    pass


@pytest.fixture
def packages(tmp_path, monkeypatch) -> list[str]:
    """Two packages that may be learned from, and one that may not."""
    site = tmp_path / "site"
    monkeypatch.syspath_prepend(str(site))
    strict = ["A text under another licence than the one we look for."]
    parts = {"first": ("MIT", TEXTS[::2]), "second": ("BSD-3-Clause", TEXTS[1::2] + LONG),
             "third": ("MPL-2.0", strict)}
    for name, (licence, texts) in parts.items():
        info = site / f"{name}-1.0.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(
            f"Metadata-Version: 2.4\nName: {name}\nVersion: 1.0\n"
            f"License-Expression: {licence}\n"
        )
        code = [f"def f{i}():\n    {text!r}" for i, text in enumerate(texts)]
        (site / f"{name}.py").write_text("\n".join(code))
        (info / "RECORD").write_text(f"{name}.py,,\n")
    return list(parts)


def longest(n: int) -> Settings:
    return replace(SETTINGS, config=replace(SETTINGS.config, max_position_embeddings=n))


def test_the_parts_are_those_of_the_rule(packages):
    data = prepare(packages, SETTINGS, quiet)
    assert sorted(d.text for d in data.training + data.held_out) == sorted(TEXTS)
    assert data.held_out and all(d.held_out for d in data.held_out)
    assert not any(d.held_out for d in data.training)
    assert {d.package for d in data.training} == {"first", "second"}


def test_a_document_that_just_fits_is_kept(packages):
    everything = prepare(packages, longest(4096), quiet)
    assert len(everything.training + everything.held_out) == len(TEXTS) + len(LONG)
    lengths = [len(everything.tokenizer.encode(text).ids) + 1 for text in TEXTS]
    most = max(lengths)
    for n, kept in [(most, len(TEXTS)), (most - 1, len(TEXTS) - lengths.count(most))]:
        data = prepare(packages, longest(n), quiet)
        assert len(data.training + data.held_out) == kept


def test_the_tokenizer_sees_no_held_out_text(packages, monkeypatch):
    seen, learn = [], build.train_tokenizer

    def watched(texts, vocab_size):
        seen.extend(texts)
        return learn(texts, vocab_size)

    monkeypatch.setattr(build, "train_tokenizer", watched)
    data = prepare(packages, SETTINGS, quiet)
    assert {d.text for d in data.training} <= set(seen)
    assert not any(Document("a", text).held_out for text in seen)


def test_a_model_too_short_for_any_document_is_refused(packages):
    with pytest.raises(ValueError, match="expected documents in both parts, got 0 and 0"):
        prepare(packages, longest(2), quiet)


def test_the_packages_are_those_of_both_locks(tmp_path):
    (tmp_path / "requirements.txt").write_text("numpy==2.4.6 \\\n    --hash=sha256:a\n")
    (tmp_path / "requirements-torch.txt").write_text("torch==2.13.0\n")
    assert project_packages(tmp_path) == ["numpy", "torch"]
    (tmp_path / "requirements-torch.txt").unlink()
    with pytest.raises(FileNotFoundError):
        project_packages(tmp_path)


def test_weights_are_rounded_to_what_is_stored():
    torch.manual_seed(0)
    model = Llama(SETTINGS.config)
    once = rounded(model).state_dict()
    assert all(torch.equal(once[k], v.bfloat16().float()) for k, v in
               model.state_dict().items())
    assert not torch.equal(once["lm_head.weight"], model.lm_head.weight)
