"""The benchmark runs, writes all it says, and times nothing that differs."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from transformers import LlamaConfig, LlamaForCausalLM

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "benchmarks" / "llama_decoding.py"


@pytest.fixture
def checkpoint(tmp_path):
    torch.manual_seed(0)
    model = LlamaForCausalLM(LlamaConfig(
        vocab_size=90, hidden_size=32, intermediate_size=48, num_hidden_layers=2,
        num_attention_heads=4, num_key_value_heads=2, max_position_embeddings=32,
        initializer_range=0.2,
    ))
    model.save_pretrained(tmp_path / "tiny")
    return tmp_path / "tiny"


def bench(*arguments):
    command = [sys.executable, SCRIPT, "--n", "12", "--runs", "2", *arguments]
    return subprocess.run(command, capture_output=True, text=True)


def test_every_decoder_is_timed_and_the_results_written(checkpoint, tmp_path):
    out = tmp_path / "speed.json"
    done = bench("--model", checkpoint, "--out", out)
    assert done.returncode == 0, done.stderr
    assert "round 2 of 2" in done.stderr and "tokens per second" in done.stdout
    result = json.loads(out.read_text())
    assert {"machine", "versions", "parameters", "n", "runs"} <= set(result)
    assert len(result["rows"]) == 4
    assert result["rows"]["generate (transformers)"]["ratio"] == 1.0
    for row in result["rows"].values():
        assert 0 < row["least"] <= row["median"] <= row["most"]
    assert list(tmp_path.glob("*.new")) == []


def test_another_text_is_not_timed(checkpoint, tmp_path):
    """The failing twin: our output matrix has the wrong sign."""
    code = f"""
import sys
sys.path.insert(0, {str(SCRIPT.parent)!r})
import llama_decoding
load = llama_decoding.load
def wrong(folder):
    ours, theirs = load(folder)
    ours.lm_head.weight.neg_()
    return ours, theirs
llama_decoding.load = wrong
llama_decoding.main(["--model", {str(checkpoint)!r}, "--n", "12", "--runs", "1"])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 1
    assert "wrote another text" in done.stderr and "round" not in done.stderr
