"""The model beside what others published of it, before anything is recorded."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from mlph_lib.questions import LanguageModel, next_tokens
from mlph_lib.questions.law import best
from mlph_lib.recorder.known import BASE, CHAT
from mlph_lib.recorder.plan import PLAN
from mlph_lib.recordings import Recordings, facts

__all__ = ["follows", "measured"]

Agrees = Callable[[list[int]], bool]
Told = Mapping[str, Any]
ROUNDED = 0.015  # 0.005 from two printed decimals, 0.01 for another GPU's float16
TIE = 0.25  # logits; a near tie in float16, see TOLERANCES
LOOSE_TIE = 0.5  # published in bfloat16, whose steps are eight times as wide
MEANS, SLICE = 0.05, 0.15  # published: two kinds of GPU differ by 0.042 and 0.125


def measured(
    lm: LanguageModel, source: str, root: Path | str | None = None
) -> list[dict[str, Any]]:
    """Every published value of this model, and how far the loaded one is from it.

    Returns:
        A list of {"fact", "difference", "tolerance"}; empty for a model of which
        nothing is published. A fact is an entry of recordings/facts.json, or a
        recording that was transcribed.

    Raises:
        ValueError: if a difference exceeds its tolerance: it is another model.
    """
    found = {CHAT: _chat, BASE: _base}.get(source, lambda lm, root: [])(lm, root)
    for fact, difference, tolerance in found:
        if not difference <= tolerance:
            raise ValueError(
                f"this is not the model that {source} names: {fact} differs by "
                f"{difference:.3g}, allowed is {tolerance}"
            )
    names = ("fact", "difference", "tolerance")
    return [dict(zip(names, entry, strict=True)) for entry in found]


def follows(lm: LanguageModel, prompt_ids: list[int], n: int, agrees: Agrees) -> float:
    """How far, in logits, a published greedy text is from this model's own choices.

    Step by step along the published text: the largest logit less that of the
    likeliest token that agrees with the text; the largest of these gaps, 0 if the
    model would write the same. Where two kinds of GPU differ in a near tie the gap is
    small, and the rest of the text is still compared.

    Args:
        prompt_ids: what the text continues.
        n: at most so many tokens; the text may end earlier.
        agrees: whether tokens so far agree with the published text.
    """
    tokens, gaps = [], [0.0]
    for _ in range(n):
        logits = lm.next_logits([*prompt_ids, *tokens])
        order = best(logits, logits.size).tolist()
        fits = next((v for v in order if agrees([*tokens, v])), None)
        if fits is None:  # no token at all goes on as published
            return float(np.ptp(logits))
        gaps.append(float(logits[order[0]] - logits[fits]))
        tokens.append(fits)
    return max(gaps)


def _chat(lm: LanguageModel, root: Path | str | None) -> list[tuple[str, float, float]]:
    """The course's outputs, asked for by the plan's own requests, and an answer."""
    course, found = Recordings(CHAT, "transcribed", root), []
    for name, (compare, tolerance) in COURSE.items():
        ask = next(ask for ask in PLAN if ask.name == name)
        told = course.answer(ask.question, **ask.request)
        fact = course.find(ask.question, **ask.request)
        found.append((fact, compare(lm, ask.request, told), tolerance))
    return [*found, ("chat-llamas", _text(lm, facts("chat-llamas", root)), LOOSE_TIE)]


def _base(lm: LanguageModel, root: Path | str | None) -> list[tuple[str, float, float]]:
    """transformers' integration tests."""
    fact = facts("base-logits", root)
    logits = lm.logits(fact["ids"]).astype(float)
    start = np.array(fact["position_0"])
    means = np.abs(logits.mean(axis=-1) - fact["means"]).max()
    found = [
        ("base-logits", float(means), MEANS),
        ("base-logits", float(np.abs(logits[0, : start.size] - start).max()), SLICE),
    ]
    for name, tolerance in (
        ("base-relativity-gpu", TIE), ("base-relativity-cpu", LOOSE_TIE)
    ):
        found.append((name, _text(lm, facts(name, root)), tolerance))
    return found


def _wrong(got: list, expected: list) -> float:
    """How many entries differ; more than there are if the lengths do."""
    if len(got) != len(expected):
        return float(max(len(got), len(expected)) + 1)
    return float(sum(a != b for a, b in zip(got, expected, strict=True)))


def _alone(lm: LanguageModel, ids: Iterable[int]) -> list[str]:
    """Each id decoded alone; whether a first space is dropped depends on versions."""
    return [lm.text([i]).removeprefix(" ") for i in ids]


def _pieces(lm: LanguageModel, request: Told, told: Told) -> float:
    return _wrong(_alone(lm, request["ids"]), told["texts"])


def _sun(lm: LanguageModel, request: Told, told: Told) -> float:
    return _wrong(lm.encode(request["text"]), told["ids"].tolist())


def _composer(lm: LanguageModel, request: Told, told: Told) -> float:
    """The largest difference of a published probability, token by token."""
    answer = next_tokens(lm, request["prompt"], top=50)
    # with and without a first space two tokens read alike: the likelier one is meant
    left = list(zip(_alone(lm, answer["top_ids"]), answer["top_probabilities"],
                    strict=True))
    apart = []
    for text, p in zip(told["top_texts"], told["top_probabilities"], strict=True):
        found = next((pair for pair in left if pair[0] == text), (text, 0.0))
        left = [pair for pair in left if pair is not found]
        apart.append(abs(found[1] - p))
    return float(max(apart))


def _greedy(lm: LanguageModel, request: Told, told: Told) -> float:
    """The greedy text as it was printed, without what a filter removed."""
    texts = told["filtered_texts"]

    def agrees(tokens: list[int]) -> bool:
        kept = re.findall(told["kept"], lm.text(tokens[-1:]))
        return "".join(kept) == texts[len(tokens) - 1]

    return follows(lm, lm.encode(request["prompt"]), len(texts), agrees)


def _text(lm: LanguageModel, fact: dict[str, Any]) -> float:
    """A published greedy continuation."""
    prompt_ids = lm.encode(fact["prompt"])[0 if fact["bos"] else 1 :]
    published = fact["continuation"].strip()

    def agrees(tokens: list[int]) -> bool:
        text = lm.continuation(prompt_ids, tokens).lstrip()
        return published.startswith(text) or text.startswith(published)

    return follows(lm, prompt_ids, fact["max_new_tokens"] or 40, agrees)


COURSE = {
    "pieces": (_pieces, 0.0),
    "embedding-sun": (_sun, 0.0),
    "next-composer": (_composer, ROUNDED),
    "greedy-empty": (_greedy, TIE),
}
