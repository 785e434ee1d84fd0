"""Replaced-token detection with a learned generator: two networks, one step."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from mlph_lib.pretraining.losses import binary_nll, token_nll
from mlph_lib.pretraining.objectives import Objective, Terms
from mlph_lib.pretraining.tensors import Tensors

__all__ = ["LearnedDetection", "quantile_sample"]


def quantile_sample(logits: Tensor, u: Tensor) -> Tensor:
    """The smallest token whose cumulated probability exceeds u: one uniform a token.

    Args:
        logits: shape (P, V).
        u: uniforms in [0, 1), shape (P,).

    Returns:
        ids, shape (P,).

    Example:
        >>> quantile_sample(torch.zeros(3, 4), torch.tensor([0.0, 0.3, 0.99]))
        tensor([0, 1, 3])
    """
    cdf = logits.softmax(-1).cumsum(-1)
    # Rounding may leave the last value below u; the last token then is the answer.
    return (cdf <= u[:, None]).sum(-1).clamp_max(logits.shape[-1] - 1)


class LearnedDetection(Objective):
    """L_MLM(generator) + 50 L(which tokens did it replace), as ELECTRA does.

    The generator fills the masked places from its own law; a token that happens to be
    the original counts as original. The sample is a number without a gradient, so
    the generator learns from its own loss alone and its backward pass waits for
    nothing that the discriminator does.

    No exact limit is known: what is left to detect depends on the generator reached.

    Args:
        net: the discriminator, which the rest of the work is for.
        generator: a smaller network on the same ids; its law covers words alone.
        words: the ids 0, ..., words - 1 are words; others are never asked about.

    Source: K. Clark, M.-T. Luong, Q. V. Le, C. D. Manning, ELECTRA, ICLR 2020,
    section 2; weight 50 from section 3.1.
    """

    coefficients = {"loss": 50.0, "generator": 1.0}

    def __init__(self, net: nn.Module, generator: nn.Module, words: int) -> None:
        super().__init__(net)
        self.generator, self.words = generator, words
        self.generator_head = nn.Linear(
            generator.config.hidden_size, words, bias=False
        )
        self.head = nn.Linear(net.config.hidden_size, 1, bias=False)

    def terms(self, x: Tensors) -> Terms:
        """The batch is that of masked prediction, with one uniform a target."""
        if x.noise is None:
            raise ValueError(
                "a learned generator samples: give it one uniform number a target, "
                "Tensors.of(batch, noise=rng.random(batch.weights.shape))"
            )
        guess = self.generator_head(self.generator(x.ids, x.mask).flatten(0, 1)[x.keep])
        fake = quantile_sample(guess.detach(), x.noise)
        original = x.ids.flatten().index_copy(0, x.keep, x.targets).view_as(x.ids)
        seen = original.flatten().index_copy(0, x.keep, fake).view_as(x.ids)
        logits = self.head(self.net(seen, x.mask)).squeeze(-1)  # (n, T)
        asked = (original < self.words) * x.words
        replaced = binary_nll(logits, seen != original)
        return {
            "loss": (replaced.flatten(), asked.flatten()),
            "generator": (token_nll(guess, x.targets), x.weights),
        }
