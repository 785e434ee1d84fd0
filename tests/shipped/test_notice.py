"""What the shipped folder says of its sources, by the rules that chose them."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from mlph_lib.shipped import corpus as room
from mlph_lib.shipped.build import project_packages
from mlph_lib.shipped.corpus import usable

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "models" / "docstrings"
ROW = re.compile(r"(\S+) (\S+): (.+)")  # name version: licence
LISTED = (FOLDER / "NOTICE").read_text("utf-8").split("\n\n")[1].splitlines()
LICENCES = {name: words for name, _, words in
            (ROW.fullmatch(line).groups() for line in LISTED)}


@pytest.fixture
def told(monkeypatch) -> dict[str, str]:
    """The licences as the notice states them, whatever is installed here."""
    licences = dict(LICENCES)
    monkeypatch.setattr(room, "licence", licences.__getitem__)
    return licences


def test_every_licence_in_the_notice_is_usable(told):
    assert len(told) == len(LISTED) > 100
    assert [name for name in told if not usable(name)] == []


@pytest.mark.parametrize("words", [
    "GPL-3.0-or-later", "AGPL-3.0-only", "Mozilla Public License 2.0 (MPL 2.0)",
    "MIT AND MPL-2.0", "unknown",
])
def test_another_licence_in_the_notice_would_be_seen(words, told):
    told["numpy"] = words
    assert not usable("numpy")


def test_the_notice_names_locked_packages_only():
    assert set(LICENCES) <= set(project_packages(ROOT))


def test_held_out_documents_come_from_packages_of_the_notice():
    lines = (FOLDER / "heldout.jsonl").read_text("utf-8").splitlines()
    assert {json.loads(line)["package"] for line in lines} <= set(LICENCES)


def test_the_stored_configuration_is_that_of_the_run():
    config = json.loads((FOLDER / "config.json").read_text("utf-8"))
    run = json.loads((FOLDER / "training.json").read_text("utf-8"))["settings"]["config"]
    assert {name: config[name] for name in run} == run
