"""Next-sentence pairs as BERT's code makes them, fewer than half of them true ones."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mlph_lib.generators import check_generator
from mlph_lib.pretraining.arguments import as_tokens
from mlph_lib.pretraining.batch import Batch
from mlph_lib.pretraining.corruptions.pairs import joined
from mlph_lib.pretraining.vocabulary import Vocabulary

__all__ = ["bert_pairs"]

Sentences = list[np.ndarray]


def bert_pairs(
    documents: Sequence[Sequence[np.ndarray]],
    vocab: Vocabulary,
    rng: np.random.Generator,
    length: int = 128,
    lone: bool = True,
) -> Batch:
    """Fill `length` with sentences, cut them in two, and half the time replace B.

    Where a single sentence fills the length or ends a document there is no B to keep:
    BERT's code takes a random one and labels the pair so. Sentences that a random B
    displaced are used again, which makes more such ends. So fewer than half of its
    pairs are true ones: 37 to 45 % on simulated texts, the fewer the longer their
    sentences. To answer "random" always is right the rest of the time.

    Args:
        documents: at least 2, each a list of sentences, each an array of words.
        vocab: the ids.
        rng: draws cuts, answers, documents and what is cut off.
        length: of the longest input, CLS and both SEP included, at least 5.
        lone: whether to keep pairs whose A is all there was, as BERT's code does;
            without them both answers are equally likely.

    Returns:
        as `next_sentence`, padded, as many rows as the documents give.

    Raises:
        TypeError, ValueError: for sentences that are no words, or too few documents.

    Source: google-research/bert, create_pretraining_data.py.

    Example:
        >>> vocab, rng = Vocabulary(3), np.random.default_rng(0)
        >>> texts = [[np.array([0, 1, 2])] * 2, [np.array([2, 2])] * 2]
        >>> bert_pairs(texts, vocab, rng, length=16).targets.ravel()
        array([1, 1, 0])
    """
    check_generator(rng)
    if len(documents) < 2 or length < 5:
        raise ValueError(
            "random pairs need at least 2 documents, and CLS A SEP B SEP a length of "
            f"at least 5; got {len(documents)} and {length}"
        )
    texts = [[as_tokens([s], vocab.words)[0] for s in text] for text in documents]
    pairs = [
        pair
        for index in range(len(texts))
        for pair in _pairs_of(texts, index, length - 3, rng)
        if lone or not pair[3]
    ]
    if not pairs:
        raise ValueError("no pair: every document is a single sentence")
    first, second, answer, _ = zip(*pairs, strict=True)
    return joined(list(first), list(second), answer, vocab)


def _pairs_of(texts: list[Sentences], index: int, most: int, rng: np.random.Generator):
    """(A, B, is random, A was all there was) for one document."""
    # One document in ten gives shorter inputs, so that a model meets them too.
    goal = int(rng.integers(2, most + 1)) if rng.random() < 0.1 else most
    left = list(texts[index])
    while left:
        chunk = _filled(left, goal)
        lone = len(chunk) == 1
        cut = 1 if lone else int(rng.integers(1, len(chunk)))
        first = np.concatenate(chunk[:cut])
        is_random = lone or rng.random() < 0.5
        if is_random:
            second = _elsewhere(texts, index, goal - first.size, rng)
            left = left[cut:]  # what B displaced is used again
        else:
            second = np.concatenate(chunk[cut:])
            left = left[len(chunk) :]
        yield *_trimmed(first, second, most, rng), is_random, lone


def _filled(sentences: Sentences, goal: int) -> Sentences:
    """The first sentences, until they reach `goal` tokens or there are no more."""
    total = np.cumsum([len(s) for s in sentences])
    return sentences[: int(np.searchsorted(total, goal)) + 1]


def _elsewhere(
    texts: list[Sentences], index: int, goal: int, rng: np.random.Generator
) -> np.ndarray:
    """Sentences from a random place of a random document."""
    for _ in range(10):  # after ten tries BERT's code accepts the same document
        other = int(rng.integers(len(texts)))
        if other != index:
            break
    start = int(rng.integers(len(texts[other])))
    return np.concatenate(_filled(texts[other][start:], goal))


def _trimmed(
    first: np.ndarray, second: np.ndarray, most: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Drop tokens of the longer one, at either end, until both fit."""
    while first.size + second.size > most:
        end = slice(1, None) if rng.random() < 0.5 else slice(None, -1)
        if first.size > second.size:
            first = first[end]
        else:
            second = second[end]
    return first, second
