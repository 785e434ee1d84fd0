"""A very small untrained model, asked by every test."""

from __future__ import annotations

import pytest
import torch

from mlph_lib.architecture import Untrained, small

torch.set_num_threads(1)  # tiny matrices: more threads only wait for one another


@pytest.fixture(scope="session")
def subject() -> Untrained:
    return small()
