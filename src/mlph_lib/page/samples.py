"""One sample of a batch as words: what goes in, what is asked, who sees whom.

A page knows no objective: it reads the attributes that every batch has.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from mlph_lib.page.pieces import visible

__all__ = ["AnyBatch", "Grid", "Sample", "Strip", "sample_of"]


class AnyBatch(Protocol):
    """What is read of a batch; source, query, segments and boundaries may be there."""

    inputs: np.ndarray  # (n, T)
    targets: np.ndarray  # (n, U) or (n, U, k)
    weights: np.ndarray  # as targets
    attention: Any  # mask(length) gives booleans (n, T, T), or (1, T, T) for all rows


@dataclass(frozen=True)
class Strip:
    """One word a position; "" where there is none."""

    label: str
    cells: tuple[str, ...]


@dataclass(frozen=True)
class Grid:
    """Row t may look at column s where `seen[t, s]`."""

    title: str
    queries: tuple[str, ...]
    keys: tuple[str, ...]
    seen: np.ndarray


@dataclass(frozen=True)
class Sample:
    """What is drawn of a sample.

    Attributes:
        source: strips of the other sequence, none without one.
        strips: the inputs, what belongs to them, and the targets.
        grids: the attention masks.
        asked: how many targets have a weight.
        single: whether the one target is about the whole text.
    """

    source: tuple[Strip, ...]
    strips: tuple[Strip, ...]
    grids: tuple[Grid, ...]
    asked: int
    single: bool


def sample_of(
    batch: AnyBatch,
    names: Sequence[str],
    row: int = 0,
    answers: Sequence[str] | None = None,
) -> Sample:
    """One row of a batch in words.

    Args:
        batch: has inputs (n, T), targets and weights (n, U) or (n, U, k), attention,
            and may have source, query, segments and boundaries.
        names: the spelling of every id, specials in brackets.
        row: which sample.
        answers: the spelling of targets that are no ids; their numbers if None.

    Raises:
        TypeError: if this is no batch.
        ValueError: for a row that is not there, or an id without a spelling.

    Example:
        >>> from types import SimpleNamespace as Made
        >>> full = Made(mask=lambda length: np.ones((1, length, length), dtype=bool))
        >>> ids, weights = np.array([[0, 2]]), np.array([[0.0, 1.0]])
        >>> batch = Made(inputs=ids, targets=ids - weights.astype(int),
        ...              weights=weights, attention=full)
        >>> sample_of(batch, ["to", "be", "[MASK]"]).strips[1]
        Strip(label='target', cells=('', 'be'))
    """
    _check(batch, row)
    names = [visible(name) for name in names]
    tokens = _spelled(batch.inputs[row], names)
    single = batch.targets.shape[1] == 1 < len(tokens)
    asked = batch.weights[row] > 0
    targets = _targets(batch, names, row, answers, single)
    more = (*_boundaries(batch, row, tokens), *_weights(batch, row))
    strips = (Strip("input", tokens), *_segments(batch, row), *targets, *more)
    source = _source(batch, names, row)
    grids = _grids(batch, row, tokens, targets, source)
    return Sample(source, strips, grids, int(asked.sum()), single)


def _check(batch, row: int) -> None:
    for name in ("inputs", "targets", "weights", "attention"):
        if not hasattr(batch, name):
            raise TypeError(
                "expected a batch, with inputs, targets, weights and attention; "
                f"{type(batch).__name__} has no {name!r}"
            )
    if not 0 <= row < len(batch.inputs):
        raise ValueError(
            f"expected a row from 0 to {len(batch.inputs) - 1} of the batch, got {row}"
        )


def _spelled(ids: np.ndarray, names: Sequence[str]) -> tuple[str, ...]:
    wrong = [int(i) for i in np.ravel(ids) if not 0 <= i < len(names)]
    if wrong:
        raise ValueError(
            f"the id {wrong[0]} has no spelling: there are {len(names)}; give all of "
            "them, as `Vocabulary.names` does"
        )
    return tuple(names[i] for i in ids)


def _mask(attention, row: int, length: int) -> np.ndarray:
    mask = attention.mask(length)
    return mask[row if len(mask) > 1 else 0]


def _targets(batch, names, row, answers, single) -> tuple[Strip, ...]:
    """One strip, or one for each of the k predictions of a position."""
    length, targets = batch.inputs.shape[1], batch.targets[row]
    ids = targets.reshape(len(targets), -1).T  # (k, U)
    weights = batch.weights[row].reshape(len(targets), -1).T
    if answers is None and _are_ids(batch, names, single):
        spelled = names
    else:
        spelled = answers or [str(i) for i in range(int(batch.targets.max()) + 1)]
    strips = []
    for k, (line, weight) in enumerate(zip(ids, weights, strict=True), 1):
        words = [
            _spelled([i], spelled)[0] if w > 0 else ""
            for i, w in zip(line, weight, strict=True)
        ]
        words += [""] * (length - len(words))
        label = "target" if len(ids) == 1 else f"target {k}"
        strips.append(Strip(label, tuple(words)))
    return tuple(strips)


def _are_ids(batch, names, single: bool) -> bool:
    """Whether targets are tokens: not one a text, and not all yes or no.

    Where a text has other words than the first two, targets that never name one are
    answers.
    """
    ids = np.unique(batch.inputs)
    spelled = zip(ids, _spelled(ids, names), strict=True)
    last = max((i for i, name in spelled if name[0] not in "[<"), default=0)
    return not single and not (last > 1 >= batch.targets.max())


def _segments(batch, row: int) -> tuple[Strip, ...]:
    segments = getattr(batch, "segments", None)
    if segments is None:
        return ()
    return (Strip("segment", tuple("AB"[s] for s in segments[row])),)


def _boundaries(batch, row: int, tokens: Sequence[str]) -> tuple[Strip, ...]:
    sides = getattr(batch, "boundaries", None)
    if sides is None:
        return ()
    has = sides.weights[row] > 0
    return tuple(
        Strip(label, tuple(tokens[at] if h else "" for at, h in zip(place, has)))
        for label, place in (("left", sides.left[row]), ("right", sides.right[row]))
    )


def _weights(batch, row: int) -> tuple[Strip, ...]:
    """Told where they are not all 0 and 1."""
    weights = batch.weights[row]
    if weights.ndim > 1 or set(np.unique(weights)) <= {0.0, 1.0}:
        return ()
    return (Strip("weight", tuple(f"{w:.3g}" if w else "" for w in weights)),)


def _source(batch, names: Sequence[str], row: int) -> tuple[Strip, ...]:
    source = getattr(batch, "source", None)
    return source and (Strip("source", _spelled(source.inputs[row], names)),) or ()


def _grids(batch, row, tokens, targets, source) -> tuple[Grid, ...]:
    """One mask, or those of two streams, of two texts, or of encoder and decoder."""
    seen = _mask(batch.attention, row, len(tokens))
    if getattr(batch, "query", None) is not None:
        rows = [t for t, word in enumerate(targets[0].cells) if word]
        asks = tuple(f"→{targets[0].cells[t]}" for t in rows)
        query = _mask(batch.query, row, len(tokens))[rows]
        content = Grid("content stream", tokens, tokens, seen)
        return content, Grid("query stream", asks, tokens, query)
    if not source:
        return (Grid("who (row) sees whom (column)", tokens, tokens, seen),)
    keys = source[0].cells
    other = _mask(batch.source.attention, row, len(keys))
    if batch.targets.shape[1] == 1 < len(tokens):  # two texts apart
        first = Grid("input", tokens, tokens, seen)
        return first, Grid("source", keys, keys, other)
    cross = np.repeat(other.any(axis=0)[None], len(tokens), axis=0)
    return (
        Grid("encoder", keys, keys, other),
        Grid("decoder", tokens, tokens, seen),
        Grid("cross-attention", tokens, keys, cross),
    )
