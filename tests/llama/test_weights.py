"""A checkpoint is read whole, or refused with the reason."""

from __future__ import annotations

import json

import pytest
import torch
from safetensors.torch import load_file, save_file

from mlph_lib.llama import Llama, WeightsError
from tests.llama.conftest import some_ids

NAME = "model.layers.1.mlp.up_proj.weight"


def change(folder, edit):
    path = folder / "model.safetensors"
    tensors = load_file(path)
    edit(tensors)
    save_file(tensors, path)


@torch.no_grad()
def test_shards_are_the_same_model(theirs, tmp_path):
    model = theirs()
    model.save_pretrained(tmp_path, max_shard_size="60KB")
    assert len(list(tmp_path.glob("model-*.safetensors"))) > 3
    ids = some_ids((1, 8))
    assert torch.allclose(Llama.from_pretrained(tmp_path)(ids), model(ids).logits,
                          atol=2e-5)


def test_weights_are_ready_to_run(checkpoint):
    model = Llama.from_pretrained(checkpoint, dtype=torch.bfloat16)
    assert {p.dtype for p in model.parameters()} == {torch.bfloat16}
    assert not any(p.requires_grad for p in model.parameters()) and not model.training
    assert model.device == torch.device("cpu")


def test_stored_rotary_frequencies_are_skipped(checkpoint):
    stored = {f"model.layers.{i}.self_attn.rotary_emb.inv_freq": torch.ones(8)
              for i in range(3)}
    change(checkpoint, lambda t: t.update(stored))
    assert Llama.from_pretrained(checkpoint)(torch.tensor([[1]])).isfinite().all()


FAULTS = {
    "missing": (lambda t: t.pop(NAME), "lacks 1 tensors, the first is " + NAME),
    "unknown": (lambda t: t.update(extra=torch.ones(2)), "holds extra"),
    "shape": (lambda t: t.update({NAME: torch.ones(3, 64)}), r"of shape \(112, 64\)"),
    "dtype": (lambda t: t.update({NAME: t[NAME].to(torch.int8)}), "quantised"),
    "double": (lambda t: t.update({NAME: t[NAME].double()}), "float64"),
}


@pytest.mark.parametrize(("edit", "says"), FAULTS.values(), ids=FAULTS)
def test_a_wrong_tensor_is_refused(checkpoint, edit, says):
    change(checkpoint, edit)
    with pytest.raises(WeightsError, match=says):
        Llama.from_pretrained(checkpoint)


def test_a_truncated_file_is_refused(checkpoint):
    path = checkpoint / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(WeightsError, match="damaged"):
        Llama.from_pretrained(checkpoint)


def test_missing_files_are_named(theirs, tmp_path):
    theirs().save_pretrained(tmp_path, max_shard_size="60KB")
    first = sorted(tmp_path.glob("model-*.safetensors"))[0]
    first.unlink()
    with pytest.raises(FileNotFoundError, match=first.name):
        Llama.from_pretrained(tmp_path)
    (tmp_path / "model.safetensors.index.json").unlink()
    with pytest.raises(FileNotFoundError, match="safetensors"):
        Llama.from_pretrained(tmp_path)


def test_a_tensor_in_two_shards_is_refused(theirs, tmp_path):
    theirs().save_pretrained(tmp_path, max_shard_size="60KB")
    index = json.loads((tmp_path / "model.safetensors.index.json").read_text())
    first, second = sorted(set(index["weight_map"].values()))[:2]
    tensors = load_file(tmp_path / second)
    name, tensor = next(iter(load_file(tmp_path / first).items()))
    save_file(tensors | {name: tensor}, tmp_path / second)
    with pytest.raises(WeightsError, match="another shard"):
        Llama.from_pretrained(tmp_path)
