"""A small sharded checkpoint, and a checkout to record into."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from mlph_lib.questions import LanguageModel
from mlph_lib.questions.small import small_model

torch.set_num_threads(1)  # tiny matrices: more threads only wait for one another


@pytest.fixture(scope="session")
def sharded(tmp_path_factory) -> Path:
    """Never written to: a test that damages a file works on a copy."""
    folder = tmp_path_factory.mktemp("weights") / "small"
    lm = small_model()
    lm.model.to(torch.float16).save_pretrained(folder, max_shard_size="40KB")
    lm.tokenizer.save_pretrained(folder)
    assert len(list(folder.glob("model-0*.safetensors"))) > 2
    return folder


@pytest.fixture(scope="session")
def lm(sharded) -> LanguageModel:
    return LanguageModel.load(sharded, "transformers", dtype=torch.float16)


@pytest.fixture
def checkout(tmp_path, monkeypatch) -> Path:
    """A working directory with an empty folder of recordings."""
    folder = tmp_path / "checkout"
    (folder / "recordings").mkdir(parents=True)
    (folder / "recordings" / "lock.json").write_text("{}\n")
    monkeypatch.chdir(folder)
    return folder
