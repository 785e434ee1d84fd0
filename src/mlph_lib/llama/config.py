"""The shape of a Llama, by transformers' names, read from a `config.json`."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = ["LLAMA_2_7B", "ConfigError", "LlamaConfig"]


class ConfigError(ValueError):
    """A configuration that this model cannot honour."""


@dataclass(frozen=True)
class LlamaConfig:
    """Sizes and constants of a Llama; the names are those of its `config.json`.

    Args:
        vocab_size: V, number of tokens.
        hidden_size: d, width of the residual stream.
        intermediate_size: m, width inside the MLP.
        num_hidden_layers: L, number of blocks.
        num_attention_heads: H, query heads, each of width d / H.
        num_key_value_heads: heads of keys and values; fewer than H is
            grouped-query attention.
        max_position_embeddings: longest text, in tokens.
        rms_norm_eps: added to the mean square before the root.
        rope_theta: base of the rotary angles.
        tie_word_embeddings: whether the output matrix is the embedding.
        bos_token_id, eos_token_id: the tokens that open and close a text.

    Raises:
        ConfigError: if a size is no whole number from 1 on, an id is none from 0 on,
            the heads do not divide the width or one another, or a head has an odd
            width.

    Source: H. Touvron et al., Llama 2, arXiv:2307.09288 (2023), section 2.

    Example:
        >>> LLAMA_2_7B.head_dim, LLAMA_2_7B.num_hidden_layers
        (128, 32)
    """

    vocab_size: int
    hidden_size: int
    intermediate_size: int
    num_hidden_layers: int
    num_attention_heads: int
    num_key_value_heads: int
    max_position_embeddings: int = 4096
    rms_norm_eps: float = 1e-5
    rope_theta: float = 10000.0
    tie_word_embeddings: bool = False
    bos_token_id: int = 1
    eos_token_id: int = 2

    def __post_init__(self) -> None:
        for name, kind in self.__annotations__.items():
            value, least = getattr(self, name), 0 if name.endswith("_id") else 1
            whole = isinstance(value, int) and not isinstance(value, bool)
            if kind == "int" and not (whole and value >= least):
                raise ConfigError(
                    f"expected {name} to be one whole number of at least {least}, got "
                    f"{value!r}"
                )
        if self.hidden_size % (2 * self.num_attention_heads):
            raise ConfigError(
                f"expected heads of an even width, got hidden_size {self.hidden_size} "
                f"over {self.num_attention_heads} heads: rotary pairs need it even"
            )
        if self.num_attention_heads % self.num_key_value_heads:
            raise ConfigError(
                f"expected num_key_value_heads to divide {self.num_attention_heads} "
                f"query heads, got {self.num_key_value_heads}"
            )

    @property
    def head_dim(self) -> int:
        """Width of one head, d / H."""
        return self.hidden_size // self.num_attention_heads

    @classmethod
    def from_pretrained(cls, folder: str | Path) -> LlamaConfig:
        """Read ``folder/config.json`` as Hugging Face stores it.

        Raises:
            FileNotFoundError: if there is no such file.
            ConfigError: if it asks for what Llama 2 does not have.
        """
        path = Path(folder) / "config.json"
        if not path.is_file():
            raise FileNotFoundError(
                f"expected a checkpoint folder with config.json, found none at {path}"
            )
        try:
            given = json.loads(path.read_text(encoding="utf-8"))
        except ValueError as exc:
            raise ConfigError(f"{path} is no JSON ({exc}): fetch it again") from exc
        if not isinstance(given, dict):
            raise ConfigError(
                f"expected an object in {path}, got {type(given).__name__}"
            )
        return cls.from_dict(given)

    @classmethod
    def from_dict(cls, given: dict[str, Any]) -> LlamaConfig:
        """The same from the parsed JSON; refuses what it would have to ignore.

        Raises:
            ConfigError: for another architecture, biases, another activation,
                scaled rotary angles, heads of a width of their own, or a missing size.
        """
        _refuse_others(given)
        required = ("vocab_size", "hidden_size", "intermediate_size",
                    "num_hidden_layers", "num_attention_heads")
        missing = [name for name in required if given.get(name) is None]
        if missing:
            raise ConfigError(f"config.json lacks {', '.join(missing)}")
        names = cls.__dataclass_fields__
        ids = ("bos_token_id", "eos_token_id")  # null is not Llama 2's default
        known = {name: given[name] for name in names
                 if name in ids and name in given or given.get(name) is not None}
        known.setdefault("num_key_value_heads", given["num_attention_heads"])
        known.setdefault("rms_norm_eps", 1e-6)  # transformers' defaults, not ours
        known.setdefault("max_position_embeddings", 2048)
        known["rope_theta"] = float(_rope(given).get("rope_theta", 10000.0))
        config = cls(**known)
        if given.get("head_dim") not in (None, config.head_dim):
            raise _other("head_dim", given["head_dim"])
        return config


def _rope(given: dict[str, Any]) -> dict[str, Any]:
    """Rotary settings: one dictionary since transformers 5, loose keys before."""
    loose = {"rope_theta": given["rope_theta"]} if "rope_theta" in given else {}
    return loose | (given.get("rope_parameters") or {})


def _refuse_others(given: dict[str, Any]) -> None:
    rope = _rope(given) | (given.get("rope_scaling") or {})
    kind = rope.get("rope_type", rope.get("type", "default"))
    plain = {
        "model_type": (given.get("model_type", "llama"), "llama"),
        "attention_bias": (bool(given.get("attention_bias")), False),
        "mlp_bias": (bool(given.get("mlp_bias")), False),
        "hidden_act": (given.get("hidden_act", "silu"), "silu"),
        "pretraining_tp": (given.get("pretraining_tp", 1), 1),
        "rope_type": (kind, "default"),
    }
    for name, (value, wanted) in plain.items():
        if value != wanted:
            raise _other(name, value)


def _other(name: str, value: Any) -> ConfigError:
    return ConfigError(
        f"expected a plain Llama, got {name} = {value!r}: this model has no biases, "
        "SiLU, unscaled rotary angles and heads of width hidden_size / "
        "num_attention_heads; load others by transformers"
    )


LLAMA_2_7B = LlamaConfig(
    vocab_size=32000,
    hidden_size=4096,
    intermediate_size=11008,
    num_hidden_layers=32,
    num_attention_heads=32,
    num_key_value_heads=32,
)
