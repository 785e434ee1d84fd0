"""`mlph train`: what it prints, and what a wrong word is answered with."""

import io

import pytest

from mlph_lib import cli
from mlph_lib.pretraining.command import LANGUAGES, progress, summary
from mlph_lib.pretraining.evaluation import PairedGap
from mlph_lib.pretraining.live import Run
from mlph_lib.pretraining.training import Recipe

TINY = ["--steps", "2", "--warmup", "1", "--width", "16", "--layers", "1"]
TINY += ["--batch-size", "16"]


class Trainer:
    recipe = Recipe(steps=4, warmup=0)

    def __init__(self, step):
        self.step, self.losses = step, [1.25]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_trains_by_its_name(language, capsys):
    assert cli.main(["train", "clm", language, *TINY]) == 0
    out, err = capsys.readouterr()
    assert out.startswith(f"clm on {language}: last loss ")
    assert "above the exact limit" in out and out.endswith("of 1 process\n")
    assert "step 2/2" in err


def test_a_checkpoint_is_written_where_asked(tmp_path, capsys):
    path = tmp_path / "deep" / "clm.pt"
    command = ["train", "clm", "mess3", *TINY, "--checkpoint", str(path)]
    assert cli.main(command) == 0 and path.exists()
    assert cli.main([*command, "--lr", "0.1"]) == 1
    assert "another recipe" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        (["gpt", "mess3"], "no task 'gpt'; there are clm"),
        (["clm", "english"], "no language 'english'; there are mess3"),
        (["t5", "random-hierarchy"], "'t5' has no exact limit here"),
        (["clm", "random-hierarchy", "--length", "31"], "32 tokens, got 31"),
        (["clm", "mess3", "--steps", "0"], "must be positive"),
        (["clm", "mess3", "--width", "20"], "multiple of twice"),
        (["clm", "mess3", "--batch-size", "60"], "do not fill batches of 60"),
        (["nsp", "mess3", "--length", "31"], "even length"),
    ],
)
def test_what_cannot_be_is_said_in_one_line(words, answer, capsys):
    assert cli.main(["train", *words]) == 1
    err = capsys.readouterr().err
    assert err.startswith("mlph: ") and answer in err and err.count("\n") == 1


def test_progress_comes_at_most_once_in_a_while_and_at_the_end():
    stream = io.StringIO()
    report = progress(stream, every=3600.0)
    for step in (1, 2, 3, 4):
        report(Trainer(step))
    lines = stream.getvalue().splitlines()
    assert lines[-1].startswith("step 4/4  loss 1.2500  0 s left")
    assert len(lines) <= 2


def test_the_time_left_is_that_of_the_steps_so_far(monkeypatch):
    """Two seconds a step; the first call only starts the clock."""
    clock, stream = iter([10.0, 12.0, 14.0, 16.0]), io.StringIO()
    monkeypatch.setattr("time.monotonic", lambda: next(clock))
    report = progress(stream, every=0.0)
    for step in (1, 2, 3, 4):
        report(Trainer(step))
    left = [line.split("  ")[2] for line in stream.getvalue().splitlines()]
    assert left == ["0 s left", "4 s left", "2 s left", "0 s left"]


@pytest.mark.parametrize(("terminal", "ends"), [(True, "\r\n"), (False, "\n\n")])
def test_a_terminal_line_is_written_over_until_the_end(terminal, ends):
    stream = io.StringIO()
    stream.isatty = lambda: terminal
    report = progress(stream, every=0.0)
    for step in (3, 4):
        report(Trainer(step))
    assert "".join(c for c in stream.getvalue() if c in "\r\n") == ends


def test_the_summary_names_limit_gap_and_error():
    gap = PairedGap(limit=0.8, loss=0.82, gap=0.02, standard_error=0.001)
    text = summary(Run("clm", None, None, [0.9], gap, 3.0), "mess3", processes=2)
    assert "0.0200 +- 0.0010 nats a target (2.50%) above" in text
    assert text.endswith("0.8000; 3.0 s of 2 processes")
