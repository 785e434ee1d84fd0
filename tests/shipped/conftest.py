"""Small packages, installed for one test, and a small model to train on them."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from pathlib import Path

import pytest
import torch

from mlph_lib.llama import LlamaConfig
from mlph_lib.shipped.training import Settings

VERBS = ["Return", "Compute", "Draw", "Sort", "Read", "Write"]
THINGS = ["the rows", "the mean", "a figure", "every file", "the sum", "the keys"]
WHERE = ["of a table", "of the given array", "in the folder", "for each column"]
TEXTS = [f"{v} {t} {w}.\n\n    Args:\n        x: values." for v, t, w in
         product(VERBS, THINGS, WHERE)]
CONFIG = LlamaConfig(400, 16, 24, 2, 4, 2, 128)


@pytest.fixture
def texts() -> list[str]:
    """144 documentation strings."""
    return TEXTS


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)


@pytest.fixture
def settings() -> Settings:
    return Settings(CONFIG, tokens=256, steps=8, peak=1e-2, warm_up=2, every=2)


@pytest.fixture
def install(tmp_path: Path, monkeypatch) -> Callable[..., Path]:
    """Installs a package: its licence, and Python files by their path in it."""
    site = tmp_path / "site"
    site.mkdir()
    monkeypatch.syspath_prepend(str(site))

    def put(name: str, licence: str | None, files: dict[str, str]) -> Path:
        info = site / f"{name}-1.0.dist-info"
        info.mkdir()
        head = f"Metadata-Version: 2.4\nName: {name}\nVersion: 1.0\n"
        words = f"License-Expression: {licence}\n" if licence else ""
        (info / "METADATA").write_text(head + words)
        for path, code in files.items():
            (site / path).parent.mkdir(parents=True, exist_ok=True)
            (site / path).write_text(code, encoding="utf-8")
        (info / "RECORD").write_text("".join(f"{path},,\n" for path in files))
        return site

    return put
