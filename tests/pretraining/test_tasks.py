"""The table of tasks: names, coupling seen in the counts, limits where known."""

import numpy as np
import pytest

from mlph_lib.pretraining.languages import mess3, random_hierarchy
from mlph_lib.pretraining.live import exam
from mlph_lib.pretraining.tasks import TASKS, task
from mlph_lib.pretraining.tensors import part
from mlph_lib.pretraining.vocabulary import Vocabulary

VOCAB = Vocabulary(3)
NEED_STATES = {"contrastive", "t5", "bart", "ul2", "electra"}  # the last has no limit


def counts(name, seed):
    """Summed weights of the two halves of a batch."""
    ids = mess3().sample(8, 24, np.random.default_rng(seed))
    batch = TASKS[name].corrupt(ids, VOCAB, np.random.default_rng(seed))
    halves = [part(batch, slice(0, 4)), part(batch, slice(4, 8))]
    counts = [h.weights.sum() for h in halves]
    if batch.boundaries is not None:
        counts += [h.boundaries.weights.sum() for h in halves]
    return np.array(counts).reshape(-1, 2)


@pytest.mark.parametrize("name", TASKS)
def test_the_class_says_whether_processes_count_alike(name):
    """A: always the same number of targets. B: not so in at least one of 20 draws."""
    alike = all(np.ptp(counts(name, seed), axis=1).max() < 1e-9 for seed in range(20))
    assert alike == (TASKS[name].coupling in "AC")


def test_only_the_learned_generator_has_no_limit():
    assert [name for name, t in TASKS.items() if t.best is None] == ["electra"]


@pytest.mark.parametrize("name", [n for n in TASKS if n != "electra"])
def test_the_limit_has_the_shape_of_the_targets(name):
    for batch, star in exam(name, mess3(), VOCAB, 8, 4, 12):
        assert star.shape == batch.weights.shape
        seen = star[batch.weights > 0]
        assert np.all(np.isfinite(seen)) and np.all(seen <= 1e-12)


@pytest.mark.parametrize("name", [n for n in TASKS if n not in NEED_STATES])
def test_tasks_take_other_languages(name):
    language = random_hierarchy(4, 2, 2, 4, seed=0)
    pairs = exam(name, language, Vocabulary(4), 4, 4, 16)
    assert len(pairs) == 1


def test_all_tasks_are_examined_on_the_same_texts():
    first = exam("clm", mess3(), VOCAB, 8, 4, 12)
    second = exam("diffusion", mess3(), VOCAB, 8, 4, 12)
    for (a, _), (b, _) in zip(first, second, strict=True):
        assert np.array_equal(a.targets, b.targets)
    again = exam("diffusion", mess3(), VOCAB, 8, 4, 12)
    for (a, _), (b, _) in zip(second, again, strict=True):
        assert np.array_equal(a.inputs, b.inputs)


def test_an_unknown_name_is_refused():
    with pytest.raises(ValueError, match="no task 'gpt'; there are clm, mlm"):
        task("gpt")


def test_a_language_without_the_answer_is_refused_before_training():
    language = random_hierarchy(4, 2, 2, 4, seed=0)
    words = "'t5' has no exact limit here.*RandomHierarchy"
    with pytest.raises(ValueError, match=words):
        exam("t5", language, Vocabulary(4), 4, 4, 16)


def test_test_texts_that_fill_no_batches_are_refused():
    with pytest.raises(ValueError, match="10 test texts do not fill batches of 4"):
        exam("clm", mess3(), VOCAB, 10, 4, 12)
