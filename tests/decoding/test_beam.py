"""Beam search against full enumeration and against transformers."""

import itertools

import numpy as np
import pytest
import torch

from mlph_lib.decoding import beam_search, greedy, token_law

PENALTIES = [0.0, 1.0, -0.5, 2.0]


def texts(size, longest, eos):
    """Every text: ended by eos, or of full length."""
    for length in range(1, longest + 1):
        for text in itertools.product(range(size), repeat=length):
            if eos not in text[:-1] and (text[-1] == eos or length == longest):
                yield list(text)


def log_prob(next_logits, text):
    laws = [token_law(next_logits(text[:t])) for t in range(len(text))]
    with np.errstate(divide="ignore"):
        return sum(np.log(law[token]) for law, token in zip(laws, text, strict=True))


def enumeration(next_logits, size, longest, eos, penalty):
    scored = [
        (log_prob(next_logits, text) / len(text) ** penalty, text)
        for text in texts(size, longest, eos)
    ]
    return sorted((s for s in scored if s[0] > -np.inf), key=lambda s: (-s[0], s[1]))


@pytest.mark.parametrize("penalty", PENALTIES)
@pytest.mark.parametrize("eos", [0, 2, None])
@pytest.mark.parametrize("removed", [0.0, 0.4])
def test_a_wide_beam_is_full_enumeration(language, penalty, eos, removed):
    for seed in range(5):
        f = language(3, seed, removed=removed)
        expected = enumeration(f, 3, 4, eos, penalty)
        found = beam_search(f, 3**4, 4, eos, penalty)
        assert [h.tokens for h in found] == [text for _, text in expected]
        np.testing.assert_allclose([h.score for h in found], [s for s, _ in expected])


@pytest.mark.parametrize("penalty", PENALTIES)
def test_a_narrow_beam_finds_real_texts_with_their_scores(language, penalty):
    misses = 0
    for seed in range(20):
        f = language(4, seed, scale=1.0)
        found = beam_search(f, 2, 4, 0, penalty)
        assert [h.score for h in found] == sorted((h.score for h in found))[::-1]
        for h in found:
            assert h.tokens in list(texts(4, 4, 0))
            assert h.log_prob == pytest.approx(log_prob(f, h.tokens))
            assert h.score == h.log_prob / len(h.tokens) ** penalty
        best = enumeration(f, 4, 4, 0, penalty)[0][1]
        misses += beam_search(f, 1, 4, 0, penalty)[0].tokens != best
    assert 0 < misses < 20  # a beam of one misses the best text, but not always


@pytest.mark.parametrize("seed", range(10))
def test_one_beam_is_greedy(language, seed):
    f, tokens = language(6, seed), []
    while len(tokens) < 8 and tokens[-1:] != [5]:
        tokens.append(greedy(f(tokens)))
    assert beam_search(f, 1, 8, eos=5)[0].tokens == tokens


def test_equal_texts_come_by_token_ids():
    found = beam_search(lambda tokens: np.zeros(3), 4, 2)
    assert [h.tokens for h in found] == [[0, 0], [0, 1], [0, 2], [1, 0]]
    found = beam_search(lambda tokens: np.zeros(300), 3, 1)  # an unstable sort shows
    assert [h.tokens for h in found] == [[0], [1], [2]]


def test_the_search_stops_as_soon_as_nothing_better_can_come():
    asked = []

    def f(tokens):
        asked.append(list(tokens))
        return np.log([0.9, 0.1]) if not tokens else np.log([0.5, 0.5])

    assert beam_search(f, 1, 50, eos=0)[0].tokens == [0]
    assert asked == [[]]
    # A reward for length keeps the search alive.
    asked.clear()
    beam_search(f, 1, 50, eos=0, length_penalty=2.0)
    assert len(asked) > 5


def test_next_logits_may_change_its_argument():
    def f(tokens):
        logits = np.array([0.0, 1.0, float(len(tokens))])
        tokens.append(99)
        return logits

    assert max(beam_search(f, 2, 3)[0].tokens) < 3


@pytest.mark.parametrize("num_beams", [2, 3, 8])
@pytest.mark.parametrize("penalty", [0.0, 1.0, -0.7])
@pytest.mark.parametrize("eos", [2, 11, None])
def test_the_texts_are_transformers(llama, llama_next, num_beams, penalty, eos):
    out = llama.generate(
        torch.tensor([[1]]),
        num_beams=num_beams,
        num_return_sequences=num_beams,
        max_new_tokens=12,
        do_sample=False,
        early_stopping="never",
        length_penalty=penalty,
        eos_token_id=-1 if eos is None else eos,
        pad_token_id=0,
        return_dict_in_generate=True,
        output_scores=True,
    )
    found = beam_search(llama_next, num_beams, 12, eos, penalty)
    theirs = [unpadded(row, eos) for row in out.sequences[:, 1:].tolist()]
    assert [h.tokens for h in found] == theirs
    scores = out.sequences_scores.tolist()  # float32
    np.testing.assert_allclose([h.score for h in found], scores, rtol=1e-4)


def unpadded(row, eos):
    return row[: row.index(eos) + 1] if eos in row else row


def test_some_of_these_texts_end_early(llama_next):
    lengths = [len(h.tokens) for h in beam_search(llama_next, 8, 12, 11)]
    assert min(lengths) < 12


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ((0, 3), ValueError, "num_beams must be at least 1, got 0"),
        ((2, 0), ValueError, "max_new_tokens must be at least 1, got 0"),
        ((2.0, 3), TypeError, "num_beams must be an integer, got 2.0"),
        ((2, 3, None, np.inf), ValueError, "length_penalty must be finite"),
    ],
)
def test_bad_arguments(arguments, error, words):
    with pytest.raises(error, match=words):
        beam_search(lambda tokens: np.zeros(3), *arguments)


def test_bad_logits():
    with pytest.raises(ValueError, match="got nan"):
        beam_search(lambda tokens: np.array([0.0, np.nan]), 2, 3)
    with pytest.raises(ValueError, match=r"shape \(V,\), got \(1, 3\)"):
        beam_search(lambda tokens: np.zeros((1, 3)), 2, 3)
