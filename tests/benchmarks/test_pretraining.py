"""The benchmarks of the first part run, small, and write all that the page reads."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[2] / "benchmarks"


def bench(script, out, *arguments):
    command = [sys.executable, FOLDER / script, "--out", out, *arguments]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert not list(out.parent.glob("*.new"))
    return json.loads(out.read_text()), done


def test_batches_of_all_sizes_are_timed(tmp_path):
    out = tmp_path / "speed.json"
    result, done = bench("pretraining_batches.py", out, "--largest", "4", "--runs", "2")
    assert "round 2 of 2" in done.stderr and "tokens per second" in done.stdout
    assert list(result["rows"]) == ["1", "2", "4"]
    for row in result["rows"].values():
        assert 0 < row["least"] <= row["median"] <= row["most"]
    assert result["runs"] == 2 and {"machine", "versions", "date"} <= set(result)


def test_gaps_of_all_seeds_are_kept(tmp_path):
    out = tmp_path / "gaps.json"
    few = ("--tasks", "clm", "--seeds", "2", "--steps", "3")
    result, done = bench("pretraining_gaps.py", out, *few)
    assert "clm, seed 1" in done.stderr and "gap / limit" in done.stdout
    row = result["rows"]["clm"]
    assert len(row["gaps"]) == len(row["seconds"]) == 2
    assert row["gaps"][0] != row["gaps"][1] and min(row["gaps"]) > 0.01
    assert (result["steps"], result["seeds"]) == (3, 2)


def test_the_committed_gaps_are_of_every_task_with_a_limit():
    from mlph_lib.pretraining.live import LIVE_RECIPE
    from mlph_lib.pretraining.tasks import TASKS

    result = json.loads((FOLDER / "pretraining_gaps.json").read_text())
    assert set(result["rows"]) == {n for n, t in TASKS.items() if t.best is not None}
    assert result["steps"] == LIVE_RECIPE.steps
    assert all(len(row["gaps"]) == result["seeds"] for row in result["rows"].values())
