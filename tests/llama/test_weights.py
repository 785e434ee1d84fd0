"""A checkpoint is read whole, or refused with the reason."""

from __future__ import annotations

import json

import pytest
import torch
from safetensors.torch import load_file, save_file

from mlph_lib.llama import ConfigError, Llama, WeightsError
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


@pytest.mark.parametrize("kept", [0, 5, 60, -100, -1])
def test_a_truncated_file_is_refused(checkpoint, kept):
    path = checkpoint / "model.safetensors"
    path.write_bytes(path.read_bytes()[:kept])
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


@pytest.mark.parametrize("index", ["", "{", "[]", "{}", '{"weight_map": [["a"]]}'])
def test_a_damaged_index_is_refused(checkpoint, index):
    (checkpoint / "model.safetensors").unlink()
    (checkpoint / "model.safetensors.index.json").write_text(index)
    with pytest.raises(WeightsError, match="expected a weight_map"):
        Llama.from_pretrained(checkpoint)


def test_one_file_is_read_rather_than_an_index(checkpoint):
    (checkpoint / "model.safetensors.index.json").write_text("{}")
    assert Llama.from_pretrained(checkpoint)(torch.tensor([[1]])).isfinite().all()


def test_the_output_matrix_of_a_tied_model_may_be_stored_but_not_another(
    theirs, tmp_path
):
    theirs(tie_word_embeddings=True).save_pretrained(tmp_path)
    table = load_file(tmp_path / "model.safetensors")["model.embed_tokens.weight"]
    change(tmp_path, lambda t: t.update({"lm_head.weight": table.clone()}))
    model = Llama.from_pretrained(tmp_path)
    assert model.lm_head.weight is model.model.embed_tokens.weight
    change(tmp_path, lambda t: t.update({"lm_head.weight": table + 1}))
    with pytest.raises(WeightsError, match="tie_word_embeddings"):
        Llama.from_pretrained(tmp_path)
    change(tmp_path, lambda t: t.pop("model.embed_tokens.weight"))
    with pytest.raises(WeightsError, match="lacks 1 tensors"):
        Llama.from_pretrained(tmp_path)


def test_another_architecture_is_refused_before_its_weights_are_read(checkpoint):
    path = checkpoint / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"model_type": "gemma"}))
    (checkpoint / "model.safetensors").unlink()
    with pytest.raises(ConfigError, match="model_type = 'gemma'"):
        Llama.from_pretrained(checkpoint)


def test_weights_are_not_cut_to_whole_numbers(checkpoint):
    with pytest.raises(TypeError, match="got torch.int8"):
        Llama.from_pretrained(checkpoint, dtype=torch.int8)
