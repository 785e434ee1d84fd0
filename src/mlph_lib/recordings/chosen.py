"""What must hold of probabilities, and of what was chosen by them."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction

import numpy as np

from mlph_lib.recordings.rules import NEAR, SLACK, Answer, Request, rule

__all__: list[str] = []


@rule("probabilities sum to at most 1, largest first", "top_probabilities")
def _at_most_one(request: Request, answer: Answer) -> bool:
    p = answer["top_probabilities"]
    falling = np.all(np.diff(p, axis=-1) <= 0)
    return bool(np.all(p >= 0) and np.all(p.sum(axis=-1) <= 1 + SLACK) and falling)


@rule("the likeliest tokens are those of the logits",
      "logits", "top_ids", "top_probabilities", "entropy")
def _from_logits(request: Request, answer: Answer) -> bool:
    logits = answer["logits"].astype(float)
    best = np.argsort(-logits, kind="stable")[: answer["top_ids"].size]
    log_p = logits - np.logaddexp.reduce(logits)
    p = np.exp(log_p)
    entropy = -np.sum(p * np.where(p > 0, log_p, 0))
    return (
        np.array_equal(best, answer["top_ids"])
        and np.allclose(p[best], answer["top_probabilities"], **NEAR)
        and bool(np.isclose(entropy, answer["entropy"], **NEAR))
    )


@rule("a greedy id is the argmax, the lowest of equals",
      "ids", "top_ids", "top_logits", "margins")
def _argmax(request: Request, answer: Answer) -> bool:
    ids, values = answer["top_ids"], answer["top_logits"]
    step, order = np.diff(values, axis=-1), np.diff(ids, axis=-1)
    return bool(
        np.array_equal(answer["ids"], ids[:, 0])
        and np.all((step < 0) | ((step == 0) & (order > 0)))
        and np.allclose(answer["margins"], values[:, 0] - values[:, 1], **NEAR)
    )


@rule("the text ends where it says, and not before", "ids", "ended", "margins")
def _as_long_as_asked(request: Request, answer: Answer) -> bool:
    n = answer["ids"].size
    return n <= request["max_new_tokens"] and (
        bool(answer["ended"]) or n == request["max_new_tokens"]
    )


@rule("-log p of the likeliest token is at most the entropy",
      "top_logits", "log_probabilities", "entropies")
def _min_entropy(request: Request, answer: Answer) -> bool:
    return bool(np.all(-answer["log_probabilities"] <= answer["entropies"] + SLACK))


@rule("log-probabilities are at most 0, entropies at least 0",
      "log_probabilities", "entropies")
def _signs(request: Request, answer: Answer) -> bool:
    log_p, entropies = answer["log_probabilities"], answer["entropies"]
    there = ~np.isnan(log_p)
    return bool(
        np.array_equal(there, ~np.isnan(entropies))
        and np.all(log_p[there] <= SLACK)
        and np.all(entropies[there] >= -SLACK)
    )


@rule("numbers stop where the text does", "ids", "lengths", "log_probabilities")
def _until_the_end(request: Request, answer: Answer) -> bool:
    names = {"u", "low", "high", "log_probabilities", "entropies"} & answer.keys()
    rows = [answer[n] for n in names if isinstance(answer[n], np.ndarray)]
    return all(np.array_equal(np.isnan(row), answer["ids"] < 0) for row in rows)


@rule("u of each sampled token lies in its cell", "ids", "u", "low", "high")
def _in_its_cell(request: Request, answer: Answer) -> bool:
    there = answer["ids"] >= 0
    u, low, high = (answer[name][there] for name in ("u", "low", "high"))
    return bool(np.all((low >= 0) & (low <= u) & (u < high) & (high <= 1)))


@rule("without settings a cell is as wide as its token is probable",
      "low", "high", "log_probabilities")
def _cell_width(request: Request, answer: Answer) -> bool:
    if request.get("settings"):
        return True
    there = ~np.isnan(answer["low"])
    width = (answer["high"] - answer["low"])[there]
    return np.allclose(width, np.exp(answer["log_probabilities"][there]), **NEAR)


@rule("each code lies in the interval of its text",
      "codes", "low", "width", "log_probabilities")
def _code_in_interval(request: Request, answer: Answer) -> bool:
    with _long_integers():
        numbers = [list(map(Fraction, answer[k])) for k in ("codes", "low", "width")]
    cells = zip(*numbers, strict=True)
    total = np.nansum(answer["log_probabilities"], axis=1)
    close = np.allclose([_log(x) for x in numbers[2]], total, rtol=1e-6, atol=1e-6)
    inside = all(low <= code < low + width for code, low, width in cells)
    return close and inside and answer["codes"] == request["codes"]


@rule("a tree's children follow their parents and share at most their mass",
      "parent", "depth", "probabilities", "log_probabilities")
def _tree(request: Request, answer: Answer) -> bool:
    parent, depth, p = (answer[k] for k in ("parent", "depth", "probabilities"))
    log_p, inner = answer["log_probabilities"], parent >= 0
    above = np.where(inner, log_p[parent], 0.0)
    shares = np.bincount(parent + 1, weights=p)
    return bool(
        np.all(parent < np.arange(parent.size))
        and np.array_equal(depth, np.where(inner, depth[parent], 0) + 1)
        and np.allclose(log_p, above + np.log(p), **NEAR)
        and np.all(shares <= 1 + SLACK)
        and depth.max() <= request["depth"]
        and np.bincount(parent + 1).max() <= request["width"]
    )


def _log(x: Fraction) -> float:
    return math.log(x.numerator) - math.log(x.denominator)


@contextmanager
def _long_integers() -> Iterator[None]:
    """Python refuses to read integers of over 4,300 digits, as long texts have."""
    limit = sys.get_int_max_str_digits()
    sys.set_int_max_str_digits(0)
    try:
        yield
    finally:
        sys.set_int_max_str_digits(limit)
