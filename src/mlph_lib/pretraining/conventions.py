"""Other people's counts of the same work, and why they differ."""

from __future__ import annotations

from mlph_lib.pretraining.network import TransformerConfig

__all__ = ["electra_count", "folk_count"]


def folk_count(parameters: int, tokens: int) -> int:
    """6 N D: two operations a weight and token forward, four backward, no attention.

    Args:
        parameters: N, of those weights that enter a matmul.
        tokens: D.

    Source: J. Kaplan et al., Scaling laws for neural language models, 2020,
    arXiv:2001.08361, section 2.1.

    Example:
        >>> folk_count(10, 3)
        180
    """
    return 6 * parameters * tokens


def electra_count(
    config: TransformerConfig,
    length: int,
    targets: float,
    *,
    embedding_size: int | None = None,
    dense_lookup: bool = True,
    discriminator: bool = False,
) -> float:
    """2 (L (24 T d^2 + 4 T^2 d) + 2 T V e + head): the matmuls ELECTRA's code counts.

    Two things are otherwise than in `work`. Backward is taken to cost what forward
    does, so a step is twice the forward pass, not thrice; in a ratio this cancels.
    The look-up of an embedding is counted as the product of a one-hot row with the
    whole table; this does not cancel, because ELECTRA looks up twice a step and BERT
    once, and it is what makes its small model cost 1.32 of BERT's and not 1.08.

    Args:
        config: the sizes.
        length: T.
        targets: positions a sample that reach the softmax.
        embedding_size: e, where smaller than d; it is then projected in and out.
        dense_lookup: whether the look-up counts.
        discriminator: one bit at every position in place of the softmax.

    Returns:
        operations a sample and step.

    Source: google-research/electra, flops_computation.py; its terms for biases,
    norms, dropout and activations, 1 % in all, are left out here.

    Example:
        >>> bert_base = TransformerConfig(30522, 768, 12, 12)
        >>> f"{electra_count(bert_base, 512, 80) * 256 * 1e6:.2e}"  # 256 x 10^6 samples
        '6.37e+19'
    """
    d, vocabulary = config.hidden_size, config.vocab_size
    e = embedding_size or d
    blocks = config.num_hidden_layers * (24 * length * d**2 + 4 * length**2 * d)
    look_up = 2 * length * vocabulary * e if dense_lookup else 0
    project = 2 * length * d * e if e != d else 0
    if discriminator:
        head = length * (2 * d**2 + 2 * d)
    else:
        head = targets * (2 * e * vocabulary + 2 * d * e)
    return 2 * (blocks + look_up + project + head)
