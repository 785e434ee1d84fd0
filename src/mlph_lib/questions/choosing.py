"""Turning the law of the next token into text: greedy, by chance, by one number."""

from __future__ import annotations

from typing import Any

from mlph_lib.questions.model import LanguageModel

__all__ = ["arithmetic", "greedy", "samples"]


def greedy(
    lm: LanguageModel, prompt: str = "", max_new_tokens: int = 30
) -> dict[str, Any]:
    """x_t = argmax_v p(v | x_<t), ties to the lowest id; stops after EOS.

    Returns:
        prompt, prompt_ids, prompt_pieces, prompt_text; ids: (n,) int64 new tokens, EOS
        included; pieces: n strings; text: the new ids decoded after the prompt;
        top_ids, top_logits: (n, 5), what each was chosen from; margins: (n,) logit of
        the first less that of the second; log_probabilities, entropies: (n,) float64,
        nats; ended: whether EOS came.
    """
    raise NotImplementedError


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
    on n nor on the batch. `settings` shape the law as transformers does, in its
    order: temperature, top_k, top_p, min_p, typical; None or {} is pure ancestral
    sampling.

    Returns:
        prompt, prompt_ids, prompt_pieces, prompt_text; ids: (n, T) int64, EOS
        included, -1 after the end; lengths: (n,); texts: n strings; used_ids: (m,)
        and used_pieces: m strings for every id that occurs; u, low, high: (n, T)
        float64, the cell low <= u < high of each choice; log_probabilities: (n, T)
        under the model itself; entropies: (n, T) of the model's law, nats;
        NaN after the end.
    """
    raise NotImplementedError


def arithmetic(
    lm: LanguageModel,
    prompt: str = "",
    codes: list[str] | tuple[str, ...] = ("1/2",),
    max_new_tokens: int = 64,
) -> dict[str, Any]:
    """The text whose interval holds the code: one number in [0, 1) is the whole text.

    Args:
        codes: exact fractions as text, "1/17".

    Returns:
        prompt, prompt_ids, prompt_pieces, prompt_text; codes: as asked; ids: (n, T)
        int64, EOS included, -1 after the end; lengths; texts; used_ids, used_pieces;
        low, width: n exact fractions as text, low <= code < low + width;
        log_probabilities, entropies: (n, T) float64, nats, NaN after the end.
    """
    raise NotImplementedError
