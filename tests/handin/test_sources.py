"""Functions of the library are defined in the notebook by their own source."""

from __future__ import annotations

import numpy as np
import pytest

from mlph_lib.goodness import dkw_epsilon, ks_distance
from mlph_lib.handin import sources
from mlph_lib.handin.needs import Import, written
from mlph_lib.handin.reading import for_reading
from mlph_lib.handin.sources import LONGEST, defined, shortened


def run(name: Import) -> dict:
    """What the printed code defines, from nothing but its own imports."""
    code, imports = defined(name)
    space: dict = {}
    head = "from __future__ import annotations\n"
    exec(compile(head + written(imports) + "\n" + code, "printed", "exec"), space)
    return space


def test_a_function_and_what_it_calls_in_its_module():
    name = Import("mlph_lib.goodness", "ks_distance", "ks_distance")
    code, imports = defined(name)
    assert "def _cdf_at" in code and "mlph_lib" not in written(imports)
    x = np.random.default_rng(0).random(50)
    assert run(name)["ks_distance"](x, lambda u: u) == ks_distance(x, lambda u: u)
    assert len(code.splitlines()) <= LONGEST


SAMPLES = Import("mlph_lib.transport.samples", "load_samples", "load_samples")


def test_a_deep_function_comes_with_its_helpers_and_constants(tmp_path):
    load = run(SAMPLES)["load_samples"]
    draws, _ = load(None, np.random.default_rng(1))
    assert draws.shape == (10_000,)
    (tmp_path / "other.npy").write_bytes(b"other")
    with pytest.raises(ValueError, match="digest"):  # helpers refuse as in the library
        load(tmp_path / "other.npy", np.random.default_rng(1))
    assert "_" not in {i.alias[0] for i in defined(SAMPLES)[1]}


def test_what_is_too_long_is_printed_alone(monkeypatch):
    monkeypatch.setattr(sources, "LONGEST", 40)
    code, imports = defined(SAMPLES)
    assert code.startswith("def load_samples") and "def _validated" not in code
    assert Import("mlph_lib.transport.samples", "_validated", "_validated") in imports


@pytest.mark.parametrize(
    "name",
    [
        Import("numpy", None, "np"),
        Import("math", "pi", "pi"),
        Import("mlph_lib.page", "number", "number"),
        Import("mlph_lib.recordings", "facts", "facts"),
        Import("mlph_lib.llama", "LlamaConfig", "LlamaConfig"),
        Import("mlph_lib.goodness", "dkw_epsilon", "other_name"),
        Import("mlph_lib", "questions", "questions"),
    ],
    ids=str,
)
def test_the_rest_stays_an_import(name):
    assert defined(name) is None


def test_the_docstring_keeps_its_first_paragraph():
    code, _ = defined(Import("mlph_lib.goodness", "dkw_epsilon", "dkw_epsilon"))
    first = dkw_epsilon.__doc__.split("\n\n")[0]
    assert f'"""{first}"""' in code and "Raises" not in code
    assert shortened("def f():\n    return 1  # why") == "def f():\n    return 1  # why"


def test_what_is_reached_through_modules_and_objects_is_shown():
    cells = ["lm = questions.live()", "questions.greedy", "print(lm.encode(''), lm.eos)",
             "other.encode(1)"]
    found = for_reading(cells, [Import("mlph_lib", "questions", "questions")])
    assert list(found) == ["questions.live", "lm.encode", "lm.eos"]
    assert found["lm.eos"].startswith("@property\ndef eos")
