"""What a recording says of the code that made it."""

from types import SimpleNamespace

import pytest

from mlph_lib.recorder import machine


@pytest.mark.parametrize(("status", "told"), [("", "1f"), (" M a.py\n", "1f+")])
def test_the_commit_says_whether_files_differ_from_it(status, told, monkeypatch):
    said = {"rev-parse": "1f\n", "status": status}

    def git(words, **kwargs):
        return SimpleNamespace(stdout=said[words[1]])

    monkeypatch.setattr(machine.subprocess, "run", git)
    assert machine.commit() == told


def test_without_git_the_commit_is_asked_for(monkeypatch):
    def no_git(*args, **kwargs):
        raise FileNotFoundError("git")

    monkeypatch.setattr(machine.subprocess, "run", no_git)
    with pytest.raises(ValueError, match="--commit"):
        machine.commit()
