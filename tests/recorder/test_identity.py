"""What may be called Llama 2 7B, and what may not."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from mlph_lib import recordings
from mlph_lib.llama import LLAMA_2_7B, LlamaConfig
from mlph_lib.recorder import Known, identify, record
from mlph_lib.recorder.known import SOURCES, known_model

RECORDINGS = Path(__file__).resolve().parents[2] / "recordings"


@pytest.fixture
def folder(sharded, tmp_path):
    return shutil.copytree(sharded, tmp_path / "weights")


@pytest.fixture
def published(sharded):
    """What would be published, were the small model a known one."""
    import hashlib

    files = {
        file.name: (file.stat().st_size, hashlib.sha256(file.read_bytes()).hexdigest())
        for file in sharded.glob("*.safetensors")
    }
    lm_config = LlamaConfig.from_pretrained(sharded)
    count = sum(t.numel() for f in sharded.glob("*.safetensors")
                for t in load_file(f).values())
    return Known("Small 1", "someone/small", "abc", lm_config, count, files)


def refused(words, *args, **kwargs):
    with pytest.raises(ValueError, match=words):
        identify(*args, say=lambda line: None, **kwargs)


def test_the_right_checkpoint_is_known(folder, published):
    found = identify("small", folder, published)
    assert (found.name, found.revision) == ("Small 1", "abc")
    assert len(found.digest) == 64


def test_a_shard_of_another_size_is_refused(folder, published):
    shard = sorted(folder.glob("*.safetensors"))[1]
    shard.write_bytes(shard.read_bytes() + b"\0")
    refused(f"{shard.name} has .* bytes, published is", "small", folder, published)


def test_a_missing_shard_is_refused(folder, published):
    shard = sorted(folder.glob("*.safetensors"))[0]
    shard.unlink()
    refused(f"{shard.name} is missing", "small", folder, published)


def test_a_changed_byte_is_refused(folder, published):
    shard = sorted(folder.glob("*.safetensors"))[1]
    data = bytearray(shard.read_bytes())
    data[-1] ^= 1
    shard.write_bytes(data)
    refused(f"{shard.name} has sha256", "small", folder, published)


def test_another_configuration_is_refused(folder, published):
    other = replace(published, config=replace(published.config, rms_norm_eps=1e-6))
    refused("config.json has rms_norm_eps 1e-05", "small", folder, other)


def test_a_checkpoint_with_other_tensors_is_refused(folder, published):
    other = replace(published, parameters=published.parameters + 1, files={})
    refused("parameters, published is", "small", folder, other)


def test_stored_frequencies_are_no_parameters(folder, published):
    shard = sorted(folder.glob("*.safetensors"))[1]
    buffer = "model.layers.0.self_attn.rotary_emb.inv_freq"
    save_file(load_file(shard) | {buffer: torch.ones(4)}, shard)
    assert identify("small", folder, replace(published, files={})).name == "Small 1"


def test_the_digest_covers_configuration_tokenizer_and_weights(folder, published):
    seen = {identify("small", folder, published).digest}
    for name in ("tokenizer.json", "generation_config.json"):
        (folder / name).write_text((folder / name).read_text() + "\n")
        seen.add(identify("small", folder, published).digest)
    (folder / "README.md").write_text("not part of it")
    seen.add(identify("small", folder, published).digest)
    assert len(seen) == 3


@pytest.mark.parametrize("source", SOURCES)
def test_nothing_small_is_called_llama_2_7b(checkout, sharded, source):
    shutil.copy(RECORDINGS / "facts.json", checkout / "recordings")
    with pytest.raises(ValueError, match="this is not Llama 2 7B"):
        record(source, str(sharded), by="a test", device="cpu")
    assert recordings.names() == []


def test_a_known_model_takes_no_other_name(folder, published):
    refused("--name is for other models", "small", folder, published, name="Mine")


def test_another_model_needs_a_name(folder):
    refused("say with --name", "small", folder, None)
    found = identify("small", folder, None, name="a small random Llama")
    assert (found.name, found.revision) == ("a small random Llama", "a folder")


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("llama-2-7b-mine", "mine"),
        ("mine", "Llama 2 7B"),
        ("mine", "LLaMA2-7b-chat, finetuned"),
        ("mine", "Llama 2.7B"),
        ("mine", "meta-llama/Llama-2-7b-hf"),
        ("mine", "Llama 2"),
    ],
)
def test_a_name_that_reads_like_llama_2_7b_is_refused(folder, source, name):
    refused("reads like Llama 2 7B", source, folder, None, name=name)


@pytest.mark.parametrize("name", ["Llama 3.2 1B", "a small random Llama", "TinyLlama"])
def test_an_honest_name_is_accepted(folder, name):
    assert identify("mine", folder, None, name=name).name == name


def test_a_folder_without_a_checkpoint_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="config.json and .*safetensors"):
        identify("small", tmp_path, None, name="x")


def test_the_published_files_are_those_of_the_facts():
    chat = known_model("llama-2-7b-chat", RECORDINGS)
    assert chat.config == LLAMA_2_7B and chat.parameters == 6_738_415_616
    assert chat.files["model-00001-of-00002.safetensors"][0] == 9_976_576_152
    assert set(chat.files) == {
        "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors",
        "tokenizer.model",
    }
    base = known_model("llama-2-7b", RECORDINGS)
    assert (base.name, base.config) == ("Llama 2 7B", LLAMA_2_7B)
    assert known_model("something-else", RECORDINGS) is None
