"""The first cell of the notebook: where it runs, and what a path is meant from."""

import os
from pathlib import Path

import mlph_lib
from mlph_lib.handin.draft import START


def test_a_path_to_samples_is_read_before_the_folder_changes(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SAMPLES", "mine.npy")
    exec(START, {"os": os, "Path": Path, "mlph_lib": mlph_lib})
    assert os.environ["SAMPLES"] == str(tmp_path / "mine.npy")
    assert Path.cwd() == Path(mlph_lib.__file__).parents[2]


def test_no_samples_stay_none(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SAMPLES", "")
    exec(START, {"os": os, "Path": Path, "mlph_lib": mlph_lib})
    assert os.environ["SAMPLES"] == ""
