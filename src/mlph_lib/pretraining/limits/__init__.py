"""The best any model can do, for each target of a batch: log-probabilities in nats.

An optimum is an array of the shape of a batch's weights, beside which a model's
log-probabilities are set, position by position. No exact limit is known for
replaced-token detection with a learned generator: what is left to detect depends on
the generator that training reached.
"""

from mlph_lib.pretraining.limits.causal import causal_lm, multi_token, prefix_lm
from mlph_lib.pretraining.limits.exact import causal_limit, middle_limit, prefix_limit
from mlph_lib.pretraining.limits.gaps import denoising, mixture, span_corruption
from mlph_lib.pretraining.limits.masked import (
    masked,
    noisy,
    noisy_laws,
    replaced_tokens,
    span_boundary,
)
from mlph_lib.pretraining.limits.pairs import (
    affinity,
    contrastive,
    next_sentence,
    next_sentence_logit,
    order_logit,
    sentence_order,
)
from mlph_lib.pretraining.limits.sequences import (
    cut_entropy,
    fill_in_the_middle,
    permutation_lm,
    suffix_cut_entropy,
)

__all__ = [
    "affinity",
    "causal_limit",
    "causal_lm",
    "contrastive",
    "cut_entropy",
    "denoising",
    "fill_in_the_middle",
    "masked",
    "middle_limit",
    "mixture",
    "multi_token",
    "next_sentence",
    "next_sentence_logit",
    "noisy",
    "noisy_laws",
    "order_logit",
    "permutation_lm",
    "prefix_limit",
    "prefix_lm",
    "replaced_tokens",
    "sentence_order",
    "span_boundary",
    "span_corruption",
    "suffix_cut_entropy",
]
