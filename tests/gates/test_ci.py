"""CI refuses a run that left a test out."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

GATE = Path(__file__).resolve().parents[2] / ".ci" / "no-skips"
# Marks on purpose: the gate must refuse runs of such tests; none of them is ours.
TESTS = {
    "runs": "def test(): pass\n",
    "skipped": "import pytest\n@pytest.mark.skip\ndef test(): pass\n",
    "xfailed": "import pytest\n@pytest.mark.xfail\ndef test(): assert False\n",
}


@pytest.mark.parametrize(("name", "code"), [("runs", 0), ("skipped", 1), ("xfailed", 1)])
def test_a_test_left_out_is_refused(tmp_path, name, code):
    (tmp_path / "test_it.py").write_text(TESTS[name] + "\ndef test_more(): pass\n")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "."]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout
    log = tmp_path / "log"
    log.write_text(run.stdout)
    assert subprocess.run([GATE, log], capture_output=True).returncode == code
