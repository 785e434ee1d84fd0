"""Random weights on disk: as transformers starts, the same every time, whole or not."""

from __future__ import annotations

import json
import shutil
from collections import namedtuple

import numpy as np
import pytest
import torch
import transformers
from transformers import AutoModelForCausalLM, LlamaForCausalLM

from mlph_lib.architecture import checkpoint, digest, kept, write
from mlph_lib.architecture.checkpoint import draw
from mlph_lib.architecture.layout import tensors
from mlph_lib.llama import Llama, LlamaConfig

CONFIG = LlamaConfig(300, 64, 112, 3, 4, 2)


@pytest.fixture
def written(tmp_path):
    folder = tmp_path / "weights"
    write(folder, CONFIG)
    return folder


def test_both_codes_load_it_and_say_the_same(written):
    ours = Llama.from_pretrained(written)
    theirs = AutoModelForCausalLM.from_pretrained(written, dtype=torch.float32).eval()
    ids = torch.tensor([[1, 5, 250, 7]])
    with torch.no_grad():
        apart = (ours(ids) - theirs(ids).logits).abs().max()
    assert apart < 1e-6
    assert theirs.config.rms_norm_eps == CONFIG.rms_norm_eps
    assert LlamaConfig.from_pretrained(written) == CONFIG


def test_the_weights_start_as_those_of_transformers(written):
    """Per tensor of n numbers: mean within 6 / sqrt(n), spread within 6 / sqrt(2 n)
    standard deviations; a false alarm once in 1e7 tensors."""
    sizes = {k: v for k, v in vars(CONFIG).items() if k != "rope_theta"}
    torch.manual_seed(0)
    config = transformers.LlamaConfig(**sizes, initializer_range=checkpoint.STD)
    theirs = LlamaForCausalLM(config).state_dict()
    ours = Llama.from_pretrained(written).state_dict()
    assert ours.keys() == theirs.keys()
    for name, weight in theirs.items():
        if weight.ndim == 1:
            assert torch.equal(ours[name], weight)  # norms: 1
            continue
        for drawn in (weight, ours[name]):
            z, n = drawn.double() / checkpoint.STD, drawn.numel()
            assert abs(z.mean()) < 6 / n**0.5
            assert abs(z.std() - 1) < 6 / (2 * n) ** 0.5


def test_a_wider_start_would_be_seen():
    """The twin of the test above: a spread of 1.1 is beyond its bound."""
    n = min(t.size // 2 for t in tensors(CONFIG) if len(t.shape) == 2)
    assert 0.1 > 6 / (2 * n) ** 0.5


def test_the_same_bytes_by_one_thread_and_by_many(tmp_path, monkeypatch):
    digests = set()
    for threads in (1, 7):
        monkeypatch.setattr(checkpoint.os, "cpu_count", lambda n=threads: n)
        digests.add(write(tmp_path / str(threads), CONFIG))
    digests.add(write(tmp_path / "another seed", CONFIG, seed=1))
    assert len(digests) == 2


def test_tensors_are_no_copies_of_one_another():
    rows = [x.flatten()[:50].float().numpy() for tensor, x in
            draw(CONFIG, 0, torch.float16, tensors(CONFIG)) if x.ndim == 2]
    correlations = np.corrcoef(rows) - np.eye(len(rows))
    assert np.abs(correlations).max() < 0.8  # 231 pairs of 50: 1e-9 by chance


def test_what_was_left_is_taken_only_if_it_is_whole(written):
    found = kept(written, CONFIG, 0, torch.float16)
    assert found == digest(written)
    assert kept(written, CONFIG, 1, torch.float16) is None
    assert kept(written, CONFIG, 0, torch.bfloat16) is None
    assert kept(written.parent, CONFIG, 0, torch.float16) is None
    shard = max(written.glob("*.safetensors"))
    data = bytearray(shard.read_bytes())
    data[-1] ^= 1
    shard.write_bytes(data)
    assert kept(written, CONFIG, 0, torch.float16) is None


def test_a_disk_too_small_is_refused_before_anything_is_written(tmp_path, monkeypatch):
    usage = namedtuple("usage", "total used free")(2e9, 1e9, 1e9)
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: usage)
    with pytest.raises(OSError, match=r"expected 1.0 GB free .* found 1.0 GB.*--work"):
        write(tmp_path / "weights", CONFIG)
    assert list(tmp_path.iterdir()) == []


def test_an_interrupted_writing_leaves_nothing(tmp_path, monkeypatch):
    def stopped(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr(checkpoint, "index", stopped)
    with pytest.raises(KeyboardInterrupt):
        write(tmp_path / "weights", CONFIG)
    assert list(tmp_path.iterdir()) == []


def test_no_file_carries_the_name_of_a_trained_model(written):
    config = json.loads((written / "config.json").read_text())
    assert "_name_or_path" not in config and config["torch_dtype"] == "float16"
    assert config["initializer_range"] == checkpoint.STD
