"""What a Llama costs: parameters, bytes read a token, the limit they set on speed."""

from __future__ import annotations

from mlph_lib.llama.config import LlamaConfig

__all__ = ["cache_bytes", "decoded_bytes", "flops", "parameters", "tokens_per_second"]


def parameters(config: LlamaConfig) -> dict[str, int]:
    """2 V d + L (2 d^2 + 2 d K D + 3 d m + 2 d) + d, part by part.

    Returns:
        numbers of parameters: embedding, attention, mlp and norms (all layers, the
        last norm counted with them), lm_head (0 where it is the embedding), total.

    Example:
        >>> from mlph_lib.llama import LLAMA_2_7B
        >>> parameters(LLAMA_2_7B)["total"]
        6738415616
    """
    d, m, layers = config.hidden_size, config.intermediate_size, config.num_hidden_layers
    keys = config.num_key_value_heads * config.head_dim
    embedding = config.vocab_size * d
    parts = {
        "embedding": embedding,
        "attention": layers * (2 * d * d + 2 * d * keys),
        "mlp": layers * 3 * d * m,
        "norms": layers * 2 * d + d,
        "lm_head": 0 if config.tie_word_embeddings else embedding,
    }
    return parts | {"total": sum(parts.values())}


def cache_bytes(config: LlamaConfig, tokens: int, width: int = 2) -> int:
    """2 L K D width bytes a token: keys and values of every layer.

    Args:
        config: the model's.
        tokens: number of tokens kept.
        width: bytes a number, 2 for float16.

    Example:
        >>> from mlph_lib.llama import LLAMA_2_7B
        >>> cache_bytes(LLAMA_2_7B, 1) / 2**20  # MiB a token
        0.5
    """
    kept = config.num_key_value_heads * config.head_dim
    return 2 * config.num_hidden_layers * kept * width * tokens


def decoded_bytes(config: LlamaConfig, tokens: int = 0, width: int = 2) -> int:
    """Bytes read to decode one token at batch 1: weights once, and the cache.

    Of the embedding one row is read, so it does not count; where it is the output
    matrix as well, it is read whole.

    Args:
        config: the model's.
        tokens: tokens in the cache.
        width: bytes a number.

    Example:
        >>> from mlph_lib.llama import LLAMA_2_7B
        >>> decoded_bytes(LLAMA_2_7B) / 1e9
        13.214687232
    """
    parts = parameters(config)
    read = parts["total"] - (0 if config.tie_word_embeddings else parts["embedding"])
    return width * read + cache_bytes(config, tokens, width)


def tokens_per_second(
    config: LlamaConfig, bandwidth: float, tokens: int = 0, width: int = 2
) -> float:
    """bandwidth / bytes read a token: the limit at batch 1, one token a pass.

    Args:
        config: the model's.
        bandwidth: of the memory, in bytes a second.
        tokens: tokens in the cache.
        width: bytes a number.

    Raises:
        ValueError: if the bandwidth is not positive.

    Example:
        >>> from mlph_lib.llama import LLAMA_2_7B
        >>> round(tokens_per_second(LLAMA_2_7B, 4.8e12))
        363
    """
    if not bandwidth > 0:
        raise ValueError(f"expected a bandwidth in bytes a second, got {bandwidth}")
    return bandwidth / decoded_bytes(config, tokens, width)


def flops(config: LlamaConfig, new: int, past: int = 0) -> int:
    """2 (multiply and add) for each weight and new token, and for each score.

    Scores count in full, future ones too, as counters do: 4 L d new (new + past).

    Args:
        config: the model's.
        new: tokens fed in.
        past: tokens in the cache.

    Example:
        >>> from mlph_lib.llama import LLAMA_2_7B
        >>> round(flops(LLAMA_2_7B, 1) / decoded_bytes(LLAMA_2_7B), 3)  # a byte
        1.0
    """
    parts = parameters(config)
    weights = parts["attention"] + parts["mlp"] + config.vocab_size * config.hidden_size
    scores = 4 * config.num_hidden_layers * config.hidden_size * new * (new + past)
    return 2 * weights * new + scores
