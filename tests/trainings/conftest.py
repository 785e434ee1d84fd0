"""Four reduced shards, recorded once; whoever changes something works on a copy."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from mlph_lib.trainings import record

torch.set_num_threads(1)
SHARDS = ("gap-mlm-mess3-0", "gap-electra-mess3-1", "batch-clm", "noise-mlm-0")


@pytest.fixture(scope="session")
def reduced() -> Callable[..., int]:
    """Records into folder/recordings."""

    def run(folder: Path, **changes) -> int:
        asked = {"by": "a test", "device": "cpu", "patterns": SHARDS, "small": True}
        asked |= {"root": folder / "recordings", "code": "0123abcd"}
        return record(**(asked | {"say": lambda line: None} | changes))

    return run


@pytest.fixture(scope="session")
def recorded(tmp_path_factory, reduced) -> tuple[Path, list[str]]:
    folder, said = tmp_path_factory.mktemp("laboratory"), []
    assert reduced(folder, say=said.append) == 0
    return folder, said
