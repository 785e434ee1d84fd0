"""The arrows of the house: ideas stand on their own, pages and commands on them."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "src" / "mlph_lib"
IDEAS = {"transport", "pretraining", "llama", "decoding"}
GROUND = {"generators", "goodness", "recordings", "speed"}
ALLOWED = {  # who may import what, beside itself
    **{idea: GROUND for idea in IDEAS},
    **{ground: set() for ground in GROUND},
    "page": {"recordings"},
    "shipped": {"llama", "speed"},
    "questions": {"llama", "decoding"},
    "architecture": {"llama"},
    "recorder": {"architecture", "questions", "llama", "decoding", "recordings"},
    "trainings": {"pretraining", "recorder", "recordings", "speed"},
    "handin": {"page", "recordings"},
    "cli": IDEAS | GROUND | {
        "handin", "page", "questions", "recorder", "shipped", "trainings"
    },
}


def room(file: Path, package: Path = PACKAGE) -> str:
    return file.relative_to(package).parts[0].removesuffix(".py")


def imported_rooms(code: str, own: str) -> set[str]:
    """The rooms of mlph_lib that ``code`` imports, its own left out."""
    names = set()
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level > 1:
            names |= {f"mlph_lib.{node.module or alias.name}" for alias in node.names}
    rooms = {name.split(".")[1] for name in names if name.startswith("mlph_lib.")}
    return rooms - {own}


@pytest.mark.parametrize("file", sorted(PACKAGE.rglob("*.py")), ids=str)
def test_imports_point_one_way(file):
    own = room(file)
    if own == "__init__":
        assert not imported_rooms(file.read_text(), own)
        return
    assert own in ALLOWED, f"a new room {own!r}: say here what it may import"
    assert imported_rooms(file.read_text(), own) <= ALLOWED[own]


def test_a_wrong_arrow_is_seen():
    code = "from mlph_lib.page import number\nfrom mlph_lib import llama\n"
    assert imported_rooms(code, "transport") == {"page", "llama"}
    assert not imported_rooms(code, "transport") <= ALLOWED["transport"]
    assert imported_rooms("from ..page import number", "transport") == {"page"}
