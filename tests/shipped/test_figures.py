"""What the shipped folder claims in figures, measured on its own files."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from mlph_lib.llama import Llama
from mlph_lib.shipped.corpus import Document
from mlph_lib.shipped.evaluate import bits_per_byte
from mlph_lib.shipped.tokenizer import EOS

FOLDER = Path(__file__).resolve().parents[2] / "models" / "docstrings"
TOLD = json.loads((FOLDER / "training.json").read_text("utf-8"))["bits_per_byte"]
ROWS = [json.loads(line) for line in
        (FOLDER / "heldout.jsonl").read_text("utf-8").splitlines()]
TEXTS = [row["text"] for row in ROWS]


@pytest.fixture(scope="module")
def ours() -> Llama:
    return Llama.from_pretrained(FOLDER).requires_grad_(False).eval()


@pytest.fixture(scope="module")
def ids() -> list[np.ndarray]:
    tokenizer = AutoTokenizer.from_pretrained(FOLDER, local_files_only=True)
    return [np.array([*tokenizer(text).input_ids, EOS]) for text in TEXTS]


def test_the_folder_takes_at_most_16_mib():
    assert sum(file.stat().st_size for file in FOLDER.iterdir()) <= 16 * 2**20


def test_the_longest_text_has_the_logits_of_transformers(ours, ids):
    theirs = AutoModelForCausalLM.from_pretrained(
        FOLDER, dtype=torch.float32, local_files_only=True
    )
    batch = torch.from_numpy(max(ids, key=len))[None]
    with torch.no_grad():
        found = theirs(batch).logits
    assert (ours(batch) - found).abs().max() < 1e-4
    assert (ours(batch.flip(1)).flip(1) - found).abs().max() > 1


def test_bits_per_byte_come_out_again(ours, ids):
    found = bits_per_byte(ours, ids, TEXTS)
    assert abs(found - TOLD["shipped"]["model"]) < 5e-4
    # The gate tells a model apart that has one head at half its strength.
    other = Llama(ours.config)
    other.load_state_dict(ours.state_dict())
    with torch.no_grad():
        other.model.layers[2].self_attn.o_proj.weight[:, :32] *= 0.5
    few = ids[:20], TEXTS[:20]
    assert abs(bits_per_byte(other, *few) - bits_per_byte(ours, *few)) > 5e-4


@pytest.mark.parametrize("part", ["all", "shipped"])
def test_the_model_beats_gzip_xz_and_byte_bigrams(part):
    told = TOLD[part]
    assert told["model"] < min(told[name] for name in ("gzip", "xz", "bigram"))


def test_stored_texts_are_held_out_by_the_rule_and_others_would_not_be():
    assert len(set(TEXTS)) == len(TEXTS) >= 100
    assert all(Document(row["package"], row["text"]).held_out for row in ROWS)
    assert not all(Document("a", text + ".").held_out for text in TEXTS)
