"""Turning the law of the next token into text: greedily or by chance."""

from __future__ import annotations

from typing import Any

import numpy as np

from mlph_lib.decoding import compose, token_law, warpers
from mlph_lib.decoding.transforms import Transform
from mlph_lib.questions.asked import asked, check_count, written
from mlph_lib.questions.law import best, entropy, log_law, quantile
from mlph_lib.questions.model import LanguageModel

__all__ = ["BATCH", "greedy", "samples"]

BATCH = 32  # rows at once; part of what a float16 result depends on
RUNNERS_UP = 5


def greedy(
    lm: LanguageModel, prompt: str = "", max_new_tokens: int = 30
) -> dict[str, Any]:
    """x_t = argmax_v p(v | x_<t), ties to the lowest id; stops after EOS.

    Returns:
        prompt, prompt_ids, prompt_pieces, prompt_text; ids: (n,) int64 new tokens, EOS
        included; pieces: n strings; texts: n strings, each id decoded alone; text: the
        new ids decoded after the prompt, without EOS;
        top_ids, top_logits: (n, 5), what each was chosen from; margins: (n,) logit of
        the first less that of the second; log_probabilities, entropies: (n,) float64,
        nats; ended: whether EOS came.
    """
    check_count("max_new_tokens", max_new_tokens)
    prompt_ids, shown = asked(lm, prompt)
    logits = _greedy_logits(lm, prompt_ids, max_new_tokens)
    top_ids = best(logits, RUNNERS_UP)
    top_logits = np.take_along_axis(logits, top_ids, -1)
    ids = top_ids[:, 0].tolist()
    return shown | {
        "ids": np.array(ids),
        "pieces": lm.pieces(ids),
        "texts": [lm.text([i]) for i in ids],
        "text": lm.continuation(prompt_ids, ids),
        "top_ids": top_ids,
        "top_logits": top_logits,
        "margins": top_logits[:, 0] - top_logits[:, 1],
        "log_probabilities": np.take_along_axis(log_law(logits), top_ids, -1)[:, 0],
        "entropies": entropy(token_law(logits)),
        "ended": ids[-1] == lm.eos,
    }


def samples(
    lm: LanguageModel,
    prompt: str = "",
    n: int = 64,
    max_new_tokens: int = 64,
    settings: dict[str, float] | None = None,
    seed: int = 0,
) -> dict[str, Any]:
    """x_t = Q(u_t | x_<t), the quantile function of the next token's law by id.

    The uniforms of sample i come from `default_rng([seed, i])`: they depend neither
    on n nor on the batch.

    Args:
        settings: what shapes the law first, by transformers' names and in its order
            (`mlph_lib.warpers`); None or {} is pure ancestral sampling.

    Returns:
        prompt, prompt_ids, prompt_pieces, prompt_text; ids: (n, T) int64, EOS
        included, -1 after the end; lengths: (n,); texts: n strings; used_ids: (m,)
        and used_pieces: m strings for every id that occurs; u, low, high: (n, T)
        float64, the cell low <= u < high of each choice; log_probabilities: (n, T)
        under the model itself; entropies: (n, T) of the model's law, nats;
        NaN after the end.
    """
    check_count("n", n)
    check_count("max_new_tokens", max_new_tokens)
    shape = compose(*warpers(**(settings or {})))
    prompt_ids, shown = asked(lm, prompt)
    u = np.array([_uniforms(seed, i, max_new_tokens) for i in range(n)])
    runs = [
        _draw(lm, prompt_ids, u[start : start + BATCH], shape)
        for start in range(0, n, BATCH)
    ]
    ids, *columns = (np.concatenate(column) for column in zip(*runs, strict=True))
    lengths = _lengths(ids, lm.eos)
    texts = [row[:length].tolist() for row, length in zip(ids, lengths, strict=True)]
    after = np.arange(max_new_tokens) >= lengths[:, None]
    names = ("u", "low", "high", "log_probabilities", "entropies")
    numbers = [np.where(after, np.nan, column) for column in (u, *columns)]
    texts_shown = written(lm, prompt_ids, texts, max_new_tokens)
    return shown | texts_shown | dict(zip(names, numbers, strict=True))


def _greedy_logits(
    lm: LanguageModel, prompt_ids: list[int], max_new_tokens: int
) -> np.ndarray:
    """(n, V): what each greedy token was chosen from."""
    decoder = lm.decoder(1, len(prompt_ids) + max_new_tokens)
    new, seen = prompt_ids, []
    while len(seen) < max_new_tokens and not (seen and new == [lm.eos]):
        seen.append(lm.step(decoder, [new])[0])
        new = best(seen[-1], 1).tolist()
    return np.array(seen)


def _uniforms(seed: int, i: int, length: int) -> np.ndarray:
    return np.random.default_rng([seed, i]).random(length)


def _draw(
    lm: LanguageModel, prompt_ids: list[int], u: np.ndarray, shape: Transform
) -> tuple[np.ndarray, ...]:
    """ids, low, high, log-probabilities and entropies of one batch, each (B, T)."""
    decoder = lm.decoder(len(u), len(prompt_ids) + u.shape[1])
    new, columns = [prompt_ids] * len(u), []
    for column in u.T:
        logits = lm.step(decoder, new).astype(float)
        chosen, low, high = quantile(token_law(shape(logits)), column)
        log_p = np.take_along_axis(log_law(logits), chosen[:, None], -1)[:, 0]
        columns.append((chosen, low, high, log_p, entropy(token_law(logits))))
        new = chosen[:, None].tolist()
        # rows that have ended run on beside the others and are cut afterwards
        if all((np.array([c[0] for c in columns]) == lm.eos).any(axis=0)):
            break
    filled = [np.stack(kind, axis=1) for kind in zip(*columns, strict=True)]
    missing = u.shape[1] - len(columns)
    return tuple(np.pad(kind, ((0, 0), (0, missing))) for kind in filled)


def _lengths(ids: np.ndarray, eos: int) -> np.ndarray:
    """How many ids of each row belong to its text: up to EOS, which counts."""
    ended = ids == eos
    return np.where(ended.any(axis=1), ended.argmax(axis=1) + 1, ids.shape[1])
