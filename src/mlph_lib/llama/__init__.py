"""Llama 2 from scratch: configuration, model, weights, and views of its inside."""

from mlph_lib.llama.cache import Cache
from mlph_lib.llama.config import LLAMA_2_7B, ConfigError, LlamaConfig
from mlph_lib.llama.model import Llama
from mlph_lib.llama.weights import WeightsError

__all__ = ["LLAMA_2_7B", "Cache", "ConfigError", "Llama", "LlamaConfig", "WeightsError"]
