"""Configurations are read whole or refused."""

from __future__ import annotations

import json

import pytest

from mlph_lib.llama import LLAMA_2_7B, ConfigError, LlamaConfig

CHAT = {  # the published config.json of Llama-2-7b-chat-hf, revision f5db02d
    "architectures": ["LlamaForCausalLM"], "bos_token_id": 1, "eos_token_id": 2,
    "hidden_act": "silu", "hidden_size": 4096, "initializer_range": 0.02,
    "intermediate_size": 11008, "max_position_embeddings": 4096,
    "model_type": "llama", "num_attention_heads": 32, "num_hidden_layers": 32,
    "num_key_value_heads": 32, "pretraining_tp": 1, "rms_norm_eps": 1e-05,
    "rope_scaling": None, "tie_word_embeddings": False, "torch_dtype": "float16",
    "vocab_size": 32000,
}


def test_the_published_configuration_is_llama_2_7b():
    assert LlamaConfig.from_dict(CHAT) == LLAMA_2_7B


@pytest.mark.parametrize("rope", [
    {"rope_theta": 123.0},
    {"rope_parameters": {"rope_theta": 123.0, "rope_type": "default"}},
])
def test_the_rotary_base_is_found_in_both_forms(rope):
    assert LlamaConfig.from_dict(CHAT | rope).rope_theta == 123.0


def test_transformers_defaults_fill_what_is_left_out():
    few = {k: CHAT[k] for k in ("vocab_size", "hidden_size", "intermediate_size",
                                "num_hidden_layers", "num_attention_heads")}
    read = LlamaConfig.from_dict(few)
    assert (read.rms_norm_eps, read.num_key_value_heads) == (1e-6, 32)


@pytest.mark.parametrize("change", [
    {"model_type": "mistral"}, {"attention_bias": True}, {"mlp_bias": True},
    {"hidden_act": "gelu"}, {"pretraining_tp": 2}, {"head_dim": 64},
    {"rope_scaling": {"type": "linear", "factor": 2.0}},
    {"rope_parameters": {"rope_type": "llama3", "rope_theta": 5e5}},
], ids=lambda change: next(iter(change)))
def test_what_it_would_have_to_ignore_is_refused(change):
    with pytest.raises(ConfigError, match="expected a plain Llama"):
        LlamaConfig.from_dict(CHAT | change)


@pytest.mark.parametrize(("change", "says"), [
    ({"num_hidden_layers": 0}, "num_hidden_layers to be one whole number of at least 1"),
    ({"vocab_size": -5}, "vocab_size to be one whole number of at least 1"),
    ({"intermediate_size": 11008.0}, "one whole number of at least 1, got 11008.0"),
    ({"vocab_size": "32000"}, "one whole number of at least 1, got '32000'"),
    ({"eos_token_id": [2, 7]}, r"eos_token_id to be one .* at least 0, got \[2, 7\]"),
    ({"eos_token_id": None}, "eos_token_id to be one .* at least 0, got None"),
    ({"hidden_size": 4100}, "even width"),
    ({"num_key_value_heads": 5}, "divide 32"),
])
def test_impossible_sizes_are_refused(change, says):
    with pytest.raises(ConfigError, match=says):
        LlamaConfig.from_dict(CHAT | change)


def test_a_missing_size_or_file_is_named(tmp_path):
    given = {k: v for k, v in CHAT.items() if k != "hidden_size"}
    with pytest.raises(ConfigError, match="lacks hidden_size"):
        LlamaConfig.from_dict(given)
    with pytest.raises(ConfigError, match="lacks hidden_size"):
        LlamaConfig.from_dict(CHAT | {"hidden_size": None})
    with pytest.raises(FileNotFoundError, match="config.json"):
        LlamaConfig.from_pretrained(tmp_path)
    (tmp_path / "config.json").write_text(json.dumps(CHAT))
    assert LlamaConfig.from_pretrained(tmp_path) == LLAMA_2_7B


@pytest.mark.parametrize(("text", "says"), [
    (json.dumps(CHAT)[:-9], "is no JSON"), ("", "is no JSON"), ("[]", "got list"),
])
def test_a_damaged_file_is_refused(tmp_path, text, says):
    (tmp_path / "config.json").write_text(text)
    with pytest.raises(ConfigError, match=says):
        LlamaConfig.from_pretrained(tmp_path)
