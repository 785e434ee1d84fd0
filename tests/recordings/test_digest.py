"""The digest of a function changes with what it does, not with how it looks."""

from __future__ import annotations

import pytest

from mlph_lib.recordings import RecordingError, code_digest
from mlph_lib.recordings.digest import code_parts, where

POWERS = ("mlph_lib.toy", "powers")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"""model to the powers', '"""Powers of the model'),
        ("    # a loop, not **\n", ""),
        ("def powers(model, n=3):", "def powers(model: float, n: int = 3) -> dict:"),
        ("    out = [1.0]\n", "\n\n    out = [\n        1.0,\n    ]\n"),
        ("FACTOR * model", "(FACTOR * model)"),
        ("def unrelated():\n    return 1", "def unrelated():\n    return 2"),
        ('"""Questions to a model', '"""Some questions to a model'),
    ],
    ids=["docstring", "comment", "annotations", "layout", "brackets", "another function",
         "docstring of the module"],
)
def test_what_changes_nothing_keeps_the_digest(toy, old, new):
    before = code_digest(POWERS)
    toy.edit(old, new)
    assert code_digest(POWERS) == before


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("FACTOR = 2", "FACTOR = 3"),
        ("out[-1] * model", "out[-1] + model"),
        ("n=3", "n=4"),
        ("return {\"powers\"", "return {\"power\""),
        ("FACTOR * model", "FACTOR + model"),
        ("range(n - 1)", "range(n - 2)"),
        ("def powers(", "@np.vectorize\ndef powers("),
        ("    out = [1.0]", "    out = [True]"),
    ],
    ids=["constant", "helper", "default", "key", "operator", "number", "decorator",
         "type of a literal"],
)
def test_what_changes_something_changes_the_digest(toy, old, new):
    before = code_digest(POWERS)
    text = toy.file.read_text()
    assert old in text
    toy.file.write_text(text.replace(old, new))
    assert code_digest(POWERS) != before


def test_the_parts_are_those_of_the_room(toy):
    assert sorted(code_parts(POWERS)) == [
        "mlph_lib.toy:FACTOR", "mlph_lib.toy:_powers", "mlph_lib.toy:powers",
    ]


@pytest.fixture
def package(toy):
    """A room of several modules, with every way of importing."""
    room = toy.file.with_name("rooms")
    room.mkdir()
    files = {
        "__init__.py": "from mlph_lib.rooms.a import ask\nfrom .deep import b as again\n",
        "a.py": (
            "import numpy\nfrom mlph_lib.rooms import deep, flat as level\n"
            "from . import again\nfrom mlph_lib.recordings import facts\n"
            "def ask(m):\n"
            "    from mlph_lib.rooms.late import inner\n"
            "    return deep.b(m) + level(m) + again(m) + inner(m) + C.x\n"
            "class C:\n    x: int = 1\n"
        ),
        "deep.py": "from .base import low\ndef b(m): return low(m)\n",
        "base.py": "LOW = HIGH = 3\ndef low(m): return LOW\n",
        "late.py": "def inner(m): return 4\ndef unused(m): return 5\n",
        "flat.py": "def __call__(m): return m\n",
    }
    for name, text in files.items():
        (room / name).write_text(text)
    return room


def test_imports_within_the_room_are_followed(package):
    parts = code_parts(("mlph_lib.rooms.a", "ask"))
    assert {part.removeprefix("mlph_lib.rooms.") for part in parts} == {
        "a:ask", "a:C", "deep:b", "base:low", "base:LOW", "base:HIGH", "late:inner",
        "flat:__call__",
    }


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [("base.py", "= 3", "= 4"), ("late.py", "4", "5"), ("a.py", "= 1", "= 2"),
     ("a.py", "x: int = 1", "y: int = 1"), ("flat.py", "return m", "return -m")],
)
def test_a_change_anywhere_in_the_room_is_seen(package, file, old, new):
    place = ("mlph_lib.rooms.a", "ask")
    before = code_digest(place)
    text = (package / file).read_text()
    (package / file).write_text(text.replace(old, new))
    assert code_digest(place) != before
    (package / file).write_text(text + "\n\ndef more(): pass\n")
    assert code_digest(place) == before or file == "flat.py"  # imported whole


def test_a_function_is_found_by_module_and_name(toy):
    assert where(toy.load().powers) == POWERS
    with pytest.raises(RecordingError, match="at the top of a module"):
        where(lambda model: model)
    with pytest.raises(RecordingError, match="at the top of a module"):
        where(str.join)


@pytest.mark.parametrize(
    "place", [("mlph_lib.toy", "nothing"), ("mlph_lib.gone", "f"), ("no_such", "f")]
)
def test_a_function_that_is_not_there_is_an_error(toy, place):
    with pytest.raises(RecordingError, match="no (function|module)"):
        code_digest(place)
