"""What would be asked, and what it would cost."""

import inspect

import pytest
import torch

from mlph_lib import cli
from mlph_lib.llama import LLAMA_2_7B
from mlph_lib.questions import QUESTIONS
from mlph_lib.recorder import PLAN, Ask, cost, estimate
from mlph_lib.recorder.plan import BUDGET, within
from mlph_lib.recordings import names
from mlph_lib.recordings.plain import split


def test_every_question_is_asked_by_a_request_that_it_takes():
    assert {each.question for each in PLAN} == set(QUESTIONS.values())
    for each in PLAN:
        inspect.signature(each.question).bind(None, **each.request)


def test_names_are_unique_and_free():
    mine = [f"llama-2-7b-chat/{each.name}" for each in PLAN]
    assert len(set(mine)) == len(mine)
    assert not set(mine) & {name for name in names() if "/course-" in name}


def test_the_plan_stays_within_the_budget():
    sizes = [cost(each, LLAMA_2_7B, 2).size for each in PLAN]
    assert sum(sizes) < BUDGET


@pytest.mark.parametrize("name", ["samples-nucleus", "greedy-empty", "attention-empty",
                                  "norms-empty", "lens-empty", "next-empty",
                                  "embedding-sun", "tree-empty"])
def test_the_cost_is_an_upper_bound(lm, name):
    each = next(each for each in PLAN if each.name == name)
    smaller = {"n": 40, "max_new_tokens": 30} if name.startswith("samples") else {}
    each = Ask(each.name, each.question, each.request | smaller)
    passes, forward = [], lm.model.forward
    lm.model.forward = lambda *args, **kwargs: passes.append(1) or forward(*args, **kwargs)
    try:
        arrays, _ = split(each.question(lm, **each.request))
    finally:
        del lm.model.forward
    bound = cost(each, lm.model.config, 2)
    size = sum(a.nbytes for a in arrays.values())
    assert size <= bound.size <= 3 * size + 30_000
    assert len(passes) <= bound.passes <= len(passes) + 2


def test_the_estimate_knows_the_size_of_the_weights_and_of_the_cache():
    *lines, last = estimate(LLAMA_2_7B, 2)
    assert len(lines) == len(PLAN)
    assert "13.5 GB; memory: 15.7 GB" in last  # 0.5 MiB of cache a position


def test_a_dry_run_writes_nothing_and_loads_nothing(
    checkout, sharded, capsys, monkeypatch
):
    monkeypatch.setattr(torch, "load", None)
    monkeypatch.setattr("safetensors.torch.load_file", None)
    before = {f: f.stat().st_mtime_ns for f in (*checkout.rglob("*"), *sharded.iterdir())}
    words = ["record", "small", "--weights", str(sharded), "--dry-run"]
    assert cli.main([*words, "--name", "a small random Llama"]) == 0
    out = capsys.readouterr().out
    assert all(each.name in out for each in PLAN) and "recordings: at most" in out
    assert {
        f: f.stat().st_mtime_ns for f in (*checkout.rglob("*"), *sharded.iterdir())
    } == before


def test_a_dry_run_needs_sizes(checkout, capsys):
    assert cli.main(["record", "x", "--weights", "someone/x", "--dry-run"]) == 1
    assert "only published models are known without one" in capsys.readouterr().err


def test_a_dry_run_and_a_check_exclude_each_other(capsys):
    with pytest.raises(SystemExit):
        cli.main(["record", "x", "--weights", "y", "--dry-run", "--check"])


def test_a_small_vocabulary_is_asked_for_its_last_pieces():
    for size, first in ((32_000, 5100), (5110, 5100), (5109, 5099), (10, 0)):
        asks = within(PLAN, size)
        ids = next(ask.request["ids"] for ask in asks if ask.name == "pieces")
        assert ids == list(range(first, first + 10)) and max(ids) < size
        others = zip(asks, PLAN, strict=True)
        assert all(a is b for a, b in others if a.name != "pieces")
