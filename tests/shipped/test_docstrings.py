"""The folder that ships: what training.json and the files claim, checked anew."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from mlph_lib.llama import Llama
from mlph_lib.shipped.build import SAMPLED, SETTINGS
from mlph_lib.shipped.corpus import NOT_PERMISSIVE, PERMISSIVE, Document
from mlph_lib.shipped.evaluate import bits_per_byte, ids_of, measure_again

FOLDER = Path(__file__).resolve().parents[2] / "models" / "docstrings"
TOLD = json.loads((FOLDER / "training.json").read_text("utf-8"))


@pytest.fixture(scope="module")
def model():
    return Llama.from_pretrained(FOLDER)


@pytest.fixture(scope="module")
def tokenizer():
    return AutoTokenizer.from_pretrained(FOLDER, local_files_only=True)


@pytest.fixture(scope="module")
def documents() -> list[Document]:
    lines = (FOLDER / "heldout.jsonl").read_text("utf-8").splitlines()
    return [Document(**json.loads(line)) for line in lines]


@pytest.fixture(scope="module")
def first_law(model) -> np.ndarray:
    """The model's law of the token after BOS."""
    return torch.softmax(model(torch.tensor([[1]]))[0, 0].double(), -1).numpy()


def test_it_is_small_and_whole():
    files = [file for file in FOLDER.iterdir()]
    assert sum(file.stat().st_size for file in files) <= 16 * 2**20
    assert {"config.json", "model.safetensors", "tokenizer.json", "training.json",
            "generation_config.json", "NOTICE", "README.md"} <= {f.name for f in files}


def test_it_is_the_model_that_the_command_makes(model):
    assert model.config == SETTINGS.config
    told = TOLD["settings"]
    assert told["config"] == vars(SETTINGS.config)
    assert [told[name] for name in ("tokens", "steps", "peak", "warm_up", "seed")] == [
        SETTINGS.tokens, SETTINGS.steps, SETTINGS.peak, SETTINGS.warm_up, SETTINGS.seed]
    assert model.config.num_key_value_heads < model.config.num_attention_heads


def test_transformers_gives_the_same_logits(model, tokenizer, documents):
    theirs = AutoModelForCausalLM.from_pretrained(
        FOLDER, local_files_only=True, dtype=torch.float32)
    for text in ["", *(d.text for d in documents[:4])]:
        ids = torch.tensor([tokenizer.encode(text)])
        with torch.no_grad():
            expected = theirs(ids).logits
        torch.testing.assert_close(model(ids), expected, atol=1e-4, rtol=0)


def test_the_tokenizer_is_laid_out_as_llama_2s(tokenizer):
    assert tokenizer.encode("") == [1]
    assert tokenizer.convert_ids_to_tokens([0, 1, 2, 3, 13, 258]) == [
        "<unk>", "<s>", "</s>", "<0x00>", "<0x0A>", "<0xFF>"]
    assert len(tokenizer) == SETTINGS.config.vocab_size
    assert tokenizer.encode("\n")[-1] == 13


def test_held_out_documents_come_back(tokenizer, documents):
    for d in documents:
        ids = tokenizer.encode(d.text)
        assert tokenizer.decode(ids, skip_special_tokens=True) == d.text


def test_the_stored_documents_were_held_out(documents):
    assert len(documents) == SAMPLED and all(d.held_out for d in documents)
    assert len({d.package for d in documents}) > 20, "from packages everywhere"
    assert len({d.text for d in documents}) == SAMPLED


def test_bits_per_byte_are_as_told():
    found, told = measure_again(FOLDER), TOLD["bits_per_byte"]["shipped"]
    assert found["model"] == pytest.approx(told["model"], abs=1e-4)
    for name in ("gzip", "xz"):  # versions of the compressors differ by some bytes
        assert found[name] == pytest.approx(told[name], rel=0.01)


def test_a_changed_model_would_be_seen(model, tokenizer, documents):
    few = [d.text for d in documents[:20]]
    ids = ids_of(tokenizer.backend_tokenizer, few)
    before = bits_per_byte(model, ids, few)
    other = Llama.from_pretrained(FOLDER)
    other.model.layers[3].mlp.down_proj.weight.mul_(0.5)
    assert abs(bits_per_byte(other, ids, few) - before) > 1e-3


@pytest.mark.parametrize("part", ["all", "shipped"])
def test_it_beats_its_rivals(part):
    told = TOLD["bits_per_byte"][part]
    for name in ("gzip", "xz", "bigram", "token_bigram"):
        assert told["model"] < told[name], name


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


def test_samples_read_like_documents(model, tokenizer):
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


def test_the_notice_names_permissive_licences_only():
    rows = (FOLDER / "NOTICE").read_text().split("\n\n")[-1].splitlines()
    assert len(rows) == TOLD["corpus"]["packages"]
    for row in rows:
        licence = row.split(": ", 1)[1]
        assert PERMISSIVE.search(licence) and not NOT_PERMISSIVE.search(licence), row
    for name, licence in TOLD["corpus"]["left_out"].items():
        assert not any(row.startswith(f"{name} ") for row in rows)
