"""From a next-token distribution to a token, and from one number to a whole text."""

from mlph_lib.decoding.arithmetic import (
    arithmetic_code,
    arithmetic_sample,
    code_bits,
    lattice_codes,
    shortest_code,
)
from mlph_lib.decoding.beam import Hypothesis, beam_search
from mlph_lib.decoding.samplers import (
    ancestral,
    greedy,
    gumbel_max,
    sampler,
    token_law,
)
from mlph_lib.decoding.transforms import (
    compose,
    min_p,
    temperature,
    top_k,
    top_p,
    typical,
    warpers,
)

__all__ = [
    "Hypothesis",
    "ancestral",
    "arithmetic_code",
    "arithmetic_sample",
    "beam_search",
    "code_bits",
    "compose",
    "greedy",
    "gumbel_max",
    "lattice_codes",
    "min_p",
    "sampler",
    "shortest_code",
    "temperature",
    "token_law",
    "top_k",
    "top_p",
    "typical",
    "warpers",
]
