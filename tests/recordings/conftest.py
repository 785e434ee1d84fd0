"""A room of its own in mlph_lib, with questions to a number; and recordings of them."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import mlph_lib
from mlph_lib.recordings import Rehearsal, record

TOY = '''"""Questions to a model that is a number."""
import numpy as np
from mlph_lib.recordings.spelling import spell

FACTOR = 2


def powers(model, n=3):
    """model to the powers 0 ... n - 1, and twice the model."""
    return {"powers": _powers(model, n), "twice": FACTOR * model, "said": spell(["a"])}


def _powers(model, n):
    # a loop, not **
    out = [1.0]
    for _ in range(n - 1):
        out.append(out[-1] * model)
    return np.array(out)


def guess(model, prompt: str = ""):
    """Probabilities."""
    return {"prompt": prompt, "top_probabilities": np.array([0.5, 0.25])}


def unrelated():
    return 1


def small():
    return 1.5
'''


@dataclass
class Toy:
    """The file of the toy room, and the room as it is now."""

    file: Path

    def load(self) -> ModuleType:
        sys.modules.pop("mlph_lib.toy", None)
        importlib.invalidate_caches()
        return importlib.import_module("mlph_lib.toy")

    def edit(self, old: str, new: str) -> ModuleType:
        text = self.file.read_text()
        assert old in text
        self.file.write_text(text.replace(old, new))
        return self.load()


@pytest.fixture
def toy(tmp_path, monkeypatch):
    folder = tmp_path / "code"
    folder.mkdir()
    (folder / "toy.py").write_text(TOY)
    # a file that is rewritten within a second could be taken for its old bytecode
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    mlph_lib.__path__.append(str(folder))
    yield Toy(folder / "toy.py")
    mlph_lib.__path__.remove(str(folder))
    sys.modules.pop("mlph_lib.toy", None)
    vars(mlph_lib).pop("toy", None)


@pytest.fixture
def known() -> dict[str, Any]:
    """Everything that a measured recording says of its making."""
    return {
        "model": {"name": "Seven", "revision": "1", "digest": "0" * 64},
        "device": {"kind": "cuda", "name": "GPU 9000", "memory": "80 GiB"},
        "versions": {k: "1.2" for k in ("python", "numpy", "torch", "transformers")},
        "dtype": "float16", "attention": "sdpa", "batch_shape": [1, 3], "seconds": 0.25,
        "recorded_at": "2026-01-02T03:04:05+00:00", "recorded_by": "someone",
        "published": [],
    }


@pytest.fixture
def store_one(toy, known, tmp_path) -> Callable[..., Path]:
    """Record ``powers`` of 7 under a name and a request."""

    def store(name: str = "toy/powers", **request: Any) -> Path:
        room = toy.load()
        return record(
            name, room.powers, request, room.powers(7.0, **request), known,
            Rehearsal(room.small, {"n": 4}), root=tmp_path / "recordings",
        )

    return store


@pytest.fixture
def root(store_one, tmp_path) -> Path:
    """A folder of two recordings, of 3 and of 5 powers, and of one published fact."""
    store_one()
    store_one("toy/more", n=5)
    fact = '{"a-fact": {"source": {"where": "page 3"}, "value": 1}}'
    (tmp_path / "recordings" / "facts.json").write_text(fact)
    return tmp_path / "recordings"

