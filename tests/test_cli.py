"""The command line: what it prints, and the exit codes."""

from __future__ import annotations

import pytest

from mlph_lib import cli


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
