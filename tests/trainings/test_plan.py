"""The plan: every task where it makes sense, shards of some minutes, one name each."""

import pytest

from mlph_lib.pretraining.command import LANGUAGES
from mlph_lib.pretraining.languages import HiddenMarkov
from mlph_lib.pretraining.tasks import TASKS
from mlph_lib.trainings import PLAN, gap_curve, noise_scales, reduced, selected
from mlph_lib.trainings.plan import NO_LIMIT_THERE

SHARD = 8.5 * 60  # seconds


def test_every_task_on_every_language_where_it_makes_sense():
    asked = {(s.request["task"], s.request["language"], s.request["seed"])
             for s in PLAN if s.question is gap_curve}
    expected = {(t, l, seed) for t in TASKS for l in LANGUAGES for seed in range(3)
                if t not in NO_LIMIT_THERE.get(l, ())}
    assert asked == expected


def test_what_is_left_out_has_no_limit_there():
    for name, tasks in NO_LIMIT_THERE.items():
        assert not isinstance(LANGUAGES[name](), HiddenMarkov) and set(tasks) < set(TASKS)


def test_names_are_unique_and_shards_short():
    assert len({s.name for s in PLAN}) == len(PLAN)
    assert max(s.seconds for s in PLAN) <= SHARD


def test_noise_scales_come_from_enough_gradients():
    from inspect import signature

    assert signature(noise_scales).parameters["gradients"].default >= 4096


def test_a_pattern_that_fits_nothing_is_refused():
    with pytest.raises(ValueError, match="no shard is called like 'gap-clmm"):
        selected(["gap-clmm-*"])


def test_reduced_keeps_task_language_and_seed():
    for shard in PLAN:
        small = reduced(shard)
        for key in ("task", "language", "seed"):
            assert small.request.get(key) == shard.request.get(key)
        assert small.request != shard.request
