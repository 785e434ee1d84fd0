"""Permutation LM: the tokens of a text in a random order, by two-stream attention."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from mlph_lib.generators import check_generator
from mlph_lib.pretraining.arguments import as_text
from mlph_lib.pretraining.attention import Attention
from mlph_lib.pretraining.batch import Batch
from mlph_lib.pretraining.vocabulary import Vocabulary

__all__ = ["permutation_lm", "two_streams"]


def permutation_lm(
    tokens: ArrayLike,
    vocab: Vocabulary,
    rng: np.random.Generator,
    share: float = 1.0,
) -> Batch:
    """Draw an order z of the words and predict x_{z_t} from x_{z_1}, ..., x_{z_{t-1}}.

    Only the last `share` of the order are targets, the others context that every
    position sees. A query knows its position, not its token; BOS stands before every
    order, so that the first query has something to look at. Without it, and with a
    large negative number for a mask, that row would see the whole text.

    Args:
        tokens: integers, shape (n, T); special tokens are context.
        vocab: the ids.
        rng: draws the orders.
        share: of the words that are targets, in (0, 1]; XLNet takes 1/6.

    Returns:
        inputs [BOS, x], shape (n, T + 1); `attention` of the content stream, `query`
        of the query stream, whose output at a position predicts that position.

    Raises:
        TypeError, ValueError: as `as_text`, and for a share out of range.

    Source: Z. Yang, Z. Dai, Y. Yang, J. Carbonell, R. Salakhutdinov, Q. V. Le, XLNet,
    NeurIPS 2019, sections 2.2 and 2.3.

    Example:
        >>> vocab, rng = Vocabulary(3), np.random.default_rng(0)
        >>> batch = permutation_lm([[0, 1, 2]], vocab, rng)
        >>> batch.query.mask(4)[0].astype(int)  # the order is x_3, x_2, x_1
        array([[1, 0, 0, 0],
               [1, 0, 1, 1],
               [1, 0, 0, 1],
               [1, 0, 0, 0]])
    """
    tokens = as_text(tokens, vocab)
    check_generator(rng)
    if not 0.0 < share <= 1.0:
        raise ValueError(f"share must lie in (0, 1], got {share}")
    tokens = np.insert(tokens, 0, vocab.bos, axis=1)
    special = vocab.is_special(tokens)
    # Special tokens come first in the order, then the words in a random one.
    place = np.where(special, -1.0, rng.random(tokens.shape))
    rank = place.argsort(axis=1, kind="stable").argsort(axis=1, kind="stable")
    words = (~special).sum(axis=1)
    count = np.maximum(1, np.rint(share * words))
    asked = rank >= tokens.shape[1] - count[:, None]
    content, query = two_streams(asked, rank)
    seen = tokens != vocab.pad
    return Batch(
        inputs=tokens,
        targets=tokens,
        weights=asked.astype(float),
        attention=Attention("explicit", allowed=content, keys=seen),
        query=Attention("explicit", allowed=query, keys=seen),
    )


def two_streams(asked: np.ndarray, rank: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """i sees j if j is context, or both are targets and j comes before i in the order.

    The content stream of a target also sees itself.

    Args:
        asked: boolean, shape (n, T), the targets.
        rank: place in the order, shape (n, T).

    Returns:
        (content, query), boolean, shape (n, T, T).

    Example:
        >>> content, query = two_streams(np.array([[False, True]]), np.array([[0, 1]]))
        >>> content[0].astype(int).tolist(), query[0].astype(int).tolist()
        ([[1, 0], [1, 1]], [[1, 0], [1, 0]])
    """
    context = ~asked[:, None, :]
    both = asked[:, :, None] & asked[:, None, :]
    earlier = rank[:, None, :] < rank[:, :, None]
    itself = np.eye(rank.shape[1], dtype=bool)
    return context | both & (earlier | itself), context | both & earlier
