"""The published figures: each with its source, agreeing with one another."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from mlph_lib import recordings
from mlph_lib.recordings import (
    ChangedBytesError,
    MissingFieldError,
    MissingFileError,
    RecordingError,
    fact_names,
    facts,
)

ROOT = Path(__file__).resolve().parents[2] / "recordings"


@pytest.mark.parametrize("name", fact_names(ROOT))
def test_every_fact_has_its_source(name):
    source = facts(name, ROOT)["source"]
    assert source.keys() == {"repository", "commit", "file", "where"}
    assert all(source.values())


def test_the_logits_of_the_empty_prompt():
    told = facts("base-logits", ROOT)
    other = told["capability_7"]
    assert len(told["position_0"]) == 15 and len(told["means"]) == len(told["ids"]) == 8
    apart = np.abs(np.subtract(told["position_0"], other["position_0"]))
    assert apart.max() == 0.125 and apart[1] == apart.max()
    assert np.allclose(told["means"], other["means"], atol=0.05)


def test_the_files_hold_the_parameters():
    files, config = facts("chat-files", ROOT), facts("chat-config", ROOT)
    d, f, v = (config[k] for k in ("hidden_size", "intermediate_size", "vocab_size"))
    layer = 4 * d * d + 3 * d * f + 2 * d
    assert 2 * v * d + config["num_hidden_layers"] * layer + d == files["parameters"]
    assert files["total_size"] == 2 * files["parameters"] + 4096
    sizes = [n["bytes"] for name, n in files["files"].items() if name.endswith("tensors")]
    headers = sum(sizes) - files["total_size"]
    assert 0 < headers < 1e5 and files["tensors"] - files["buffers"] == 9 * 32 + 3
    assert all(len(entry["sha256"]) == 64 for entry in files["files"].values())


def test_greedy_decoding_depends_on_the_hardware():
    gpu, cpu = (facts(f"base-relativity-{device}", ROOT) for device in ("gpu", "cpu"))
    assert gpu["prompt"] == cpu["prompt"] and gpu["continuation"] != cpu["continuation"]


def test_the_sample_of_the_base_model_is_a_web_page():
    sample = facts("base-sample", ROOT)
    assert sample["opening"].startswith("The purpose of this document")
    assert sample["entity"] == "&amp;" and math.isclose(sample["temperature"], 0.9)


def test_an_unknown_fact_names_those_there_are():
    with pytest.raises(RecordingError, match="no fact 'nonesuch', there are base-logits"):
        facts("nonesuch", ROOT)


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("{", ChangedBytesError),
        ('{"a": {"value": 1}}', MissingFieldError),
        ('{"a": {"value": 1, "source": {"file": "x"}}}', MissingFieldError),
        ('{"a": 3}', MissingFieldError),
        (None, MissingFileError),
    ],
)
def test_a_fact_without_a_source_is_found(root, toy, text, error):
    (root / "facts.json").unlink()
    if text is not None:
        (root / "facts.json").write_text(text)
    toy.load()
    assert [type(problem) for problem in recordings.problems(root)] == [error]
    with pytest.raises(error, match="facts.json"):
        facts("a", root)
