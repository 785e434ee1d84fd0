"""Replaced-token detection: which words of a text are not the original ones?"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from mlph_lib.generators import check_generator
from mlph_lib.pretraining.arguments import as_text, check_rate
from mlph_lib.pretraining.batch import Batch
from mlph_lib.pretraining.corruptions.masked import hidden
from mlph_lib.pretraining.vocabulary import Vocabulary

__all__ = ["detection", "replaced_tokens"]


def replaced_tokens(
    tokens: ArrayLike,
    vocab: Vocabulary,
    rng: np.random.Generator,
    rate: float = 0.15,
    law: ArrayLike | None = None,
) -> Batch:
    """Each word is redrawn with probability `rate`; which tokens differ?

    A word redrawn as itself counts as original, because nobody could tell. The
    generator is a fixed law of single words, so the exact limit is known; with a
    learned one (see `detection`) none is.

    Args:
        tokens: integers, shape (n, T); special tokens are never redrawn or asked for.
        vocab: the ids.
        rng: draws places and words.
        rate: in (0, 1).
        law: probabilities of the words, shape (V,); None is uniform.

    Returns:
        targets 1 where the token was replaced, 0 where not; weight 1 at every word.

    Raises:
        TypeError, ValueError: as `as_text`, and if `law` is none on the words.

    Source: K. Clark, M.-T. Luong, Q. V. Le, C. D. Manning, ELECTRA, ICLR 2020,
    section 2.

    Example:
        >>> vocab, rng = Vocabulary(3), np.random.default_rng(1)
        >>> batch = replaced_tokens([[0, 1, 2, 0, 1]], vocab, rng, 0.5)
        >>> batch.inputs, batch.targets
        (array([[0, 1, 1, 0, 0]]), array([[0, 0, 1, 0, 1]]))
    """
    tokens = as_text(tokens, vocab)
    check_generator(rng)
    check_rate(rate)
    chosen = (rng.random(tokens.shape) < rate) & ~vocab.is_special(tokens)
    law = as_word_law(law, vocab.words)
    drawn = rng.choice(vocab.words, size=tokens.shape, p=law)
    return detection(tokens, np.where(chosen, drawn, tokens), vocab)


def detection(tokens: ArrayLike, corrupted: ArrayLike, vocab: Vocabulary) -> Batch:
    """The batch that shows a corrupted text and asks which of its words differ.

    With a learned generator: mask by `masked_lm`, let the generator fill the masks,
    and pass the text it made.

    Args:
        tokens: the original, integers, shape (n, T).
        corrupted: the text that is shown, of the same shape.
        vocab: the ids.

    Raises:
        ValueError: if shapes differ, or special tokens were changed or written.

    Example:
        >>> detection([[0, 1]], [[0, 2]], Vocabulary(3)).targets
        array([[0, 1]])
    """
    tokens, corrupted = as_text(tokens, vocab), as_text(corrupted, vocab)
    if tokens.shape != corrupted.shape:
        raise ValueError(f"shapes differ: {tokens.shape} and {corrupted.shape}")
    special, differs = vocab.is_special(tokens), tokens != corrupted
    if np.any(differs & (special | vocab.is_special(corrupted))):
        raise ValueError("a generator may write words in place of words only")
    shown = hidden(tokens, corrupted, (~special).astype(float), vocab)
    return Batch(corrupted, differs.astype(np.int64), shown.weights, shown.attention)


def as_word_law(law: ArrayLike | None, words: int) -> np.ndarray:
    """Probabilities of the words, uniform if None."""
    law = np.full(words, 1 / words) if law is None else np.asarray(law, dtype=float)
    if law.shape != (words,) or law.min() < 0 or abs(law.sum() - 1) > 1e-9:
        raise ValueError(
            f"law must hold the probabilities of {words} words, got shape {law.shape} "
            f"with sum {law.sum()}"
        )
    return law
