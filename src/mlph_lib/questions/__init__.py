"""What the book asks a language model, in words that any Llama answers.

A question is a plain function `question(lm, **request) -> dict`. The request is JSON
(its defaults count as given), the answer a dict of NumPy arrays and JSON values that
can be checked again without the model: ids come with their pieces and their text,
choices with what they were chosen from.
"""

from mlph_lib.questions.choosing import greedy, samples
from mlph_lib.questions.distributions import next_tokens, tree
from mlph_lib.questions.inside import attention, logit_lens, residual_norms
from mlph_lib.questions.model import ClaimError, LanguageModel, checkpoint, live
from mlph_lib.questions.one_number import arithmetic, exact
from mlph_lib.questions.parts import embedding, module_tree, pieces
from mlph_lib.questions.speed import decode_speed

__all__ = [
    "QUESTIONS",
    "ClaimError",
    "LanguageModel",
    "arithmetic",
    "attention",
    "checkpoint",
    "decode_speed",
    "embedding",
    "exact",
    "greedy",
    "live",
    "logit_lens",
    "module_tree",
    "next_tokens",
    "pieces",
    "residual_norms",
    "samples",
    "tree",
]

QUESTIONS = {
    question.__name__: question
    for question in (
        module_tree, pieces, embedding, next_tokens, greedy, samples, arithmetic,
        tree, logit_lens, residual_norms, attention, decode_speed,
    )
}
