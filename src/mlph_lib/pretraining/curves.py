"""Learning curves without the noise of the batches: each beside its own limit."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from mlph_lib.pretraining.evaluation import weighted_mean
from mlph_lib.pretraining.languages import Language
from mlph_lib.pretraining.live import Exam, build, joined
from mlph_lib.pretraining.network import TransformerConfig
from mlph_lib.pretraining.tasks import task
from mlph_lib.pretraining.training import Recipe
from mlph_lib.pretraining.vocabulary import Vocabulary

__all__ = ["best_losses", "limit", "settled"]


def limit(tests: Exam, coupled: bool = False) -> tuple[float, float]:
    """(mean of -log p* over test targets, its standard error), in nats a target.

    Args:
        tests: what `exam` returned.
        coupled: whether a draw is a whole batch, as for a contrastive loss.

    Example:
        >>> from mlph_lib.pretraining.languages import mess3
        >>> from mlph_lib.pretraining.live import exam
        >>> mean, error = limit(exam("clm", mess3(), Vocabulary(3), 1024, 64, 32))
        >>> abs(mean - 0.805823) < 4 * error  # causal_limit, exact
        True
    """
    stars, weights = (
        joined(parts, coupled)
        for parts in zip(*((-star, b.weights) for b, star in tests), strict=True)
    )
    return weighted_mean(stars, weights)


def best_losses(
    name: str, language: Language, recipe: Recipe, steps: Iterable[int], length: int = 32
) -> np.ndarray:
    """The loss of the exact law on the very batches of some training steps.

    Training draws new texts for every step, so its loss is a test before the step is
    taken; less this, it is a paired gap.

    Args:
        name: a key of `TASKS` that has an exact limit.
        language, recipe, length: as in `train`.
        steps: which.

    Returns:
        nats a target, one number a step.

    Raises:
        ValueError: if no limit is known, or only one of a part of the loss.
    """
    found, vocab, losses = task(name), Vocabulary(language.words), []
    parts = build(found, TransformerConfig(vocab.size, 16, 1, 4), vocab, 0).coefficients
    if found.best is None or len(parts) > 1:
        raise ValueError(
            f"expected a task whose whole loss has an exact limit, got {name!r} with "
            f"the parts {', '.join(parts)}"
        )
    for step in steps:
        rng = np.random.default_rng((recipe.seed, step))
        tokens = language.sample(recipe.batch_size, length, rng)
        batch = found.corrupt(tokens, vocab, rng)
        star = found.best(language, tokens, batch, vocab)
        star = np.where(batch.weights > 0, star, 0.0)
        losses.append(-np.average(star, weights=batch.weights))
    return np.array(losses)


def settled(steps: np.ndarray, gaps: np.ndarray, level: float) -> int:
    """The first step from which on the gap stays below a level.

    Args:
        steps: rising, shape (k,).
        gaps: there, shape (k,).
        level: of the gaps' unit.

    Raises:
        ValueError: if even the last gap is not below it, or steps and gaps differ in
            number.

    Example:
        >>> settled(np.array([0, 4, 8, 12]), np.array([1.0, 0.4, 0.6, 0.1]), 0.5)
        12
    """
    if len(steps) != len(gaps) or not len(steps):
        raise ValueError(
            f"expected as many gaps as steps, one or more, got {len(gaps)} gaps for "
            f"{len(steps)} steps"
        )
    over = np.flatnonzero(~(np.asarray(gaps) < level))
    if over.size and over[-1] == len(steps) - 1:
        raise ValueError(
            f"the last gap, {gaps[-1]:.3g}, is not below {level:.3g}: train longer or "
            "ask for less"
        )
    return int(steps[over[-1] + 1 if over.size else 0])
