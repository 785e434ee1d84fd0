"""Batches and training: every document once, exact losses, exact resumption."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from mlph_lib.llama import Llama
from mlph_lib.shipped.batches import batches, padded
from mlph_lib.shipped.training import CheckpointError, mean_loss, train


@pytest.fixture
def documents():
    """60 texts that count upwards from a random id: easy to learn."""
    rng = np.random.default_rng(0)
    starts, lengths = rng.integers(3, 300, 60), rng.integers(1, 90, 60)
    return [np.array([1, *range(s, s + n), 2]) for s, n in zip(starts, lengths)]


def quiet(line: str) -> None:
    pass


def losses(run) -> list[tuple[float, ...]]:
    return [(row["step"], row["tokens"], row["train"], row["held_out"])
            for row in run.curve]


@pytest.mark.parametrize("tokens", [1, 100, 256, 10**6])
def test_an_epoch_holds_every_document_once(documents, tokens):
    found = batches(documents, tokens, np.random.default_rng(1))
    assert sorted(np.concatenate(found).tolist()) == list(range(60))
    for batch in found:
        longest = max(len(documents[i]) for i in batch)
        assert len(batch) == 1 or len(batch) * longest <= tokens


def test_the_generator_decides_the_order(documents):
    one, same, other = (
        [b.tolist() for b in batches(documents, 256, np.random.default_rng(seed))]
        for seed in (1, 1, 2)
    )
    assert one == same != other


def test_targets_are_the_next_ids_and_padding_has_none():
    inputs, targets = padded([np.array([1, 5, 6, 2]), np.array([1, 2])])
    assert inputs.tolist() == [[1, 5, 6], [1, 0, 0]]
    assert targets.tolist() == [[5, 6, 2], [2, -100, -100]]


def test_the_mean_loss_is_the_plain_one(documents, settings):
    torch.manual_seed(0)
    model = Llama(settings.config).requires_grad_(False)
    terms = []
    for ids in documents:
        row = torch.from_numpy(ids)[None]
        log_p = F.log_softmax(model(row[:, :-1]), -1)
        terms.append(-log_p.gather(-1, row[:, 1:, None]).flatten())
    expected = torch.cat(terms).double().mean().item()
    for tokens in (1, 300, 10**6):
        assert mean_loss(model, documents, tokens) == pytest.approx(expected, rel=1e-6)


def test_training_learns(documents, settings):
    said = []
    run = train(replace(settings, steps=60, every=30), documents, documents[:9], say=said.append)
    assert run.curve[-1]["held_out"] < run.curve[0]["held_out"] < np.log(400)
    assert mean_loss(run.model, documents[:9]) == pytest.approx(
        run.curve[-1]["held_out"], abs=1e-4)
    assert run.step == 60 and len(said) == 2 and said[1].endswith("0.0 min left")
    assert not any(p.requires_grad for p in run.model.parameters())


def test_tokens_seen_are_counted(documents, settings):
    whole = replace(settings, tokens=10**6, steps=1, every=1)  # one batch, one epoch
    run = train(whole, documents, documents, say=quiet)
    assert run.seen == sum(len(d) - 1 for d in documents)


def test_the_seed_decides(documents, settings):
    one, same = (train(settings, documents, documents[:9], say=quiet) for _ in "ab")
    other = train(replace(settings, seed=10), documents, documents[:9], say=quiet)
    assert losses(one) == losses(same) != losses(other)


class Stop(Exception):
    """The run is interrupted."""


def stopping(looks: int):
    """Says nothing, and stops the run at its look number ``looks``."""
    seen = []

    def say(line: str) -> None:
        seen.append(line)
        if len(seen) == looks:
            raise Stop

    return say


@pytest.mark.parametrize("look", [1, 2, 3, 4])
def test_a_resumed_run_is_the_same_run(look, documents, settings, tmp_path):
    whole = train(settings, documents, documents[:9], say=quiet)
    file = tmp_path / "deep" / "checkpoint.pt"
    with pytest.raises(Stop):
        train(settings, documents, documents[:9], file, stopping(look))
    assert file.exists() == (look > 1)
    rest = []
    resumed = train(settings, documents, documents[:9], file, rest.append)
    assert len(rest) == 5 - look, "what was done is not done again"
    assert losses(resumed) == losses(whole)
    for name, weight in whole.model.state_dict().items():
        assert torch.equal(weight, resumed.model.state_dict()[name]), name


def test_a_finished_run_is_not_run_again(documents, settings, tmp_path):
    file = tmp_path / "checkpoint.pt"
    first = train(settings, documents, documents[:9], file, quiet)
    before = file.read_bytes()
    again = train(settings, documents, documents[:9], file, stopping(1))
    assert losses(again) == losses(first) and file.read_bytes() == before


def test_an_interrupted_save_leaves_the_checkpoint_before(
    documents, settings, tmp_path, monkeypatch
):
    file, save, calls = tmp_path / "checkpoint.pt", torch.save, []

    def failing(state, path):
        calls.append(path)
        if len(calls) == 2:
            path.write_bytes(b"half")
            raise OSError("disk full")
        save(state, path)

    monkeypatch.setattr(torch, "save", failing)
    with pytest.raises(OSError, match="disk full"):
        train(settings, documents, documents[:9], file, quiet)
    assert torch.load(file, weights_only=True)["step"] == 2
    resumed = train(settings, documents, documents[:9], file, quiet)
    assert losses(resumed) == losses(train(settings, documents, documents[:9], say=quiet))


@pytest.mark.parametrize("spoil", [
    lambda raw: raw[: len(raw) // 2], lambda raw: b"", lambda raw: b"no checkpoint" * 99,
])
def test_a_damaged_checkpoint_is_named(spoil, documents, settings, tmp_path):
    file = tmp_path / "checkpoint.pt"
    train(settings, documents, documents[:9], file, quiet)
    file.write_bytes(spoil(file.read_bytes()))
    before = file.read_bytes()
    with pytest.raises(CheckpointError, match=r"checkpoint\.pt is damaged .*delete it"):
        train(settings, documents, documents[:9], file, quiet)
    assert file.read_bytes() == before


def test_a_checkpoint_of_another_kind_is_damaged_too(documents, settings, tmp_path):
    torch.save({"step": 3}, tmp_path / "checkpoint.pt")
    with pytest.raises(CheckpointError, match="damaged"):
        train(settings, documents, documents, tmp_path / "checkpoint.pt", quiet)


def test_a_checkpoint_of_another_run_is_refused(documents, settings, tmp_path):
    file = tmp_path / "checkpoint.pt"
    train(settings, documents, documents[:9], file, quiet)
    other = [*documents[:-1], documents[0]]
    for changed in [(replace(settings, peak=0.5), documents), (settings, other)]:
        with pytest.raises(CheckpointError, match="other settings or documents"):
            train(*changed, documents[:9], file, quiet)


def test_no_documents_is_an_error(documents, settings):
    for pair in ([], documents), (documents, []):
        with pytest.raises(ValueError, match="expected documents to train on"):
            train(settings, *pair)


def test_the_rate_rises_and_falls(settings):
    long = replace(settings, steps=1000, warm_up=100, peak=2.0)
    rates = [long.rate(step) for step in range(1000)]
    assert np.argmax(rates) == 99 and rates[99] == 2.0
    assert rates[0] == 0.02 and rates[-1] == pytest.approx(0.2)
    assert np.all(np.diff(rates[:100]) > 0) and np.all(np.diff(rates[99:]) < 0)
