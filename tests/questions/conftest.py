"""The small random Llama as a checkpoint folder."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from mlph_lib.questions.small import small_model

torch.set_num_threads(1)  # tiny matrices: more threads only wait for one another


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("llama") / "tiny-llama"
    lm = small_model()
    lm.model.save_pretrained(folder)
    lm.tokenizer.save_pretrained(folder)
    return folder
