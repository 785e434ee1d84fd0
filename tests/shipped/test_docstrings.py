"""The folder that ships: how its run went, how its texts begin, read and end."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import AutoTokenizer

from mlph_lib.llama import Llama
from mlph_lib.shipped.build import SAMPLED, SETTINGS
from mlph_lib.shipped.evaluate import measure_again

FOLDER = Path(__file__).resolve().parents[2] / "models" / "docstrings"
TOLD = json.loads((FOLDER / "training.json").read_text("utf-8"))
ROWS = [json.loads(line) for line in
        (FOLDER / "heldout.jsonl").read_text("utf-8").splitlines()]


@pytest.fixture(scope="module")
def model():
    return Llama.from_pretrained(FOLDER)


@pytest.fixture(scope="module")
def tokenizer():
    return AutoTokenizer.from_pretrained(FOLDER, local_files_only=True)


@pytest.fixture(scope="module")
def first_law(model) -> np.ndarray:
    """The model's law of the token after BOS."""
    return torch.softmax(model(torch.tensor([[1]]))[0, 0].double(), -1).numpy()


def test_it_is_the_model_that_the_command_makes(model):
    assert model.config == SETTINGS.config
    told = TOLD["settings"]
    assert told["config"] == vars(SETTINGS.config)
    assert [told[name] for name in ("tokens", "steps", "peak", "warm_up", "seed")] == [
        SETTINGS.tokens, SETTINGS.steps, SETTINGS.peak, SETTINGS.warm_up, SETTINGS.seed]
    assert model.config.num_key_value_heads < model.config.num_attention_heads


def test_the_tokenizer_is_laid_out_as_llama_2s(tokenizer):
    assert tokenizer.encode("") == [1]
    assert tokenizer.convert_ids_to_tokens([0, 1, 2, 3, 13, 258]) == [
        "<unk>", "<s>", "</s>", "<0x00>", "<0x0A>", "<0xFF>"]
    assert len(tokenizer) == SETTINGS.config.vocab_size
    assert tokenizer.encode("\n")[-1] == 13


def test_held_out_documents_come_back(tokenizer):
    for row in ROWS:
        ids = tokenizer.encode(row["text"])
        assert tokenizer.decode(ids, skip_special_tokens=True) == row["text"]


def test_the_stored_documents_are_from_everywhere():
    names = [row["package"] for row in ROWS]
    assert len(names) == SAMPLED and len(set(names)) > 20
    assert max(map(names.count, names)) < SAMPLED / 3
    assert {"torch", "scipy", "sympy", "transformers"} <= set(names)


def test_the_command_measures_what_is_told():
    found, told = measure_again(FOLDER), TOLD["bits_per_byte"]["shipped"]
    assert found["model"] == pytest.approx(told["model"], abs=1e-4)
    for name in ("gzip", "xz"):  # versions of the compressors differ by some bytes
        assert found[name] == pytest.approx(told[name], rel=0.01)


@pytest.mark.parametrize("part", ["all", "shipped"])
def test_it_beats_token_bigrams_and_primed_xz_is_told(part):
    told = TOLD["bits_per_byte"][part]
    assert told["model"] < told["token_bigram"] < told["bigram"]
    assert told["xz_primed"] < told["xz"]


def test_the_curve_falls_to_where_it_was_stopped():
    curve = TOLD["curve"]
    assert [row["step"] for row in curve] == list(range(200, 3801, 200))
    assert TOLD["tokens"] == curve[-1]["tokens"]
    assert TOLD["seconds"] < 40 * 60
    held_out = [row["held_out"] for row in curve]
    assert held_out[0] > 4 and held_out[-1] == min(held_out)


def test_documents_begin_as_the_model_begins(first_law):
    # The 40 most frequent beginnings; half the summed distance, at most 1.
    seen = TOLD["beginnings"]["training"]
    share = np.array(seen["counts"]) / seen["documents"]
    assert np.abs(share - first_law[seen["ids"]]).sum() / 2 < 0.1
    assert np.abs(share - first_law[seen["ids"][::-1]]).sum() / 2 > 0.1  # the twin
    assert np.corrcoef(share, first_law[seen["ids"]])[0, 1] > 0.95


def test_beginnings_add_up():
    for part in ("training", "held_out"):
        told, size = TOLD["beginnings"][part], TOLD["corpus"][part]["documents"]
        assert told["documents"] == size >= sum(told["counts"])
        assert told["counts"] == sorted(told["counts"], reverse=True)


def test_samples_end_and_use_the_words_of_documents(model, tokenizer):
    def sampler(logits, rng):
        p = np.exp(logits - logits.max())
        return rng.choice(len(p), p=p / p.sum())

    rng, texts = np.random.default_rng(5), []
    for _ in range(12):
        ids = model.generate(torch.tensor([[1]]), 120, sampler, rng)[0].tolist()
        texts.append((ids[-1] == 2, tokenizer.decode(ids, skip_special_tokens=True)))
    assert sum(ended for ended, _ in texts) >= 4
    words = " ".join(text.lower() for _, text in texts).split()
    common = {"the", "a", "of", "to", "is", "and", "in", "for", "this", "return"}
    assert sum(word in common for word in words) > 0.1 * len(words)


def test_what_is_left_out_is_not_in_the_notice():
    rows = (FOLDER / "NOTICE").read_text("utf-8").split("\n\n")[-1].splitlines()
    names = {row.split()[0] for row in rows}
    assert len(names) == len(rows) == TOLD["corpus"]["packages"]
    assert "certifi" in TOLD["corpus"]["left_out"]
    assert not names & set(TOLD["corpus"]["left_out"])
