"""Information flow: change one token and see which targets could notice.

A text and its twin with token j changed go through the same corruption with the same
random numbers. Where their inputs differ, attention carries the difference on, over
any number of layers: the closure of the mask. The targets that are reached must be
exactly those of the objective's definition.
"""

import numpy as np
import pytest

from mlph_lib.pretraining import corruptions

T = 12


def closure(mask):
    """Whom a position hears of after any number of layers; it always keeps itself."""
    reach = mask | np.eye(len(mask), dtype=bool)
    for _ in range(len(mask).bit_length()):
        reach = (reach.astype(int) @ reach.astype(int)) > 0
    return reach


def reached(batch, changed, changed_source=None):
    """Positions of the output that a change of the inputs can move, row 0."""
    length = batch.inputs.shape[1]
    mask = batch.attention.mask(length)[0]
    content = closure(mask)
    moved = content[:, changed[0]].any(axis=1)
    if batch.query is not None:  # a query hears the content stream, not its own token
        heard = batch.query.mask(length)[0].astype(int) @ content.astype(int)
        moved = heard[:, changed[0]].any(axis=1)
    if changed_source is not None and changed_source[0].any():
        moved |= True  # every target position looks at the whole source
    return moved


def flow(make, x, j):
    """(batch, which targets can notice that token j is another)."""
    twin = x.copy()
    twin[0, j] = (x[0, j] + 1) % 3
    one, two = (make(text, np.random.default_rng(5)) for text in (x, twin))
    source = None if one.source is None else one.source.inputs != two.source.inputs
    if source is not None:
        seen = one.source.attention.mask(source.shape[1])[0]
        assert seen.all()
    return one, reached(one, one.inputs != two.inputs, source)


@pytest.fixture
def x():
    return np.random.default_rng(0).integers(3, size=(1, T))


def check(make, x, expected):
    """Beside `expected(batch, j)`: the positions that may notice a change of x_j."""
    for j in range(T):
        batch, moved = flow(make, x, j)
        asked = batch.weights.reshape(1, batch.weights.shape[1], -1)[0].any(axis=1)
        moved = moved[: asked.size]
        assert np.array_equal(moved & asked, expected(batch, j) & asked), j
        assert asked.any()


@pytest.mark.parametrize("name", ["causal_lm", "multi_token"])
def test_left_to_right(x, vocab, name):
    make = getattr(corruptions, name)
    check(lambda t, r: make(t, vocab, r), x, lambda b, j: np.arange(T) > j)


def test_prefix(x, vocab):
    def expected(batch, j):
        inside = j < batch.attention.prefix[0] - 1
        return np.full(T, True) if inside else np.arange(T) > j

    check(lambda t, r: corruptions.prefix_lm(t, vocab, r), x, expected)


@pytest.mark.parametrize(
    "name", ["masked_lm", "whole_word", "masked_diffusion", "span_boundary"]
)
def test_masks(x, vocab, name):
    extra = {
        "masked_lm": {"rate": 0.4},
        "whole_word": {"rate": 0.4, "starts": np.arange(T) % 2 == 0},
        "masked_diffusion": {},
        "span_boundary": {"rate": 0.4},
    }[name]
    make = getattr(corruptions, name)
    check(
        lambda t, r: make(t, vocab, r, **extra),
        x,
        lambda b, j: np.full(
            T, b.inputs[0, j] != vocab.mask
        ),  # a hidden one moves none
    )


def test_kept_tokens_are_in_sight(x, vocab):
    kept = (0.0, 0.0, 1.0)
    check(
        lambda t, r: corruptions.masked_lm(t, vocab, r, 0.4, kept),
        x,
        lambda b, j: np.full(T, True),
    )


def test_detection(x, vocab):
    """Of a word that was redrawn nothing is left; any other is in sight of all."""
    law = [1.0, 0.0, 0.0] + [0.0] * 17

    def expected(batch, j):
        redrawn = np.random.default_rng(5).random((1, T))[0, j] < 0.4
        return np.full(T, not redrawn)

    check(lambda t, r: corruptions.replaced_tokens(t, vocab, r, 0.4, law), x, expected)


@pytest.mark.parametrize("share", [1.0, 0.4])
def test_permutation(x, vocab, share):
    def expected(batch, j):
        asked = batch.weights[0] > 0
        rank = batch.query.mask(T + 1)[0].sum(axis=1)
        later = rank > rank[j + 1]
        return later if asked[j + 1] else np.full(T + 1, True)

    check(lambda t, r: corruptions.permutation_lm(t, vocab, r, share), x, expected)


def test_middle(x, vocab):
    def expected(batch, j):
        full = np.append(batch.inputs[0], batch.targets[0, -1])
        _, (start, end) = corruptions.decode_middle(full, vocab)
        place = (
            j + 1
            if j < start
            else T + 3 - (end - j)
            if j < end
            else j - end + start + 2
        )
        return np.arange(T + 3) >= place  # where it is read; the one before predicts it

    check(lambda t, r: corruptions.fill_in_the_middle(t, vocab, r), x, expected)


@pytest.mark.parametrize("name", ["span_corruption", "mixture", "denoising"])
def test_encoder_and_decoder(x, vocab, name):
    make = getattr(corruptions, name)

    def expected(batch, j):
        if name == "denoising":  # the decoder reads all; the source reads what is left
            twin = x.copy()
            twin[0, j] = (x[0, j] + 1) % 3
            other = make(twin, vocab, np.random.default_rng(5))
            in_source = np.any(other.source.inputs != batch.source.inputs)
            return np.full(T, True) if in_source else np.arange(T) > j
        source, target = batch.source.inputs[0], batch.targets[0]
        hidden = hidden_places(source, target, vocab)
        if j not in hidden:
            return np.full(target.size, True)
        return np.arange(target.size) > hidden[j]

    check(lambda t, r: make(t, vocab, r), x, expected)


def hidden_places(source, target, vocab):
    """{place in the text: place in the target} of the hidden tokens."""
    places, at = {}, 0
    for token in source:
        if token < vocab.words:
            at += 1
        elif token in target and token >= vocab.size - vocab.sentinels:
            k = int(np.flatnonzero(target == token)[0]) + 1
            while target[k] < vocab.words:
                places[at] = k
                at, k = at + 1, k + 1
    return places


@pytest.mark.parametrize("name", ["next_sentence", "sentence_order"])
def test_pairs(x, vocab, name):
    """The answer hears of every word that is shown."""
    texts = np.concatenate([x, x[:, ::-1]])
    make = getattr(corruptions, name)
    batch = make(texts, vocab, np.random.default_rng(5))
    mask = batch.attention.mask(batch.inputs.shape[1])[0]
    assert mask[0].all() and batch.targets.shape == (2, 1)


def test_the_closure_finds_a_leak_over_two_layers():
    """1 sees 2, 2 sees 0: after two layers 1 knows of 0, which its own mask hides."""
    mask = np.eye(3, dtype=bool)
    mask[1, 2] = mask[2, 0] = True
    assert closure(mask)[1, 0] and not mask[1, 0]


def test_a_leaking_objective_is_seen(x, vocab):
    """The failing twin: a causal batch whose attention looks one token ahead."""
    from dataclasses import replace

    from mlph_lib.pretraining.attention import Attention

    ahead = np.tri(T, k=1, dtype=bool)[None]

    def leaking(text, rng):
        batch = corruptions.causal_lm(text, vocab)
        return replace(batch, attention=Attention("explicit", allowed=ahead))

    with pytest.raises(AssertionError):
        check(leaking, x, lambda b, j: np.arange(T) > j)
