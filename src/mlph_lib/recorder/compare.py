"""The same questions on another machine: how far may the answers lie apart?

Float16 sums in another order give other last bits, and a choice that was nearly a tie
goes the other way. From there on two texts are different texts, so numbers are
compared up to the first different token, and that token must have been a near tie.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

__all__ = ["TOLERANCES", "Difference", "differences"]

Answer = Mapping[str, Any]
TOLERANCES = {  # float16 against float16 or bfloat16 on another device
    "logits": 0.25,  # two kinds of GPU are published to differ by 0.125
    "top_logits": 0.25,
    "margins": 0.25,
    "probabilities": 0.02,
    "top_probabilities": 0.02,
    "log_probabilities": 0.25,
    "entropy": 0.1,
    "entropies": 0.1,
    "divergences": 0.1,
    "norms": 0.02,  # relative to the norm
    "weights": 0.02,
}
TIE = {"greedy": 0.25, "samples": 0.02}  # in logits; in distance of u from its edge
# what follows from the choices, and what is the machine's own
FOLLOWS = {
    "ids", "pieces", "text", "texts", "used_ids", "used_pieces", "lengths", "ended",
    "top_ids", "top_pieces", "top_texts", "u", "low", "high", "width", "parent", "depth",
    "seconds", "tokens_per_second", "gigabytes_per_second",
}


class Difference(NamedTuple):
    """What was compared, by how much it differs, and what is allowed."""

    what: str
    difference: float
    tolerance: float

    def __bool__(self) -> bool:
        return self.difference <= self.tolerance


def differences(question: str, recorded: Answer, live: Answer) -> list[Difference]:
    """Every comparison of two answers to one request; false where they disagree.

    Args:
        question: name of the question.
        recorded, live: its answers, then and now.
    """
    found = [
        Difference(key, float(not _equal(recorded[key], live.get(key))), 0.0)
        for key in recorded
        if key not in FOLLOWS and key not in TOLERANCES
    ]
    if question == "tree":
        return [*found, *_trees(recorded, live)]
    common = _common(recorded, live)
    found += [
        _numbers(key, recorded[key], live[key], common, question)
        for key in recorded
        if key in TOLERANCES
    ]
    return [*found, *_ties(question, recorded, common)]


def _equal(a: Any, b: Any) -> bool:
    return np.array_equal(a, b) if isinstance(a, np.ndarray) else a == b


def _common(recorded: Answer, live: Answer) -> np.ndarray | None:
    """How many leading ids agree: one number a text, None where nothing is chosen."""
    if "ids" not in recorded:
        return None
    then, now = np.atleast_2d(recorded["ids"]), np.atleast_2d(live["ids"])
    shared = min(then.shape[1], now.shape[1])
    same = np.pad(then[:, :shared] == now[:, :shared], ((0, 0), (0, 1)))
    return same.argmin(axis=1)


def _numbers(
    key: str, then: Any, now: Any, common: np.ndarray | None, question: str
) -> Difference:
    """The largest difference over what both texts share."""
    if common is not None:
        then, now = _shared(then, common, question), _shared(now, common, question)
    then, now = np.asarray(then, float), np.asarray(now, float)
    apart = np.abs(then - now) / (then if key == "norms" else 1.0)
    return Difference(key, float(np.nanmax(apart, initial=0.0)), TOLERANCES[key])


def _shared(values: Any, common: np.ndarray, question: str) -> np.ndarray:
    """The part of an array that belongs to the leading ids that agree."""
    values = np.asarray(values)
    if question in ("samples", "arithmetic"):
        columns = np.arange(values.shape[1])
        return np.concatenate([r[columns < n] for r, n in zip(values, common)])
    n = int(common[0])
    if question == "greedy":  # the logits at the first difference had the same prefix
        return values[: n + 1]
    return values[..., :n, :n] if question == "attention" else values[:, :n]


def _ties(question: str, recorded: Answer, common: np.ndarray | None) -> list[Difference]:
    """The first different token was nearly a tie, in each text."""
    if question not in TIE or common is None:
        return []
    if question == "greedy":
        gaps = [recorded["margins"][n] for n in common if n < recorded["ids"].size]
    else:
        u, low, high = (recorded[name] for name in ("u", "low", "high"))
        edge = np.minimum(u - low, high - u)
        lengths = recorded["lengths"]
        gaps = [edge[i, n] for i, n in enumerate(common) if n < lengths[i]]
    return [Difference("ties", float(max(gaps, default=0.0)), TIE[question])]


def _trees(recorded: Answer, live: Answer) -> Iterator[Difference]:
    """Paths of both trees differ little; a path of one only was a near tie."""
    then, now = _paths(recorded), _paths(live)
    shared = then.keys() & now.keys()
    apart = max((abs(then[path] - now[path]) for path in shared), default=1.0)
    yield Difference("probabilities", apart, TOLERANCES["probabilities"])
    gaps = [
        then[path] - _least(now, path[:-1])
        for path in then.keys() - now.keys()
        if not path[:-1] or path[:-1] in now
    ]
    yield Difference("ties", float(max(gaps, default=0.0)), TOLERANCES["probabilities"])


def _paths(tree: Answer) -> dict[tuple[int, ...], float]:
    """Probability given its parent, of each path of ids."""
    paths: list[tuple[int, ...]] = []
    for parent, token in zip(tree["parent"].tolist(), tree["ids"].tolist(), strict=True):
        paths.append((*(paths[parent] if parent >= 0 else ()), token))
    return dict(zip(paths, tree["probabilities"].tolist(), strict=True))


def _least(tree: dict[tuple[int, ...], float], parent: tuple[int, ...]) -> float:
    """The smallest probability among the children of a path; 0 if it has none."""
    return min((p for path, p in tree.items() if path[:-1] == parent), default=0.0)
