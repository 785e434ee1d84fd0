"""The same decoding for a model of transformers, for ours and for any callable."""

from fractions import Fraction
from functools import partial
from random import Random

import numpy as np
import pytest
import torch

from mlph_lib.decoding import (
    arithmetic_code,
    arithmetic_sample,
    beam_search,
    code_bits,
    greedy,
    gumbel_max,
    sampler,
    shortest_code,
    temperature,
    top_p,
)
from mlph_lib.llama import Llama

BOS, EOS = 1, 2


@pytest.fixture(scope="module")
def ours(llama, tmp_path_factory):
    """Our Llama with the weights of transformers' tiny one."""
    folder = tmp_path_factory.mktemp("tiny")
    llama.save_pretrained(folder)
    return Llama.from_pretrained(folder)


@pytest.fixture(params=["transformers", "ours", "callable"])
def next_logits(request):
    if request.param == "callable":
        return request.getfixturevalue("language")(31)
    if request.param == "transformers":
        return request.getfixturevalue("llama_next")
    return last_logits(request.getfixturevalue("ours"))


def last_logits(model):
    @torch.no_grad()
    def next_logits(tokens):
        return model(torch.tensor([[BOS, *tokens]]))[0, -1]

    return next_logits


def test_text_to_number_to_text(next_logits):
    random = Random(3)
    for _ in range(2):
        u = Fraction(random.getrandbits(300), 2**300)
        tokens = arithmetic_sample(next_logits, u, 40, EOS)
        low, width = arithmetic_code(next_logits, tokens)
        assert low <= u < low + width
        short = shortest_code(low, width)
        assert short.denominator.bit_length() <= code_bits(width)
        for code in (low, short):
            assert arithmetic_sample(next_logits, code, 40, EOS) == tokens


def test_one_beam_is_greedy(next_logits):
    tokens = []
    while len(tokens) < 12 and tokens[-1:] != [EOS]:
        tokens.append(greedy(next_logits(tokens)))
    assert beam_search(next_logits, 1, 12, EOS)[0].tokens == tokens
    assert len(beam_search(next_logits, 4, 12, EOS)) == 4


def test_our_model_has_the_beams_of_transformers(ours, llama_next):
    found = beam_search(last_logits(ours), 4, 12, EOS)
    expected = beam_search(llama_next, 4, 12, EOS)
    assert [h.tokens for h in found] == [h.tokens for h in expected]


@pytest.mark.parametrize(
    "draw",
    [
        sampler(),
        sampler(partial(temperature, t=0.7), partial(top_p, p=0.9)),
        gumbel_max,
        greedy,
    ],
)
def test_generate_takes_every_sampler(ours, draw):
    ids = ours.generate(torch.tensor([[BOS]]), 20, draw, np.random.default_rng(4))
    tokens, rng, next_logits = [], np.random.default_rng(4), last_logits(ours)
    while len(tokens) < 20 and tokens[-1:] != [EOS]:
        tokens.append(draw(next_logits(tokens), rng))
    assert ids.tolist() == [[BOS, *tokens]] and len(tokens) >= 3


def test_greedy_is_what_generate_does_without_a_sampler(ours):
    prompt = torch.tensor([[BOS]])
    assert torch.equal(ours.generate(prompt, 20, greedy), ours.generate(prompt, 20))
