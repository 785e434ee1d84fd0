"""The best that can be done with both sides of a hidden, noisy or replaced token."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from mlph_lib.pretraining.batch import Batch
from mlph_lib.pretraining.corruptions.detection import as_word_law
from mlph_lib.pretraining.languages import Language
from mlph_lib.pretraining.languages.messages import as_laws
from mlph_lib.pretraining.limits.laws import log_of, of_targets

__all__ = ["masked", "noisy", "noisy_laws", "replaced_tokens", "span_boundary"]


def masked(language: Language, tokens: np.ndarray, batch: Batch) -> np.ndarray:
    """log p(x_i | all x_j that are not hidden) at every hidden i.

    For every objective whose hidden places do not depend on the text: masks, whole
    words, spans, diffusion. Every target must be hidden; for the 80/10/10 rule see
    `noisy`. With diffusion's weights the mean over masks is -log p(x) exactly.

    Args:
        language: what the texts are drawn from.
        tokens: words, shape (n, T).
        batch: what the corruption made of them.

    Returns:
        shape (n, T), 0 where the weight is 0.

    Raises:
        ValueError: if a target is in sight.
    """
    hidden = batch.weights > 0
    if np.any(hidden & (batch.inputs < language.words)):
        raise ValueError(
            "some targets are in sight, MASK must stand in their place; with random "
            "and kept tokens use limits.noisy"
        )
    laws = language.leave_one_out(tokens, hidden)
    return of_targets(laws, batch.targets, batch.weights)


def span_boundary(
    language: Language, tokens: np.ndarray, batch: Batch
) -> tuple[np.ndarray, np.ndarray]:
    """(masked prediction, boundary prediction): one limit, asked at two places.

    The two states beside a span have seen the whole text as its own states have, so
    nothing is lost in principle; what differs is where the model must put it.

    Returns:
        two arrays of shape (n, T), 0 where their weights are 0.
    """
    best = masked(language, tokens, batch)
    return best, np.where(batch.boundaries.weights > 0, best, 0.0)


def noisy_laws(
    language: Language, inputs: np.ndarray, rate: float, replace: tuple[float, ...]
) -> np.ndarray:
    """p(x_i | all inputs, i was chosen) under independent choices, shape (n, T, V).

    Each token went through a channel without memory. A token seen is evidence
    (1 - m + m keep) 1[a = y] + m random / V for what was there, MASK is none; where i
    was chosen, its own input weighs random / V + keep 1[a = y].

    Args:
        language: what the texts are drawn from.
        inputs: words or, for MASK, anything else, shape (n, T).
        rate: m.
        replace: shares of MASK, random and kept.
    """
    _, random, keep = replace
    v, seen = language.words, inputs < language.words
    same = np.eye(v)[np.where(seen, inputs, 0)]
    evidence = (1 - rate + rate * keep) * same + rate * random / v
    own = keep * same + random / v
    elsewhere = language.leave_out(np.where(seen[..., None], evidence, 1.0))
    # Of an input in sight with random = keep = 0 nobody was chosen: any law will do.
    own = np.where(seen[..., None] & (random + keep > 0), own, 1.0)
    return as_laws(elsewhere * own)


def noisy(
    language: Language,
    tokens: np.ndarray,
    batch: Batch,
    rate: float = 0.15,
    replace: tuple[float, float, float] = (0.8, 0.1, 0.1),
) -> np.ndarray:
    """log p(x_i | inputs, i was chosen): the 80/10/10 rule's limit.

    Args:
        language: what the texts are drawn from.
        tokens: words, shape (n, T).
        batch: what `corruptions.masked_lm` made of them with this rate and rule.
        rate, replace: as there.

    Returns:
        shape (n, T), 0 where the weight is 0.
    """
    laws = noisy_laws(language, batch.inputs, rate, replace)
    return of_targets(laws, tokens, batch.weights)


def replaced_tokens(
    language: Language,
    tokens: np.ndarray,
    batch: Batch,
    rate: float = 0.15,
    law: ArrayLike | None = None,
) -> np.ndarray:
    """log P(target_i | inputs), with P(replaced) = 1 - p(x_i = y_i | all inputs).

    The evidence of a token y is (1 - m) 1[a = y] + m u(y). This needs a fixed
    generator u with independent choices; no exact limit is known for a learned one.

    Args:
        language: what the texts are drawn from.
        tokens: words, shape (n, T).
        batch: what `corruptions.replaced_tokens` made of them.
        rate, law: as there.

    Returns:
        shape (n, T).
    """
    law = as_word_law(law, language.words)
    y = batch.inputs
    evidence = (1 - rate) * np.eye(language.words)[y] + rate * law[y][..., None]
    posterior = as_laws(language.leave_out(evidence) * evidence)
    original = np.take_along_axis(posterior, y[..., None], axis=2)[..., 0]
    # The sum over the other words keeps digits that 1 - original would lose.
    others = np.where(np.eye(language.words, dtype=bool)[y], 0.0, posterior).sum(axis=2)
    return np.where(batch.targets == 1, log_of(others), log_of(original))
