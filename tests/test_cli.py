"""The command line: what it prints, and the exit codes."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from mlph_lib import cli

ROOT = Path(__file__).resolve().parents[1]
COURSE = "llama-2-7b-chat/course-embedding-sun"


def test_without_a_command_it_says_how_to_use_it(capsys):
    assert cli.main([]) == 2
    assert "usage: mlph" in capsys.readouterr().out


def test_an_unknown_command_is_refused(capsys):
    with pytest.raises(SystemExit) as stop:
        cli.main(["no-such-command"])
    assert stop.value.code == 2


@pytest.mark.parametrize("error", [ValueError("mend it"), OSError("mend it")])
def test_what_the_user_can_mend_is_one_line(error, capsys, monkeypatch):
    def run(args):
        raise error

    def failing(commands):
        commands.add_parser("failing").set_defaults(run=run)

    monkeypatch.setattr(cli, "COMMANDS", (failing,))
    assert cli.main(["failing"]) == 1
    assert capsys.readouterr().err == "mlph: mend it\n"


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """A copy of the recordings, with the working directory beside them."""
    shutil.copytree(ROOT / "recordings", tmp_path / "recordings")
    monkeypatch.chdir(tmp_path)
    return tmp_path / "recordings"


def test_recordings_are_listed_shown_and_verified(checkout, capsys):
    assert cli.main(["recordings", "list"]) == 0
    assert f"{COURSE}  transcribed  embedding(text='sun')\n" in capsys.readouterr().out
    assert cli.main(["recordings", "show", COURSE]) == 0
    assert "Transcribed from: sciai-lab/mlph_w24" in capsys.readouterr().out
    assert cli.main(["recordings", "verify"]) == 0
    assert "recordings, all as they were reviewed" in capsys.readouterr().out


def test_verify_names_every_file_that_is_wrong(checkout, capsys):
    for name in ("course-pieces.json", "course-greedy-empty.safetensors"):
        with open(checkout / "llama-2-7b-chat" / name, "ab") as file:
            file.write(b" ")
    (checkout / "stranger").write_text("")
    assert cli.main(["recordings", "verify"]) == 1
    said = capsys.readouterr().err
    assert said.count("FAILED") >= 3
    for name in ("course-pieces.json", "course-greedy-empty.safetensors", "stranger"):
        assert name in said


def test_verify_survives_a_damaged_lock(checkout, capsys):
    (checkout / "lock.json").write_text("{")
    assert cli.main(["recordings", "verify"]) == 1
    assert "FAILED" in (said := capsys.readouterr().err) and "lock.json" in said


def test_an_unknown_recording_names_those_there_are(checkout, capsys):
    assert cli.main(["recordings", "show", "llama/x"]) == 1
    assert f"mlph: no recording 'llama/x'; recorded: {COURSE}" in capsys.readouterr().err


def test_accept_demands_a_reason_and_code_of_ours(checkout, capsys):
    with pytest.raises(SystemExit):
        cli.main(["recordings", "accept", COURSE])
    assert "--because" in capsys.readouterr().err
    reason = ["--because", "no reason at all"]
    assert cli.main(["recordings", "accept", COURSE, *reason]) == 1
    assert "depends on no code of ours" in capsys.readouterr().err


def test_transcribing_again_changes_nothing(checkout, capsys):
    before = {f: f.read_bytes() for f in checkout.rglob("*") if f.is_file()}
    assert cli.main(["recordings", "transcribe", "llama-2-7b-chat"]) == 0
    assert capsys.readouterr().out.count("wrote") == 5
    assert {f: f.read_bytes() for f in checkout.rglob("*") if f.is_file()} == before
