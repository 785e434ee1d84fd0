"""Fill-in-the-middle: a left-to-right model that has read the end before the middle."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from mlph_lib.generators import check_generator
from mlph_lib.pretraining.arguments import as_tokens
from mlph_lib.pretraining.attention import Attention
from mlph_lib.pretraining.batch import Batch
from mlph_lib.pretraining.vocabulary import Vocabulary

__all__ = ["decode_middle", "fill_in_the_middle", "rearranged"]


def fill_in_the_middle(
    tokens: ArrayLike,
    vocab: Vocabulary,
    rng: np.random.Generator,
    spm: float = 0.0,
) -> Batch:
    """Cut x at i <= j, two sorted draws from 0, ..., T, and move the middle to the end.

    PSM: PRE prefix SUF suffix MID middle EOS. SPM: PRE SUF suffix MID prefix middle
    EOS, where the cut before the middle is no longer seen. PRE is given, the T + 3
    tokens after it are targets: a loss on the middle alone trains a worse model.
    Parts may be empty. Cuts are between tokens here; on real text they fall between
    characters, before tokenization, or the model never sees a token that was cut.

    Args:
        tokens: words, shape (n, T).
        vocab: the ids.
        rng: draws cuts and formats.
        spm: share of texts in SPM, in [0, 1].

    Returns:
        inputs and targets of shape (n, T + 3), causal attention.

    Raises:
        TypeError, ValueError: as `as_tokens`, and for a share out of range.

    Source: M. Bavarian et al., Efficient training of language models to fill in the
    middle, 2022, arXiv:2207.14255, sections 3 and 4.3.

    Example:
        >>> vocab, rng = Vocabulary(3), np.random.default_rng(0)
        >>> batch = fill_in_the_middle([[0, 1, 2, 0]], vocab, rng)
        >>> decode_middle(np.append(batch.inputs[0], batch.targets[0, -1]), vocab)
        (array([0, 1, 2, 0]), (3, 4))
    """
    tokens = as_tokens(tokens, vocab.words)
    check_generator(rng)
    if not 0.0 <= spm <= 1.0:
        raise ValueError(f"spm is a share in [0, 1], got {spm}")
    n, length = tokens.shape
    cuts = np.sort(rng.integers(length + 1, size=(n, 2)), axis=1)
    flips = rng.random(n) < spm
    full = np.stack([
        rearranged(x, i, j, vocab, flip)
        for x, (i, j), flip in zip(tokens, cuts, flips, strict=True)
    ])  # fmt: skip
    weights = np.ones((n, length + 3))
    return Batch(full[:, :-1], full[:, 1:], weights, Attention("causal"))


def rearranged(
    x: np.ndarray, i: int, j: int, vocab: Vocabulary, spm: bool = False
) -> np.ndarray:
    """PRE x[:i] SUF x[j:] MID x[i:j] EOS, or with spm PRE SUF x[j:] MID x[:j] EOS.

    Example:
        >>> vocab = Vocabulary(words=3)  # pre, suf, mid, eos are 9, 10, 11, 8
        >>> rearranged(np.array([0, 1, 2]), 1, 2, vocab)
        array([ 9,  0, 10,  2, 11,  1,  8])
    """
    before, start = (x[:0], 0) if spm else (x[:i], i)
    head = [[vocab.pre], before, [vocab.suf], x[j:]]
    return np.concatenate([*head, [vocab.mid], x[start:j], [vocab.eos]])


def decode_middle(
    sequence: np.ndarray, vocab: Vocabulary
) -> tuple[np.ndarray, tuple[int, int]]:
    """The text and its cuts (i, j); read as SPM, i is only known to be at most j.

    An SPM sequence has the form of a PSM one with an empty prefix, so 0 stands for i.
    """
    suf, mid, eos = (
        int(np.flatnonzero(sequence == special)[0])
        for special in (vocab.suf, vocab.mid, vocab.eos)
    )
    prefix, suffix = sequence[1:suf], sequence[suf + 1 : mid]
    middle = sequence[mid + 1 : eos]
    text = np.concatenate([prefix, middle, suffix])
    return text, (prefix.size, prefix.size + middle.size)
