"""The transforms against transformers' warpers, their tie rules, their refusals."""

import numpy as np
import pytest
import torch
from transformers import (
    MinPLogitsWarper,
    TemperatureLogitsWarper,
    TopKLogitsWarper,
    TopPLogitsWarper,
    TypicalLogitsWarper,
)

from mlph_lib.decoding import (
    compose,
    min_p,
    temperature,
    token_law,
    top_k,
    top_p,
    typical,
    warpers,
)

SHARES = [1e-9, 0.05, 0.3, 0.5, 0.75, 0.9, 0.95, 0.999]
CASES = [
    *((temperature, TemperatureLogitsWarper, t) for t in (0.1, 0.6, 1.0, 1.7, 30.0)),
    *((top_k, TopKLogitsWarper, k) for k in (1, 2, 5, 50, 10_000)),
    *((top_p, TopPLogitsWarper, p) for p in (*SHARES, 1.0)),
    *((min_p, MinPLogitsWarper, p) for p in (*SHARES, 1.0)),
    *((typical, TypicalLogitsWarper, p) for p in SHARES),
]
NAMES = [f"{ours.__name__}-{value}" for ours, _, value in CASES]
TRANSFORMS = [
    (temperature, 0.7),
    (top_k, 3),
    (top_p, 0.8),
    (min_p, 0.2),
    (typical, 0.6),
]


def batches(tied=True):
    """About 7,000 logit vectors: smooth, tied, with -inf, one-token supports."""
    rng = np.random.default_rng(11)
    for size, rows in ((1, 20), (2, 200), (5, 400), (40, 400), (300, 60)):
        shape = (rows, size)
        for scale in (0.3, 3.0):
            yield rng.normal(0, scale, shape).astype(np.float32)
        yield removed(rng, rng.normal(0, 2, shape))
        if tied:
            yield rng.integers(-2, 3, shape).astype(float)
            yield removed(rng, rng.integers(-1, 2, shape).astype(float))
            yield np.full(shape, rng.normal())
        one = np.full(shape, -np.inf)
        one[np.arange(rows), rng.integers(size, size=rows)] = rng.normal(0, 5, rows)
        yield one


def removed(rng, logits):
    gone = rng.random(logits.shape) < 0.6
    gone[np.arange(len(logits)), rng.integers(logits.shape[1], size=len(logits))] = 0
    return np.where(gone, -np.inf, logits)


def vectors(dtype, tied=True):
    return [torch.tensor(batch, dtype=dtype) for batch in batches(tied=tied)]


def test_the_random_vectors_are_what_they_say():
    rows = [row for batch in vectors(torch.float64) for row in batch]
    assert len(rows) > 5000
    finite = [row[row.isfinite()] for row in rows]
    assert sum(len(row) == 1 for row in finite) > 1000
    assert sum(len(row) < len(whole) for row, whole in zip(finite, rows)) > 1000
    assert sum(len(row.unique()) < len(row) for row in finite) > 1000


@pytest.mark.parametrize("case", CASES, ids=NAMES)
def test_without_ties_the_bits_are_transformers(case):
    ours, theirs, value = case
    for logits in vectors(torch.float64, tied=False):
        assert torch.equal(ours(logits, value), theirs(value)(None, logits))


@pytest.mark.parametrize("case", CASES, ids=NAMES)
def test_with_ties_as_many_of_each_value_are_kept(case):
    ours, theirs, value = case
    for logits in vectors(torch.float64):
        kept, expected = ours(logits, value), theirs(value)(None, logits)
        assert torch.equal(kept.sort().values, expected.sort().values)
        if ours is not top_p:  # no sort decides: the very same tokens
            assert torch.equal(kept, expected)


@pytest.mark.parametrize("p", SHARES)
def test_top_p_ranks_equal_tokens_by_id(p):
    others_kept = 0
    for logits in vectors(torch.float64):
        kept = top_p(logits, p).isfinite()
        theirs = TopPLogitsWarper(p)(None, logits).isfinite()
        others_kept += int((kept != theirs).sum())
        # Whoever is left out has no higher id of the same value that is kept.
        same = logits[:, :, None] == logits[:, None, :]
        later = torch.ones(same.shape[1:], dtype=bool).triu(1)
        wrong = same & later & ~kept[:, :, None] & kept[:, None, :]
        assert not wrong.any()
    assert others_kept > 0 or p < 1e-3, "the twin: transformers kept other tokens"


@pytest.mark.parametrize("case", CASES, ids=NAMES)
def test_float32_differs_from_transformers_only_where_its_rounding_decides(case):
    # Ours decides in float64, transformers in float32: a running sum within 1e-6 of
    # the threshold may fall on either side. Hardly one of these 4,000 rows is so close.
    ours, theirs, value = case
    different = rows = 0
    for logits in vectors(torch.float32, tied=False):
        kept, expected = ours(logits, value), theirs(value)(None, logits)
        different += int((kept != expected).any(dim=-1).sum())
        rows += len(logits)
    assert rows > 4000 and different <= 4


def test_float16_logits_are_judged_in_float64():
    # 30,000 equal tokens, of which the share 0.5 is 15,000. The twin: transformers
    # sums in float16, whose steps near 0.5 are worth 15 tokens.
    logits = torch.zeros(1, 30_000, dtype=torch.float16)
    assert top_p(logits, 0.5).isfinite().sum() == 15_000
    assert TopPLogitsWarper(0.5)(None, logits).isfinite().sum() != 15_000


def test_generate_applies_the_settings_in_the_order_of_warpers(llama):
    settings = {"typical_p": 0.7, "min_p": 0.02, "top_p": 0.9, "top_k": 20}
    settings["temperature"] = 1.6
    out = llama.generate(
        torch.tensor([[1]]),
        do_sample=True,
        max_new_tokens=40,
        output_scores=True,
        output_logits=True,
        return_dict_in_generate=True,
        pad_token_id=0,
        **settings,
    )
    logits, scores = torch.cat(out.logits).double(), torch.cat(out.scores)
    ours = compose(*warpers(**settings))(logits)
    assert torch.equal(ours.isfinite(), scores.isfinite())
    torch.testing.assert_close(ours.float(), scores)
    backwards = compose(*reversed(warpers(**settings)))(logits)
    assert not torch.equal(backwards.isfinite(), scores.isfinite())


def test_warpers_leave_out_what_asks_for_nothing():
    assert warpers() == []
    neutral = {"temperature": 1.0, "top_k": 0, "top_p": 1.0, "typical_p": 1.0}
    assert warpers(**neutral, min_p=None) == [] == warpers(top_k=None)
    assert len(warpers(temperature=0.6, top_p=0.9)) == 2


def test_warpers_refuse_early():
    with pytest.raises(TypeError, match=r"unknown settings \['topp'\]; known are"):
        warpers(topp=0.9)
    with pytest.raises(ValueError, match="got 1.5"):
        warpers(top_p=1.5)
    with pytest.raises(ValueError, match="temperature must lie in"):
        warpers(temperature=0.0)


def test_compose_goes_from_left_to_right():
    logits = np.array([0.0, 1.0, 2.0])
    double, drop = (lambda z: temperature(z, 0.5)), (lambda z: top_p(z, 0.8))
    assert np.array_equal(compose(double, drop)(logits), drop(double(logits)))
    assert not np.array_equal(compose(drop, double)(logits), drop(double(logits)))
    assert compose()(logits) is logits


@pytest.mark.parametrize(("transform", "value"), TRANSFORMS)
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "bfloat16"])
@pytest.mark.parametrize("shape", [(9,), (4, 9), (2, 3, 9)])
def test_kind_dtype_and_shape_stay(transform, value, dtype, shape):
    x = torch.randn(shape, generator=torch.Generator().manual_seed(0))
    x = x.to(getattr(torch, dtype))
    before = x.clone()
    y = transform(x, value)
    assert isinstance(y, torch.Tensor) and y.dtype == x.dtype and y.shape == shape
    assert torch.equal(x, before)
    by_row = torch.stack([transform(row, value) for row in x.reshape(-1, 9)])
    assert torch.equal(y, by_row.reshape(shape))
    if dtype != "bfloat16":  # NumPy has none
        z = transform(x.numpy(), value)
        assert isinstance(z, np.ndarray) and z.dtype == dtype
        assert np.array_equal(np.isfinite(z), y.isfinite().numpy())
        # NumPy rounds the 0.7 to float16 before it divides, torch does not.
        rtol = 2**-10 if dtype == "float16" else 0
        np.testing.assert_allclose(z, y.numpy(), rtol=rtol, atol=0)
        assert torch.equal(x, before)


@pytest.mark.parametrize(("transform", "value"), TRANSFORMS[1:])
def test_what_is_kept_keeps_its_bits(transform, value):
    logits = np.random.default_rng(0).normal(size=(50, 20))
    kept = transform(logits, value)
    stays = np.isfinite(kept)
    assert np.array_equal(kept[stays], logits[stays])
    assert np.all(kept[~stays] == -np.inf) and not stays.all()


@pytest.mark.parametrize(("transform", "value"), TRANSFORMS)
def test_odd_memory_layouts(transform, value):
    logits = np.random.default_rng(0).normal(size=(4, 18))
    expected = transform(logits[:, ::-2].copy(), value)
    assert np.array_equal(transform(logits[:, ::-2], value), expected)
    logits.flags.writeable = False
    assert np.array_equal(transform(logits[:, ::-2], value), expected)


def test_a_gradient_flows_through_what_is_kept():
    x = torch.tensor([0.0, 1.0, 2.0], requires_grad=True)
    top_k(temperature(x, 0.5), 2)[1:].sum().backward()
    assert x.grad.tolist() == [0.0, 2.0, 2.0]


@pytest.mark.parametrize(
    ("transform", "value"),
    [(top_k, 1), (top_p, 1e-300), (min_p, 1.0), (typical, 1e-300)],
)
def test_one_token_always_stays(transform, value):
    for logits in vectors(torch.float64):
        assert transform(logits, value).isfinite().any(dim=-1).all()


@pytest.mark.parametrize(("transform", "value"), [(top_p, 1.0), (typical, 1.0)])
def test_a_share_of_one_keeps_all_that_has_probability(transform, value):
    for logits in vectors(torch.float64):
        assert torch.equal(transform(logits, value), logits)


def test_temperature_is_a_power_of_the_law():
    p = np.array([0.5, 0.3, 0.2, 0.0])
    with np.errstate(divide="ignore"):
        logits = np.log(p)
    for t in (0.3, 1.0, 4.0):
        expected = p ** (1 / t) / (p ** (1 / t)).sum()
        np.testing.assert_allclose(token_law(temperature(logits, t)), expected)
    assert np.array_equal(temperature(logits, 1.0), logits)


def test_top_p_by_hand():
    logits = np.log([0.125, 0.5, 0.25, 0.125])
    for p, kept in ((0.4, [1]), (0.6, [1, 2]), (0.8, [0, 1, 2]), (0.9, [0, 1, 2, 3])):
        assert np.flatnonzero(np.isfinite(top_p(logits, p))).tolist() == kept


def test_typical_leaves_out_a_token_that_says_too_little():
    # H = 1.21 nats; the most likely token carries 0.69, the second 1.39.
    logits = np.log([0.5, 0.25, 0.15, 0.1])
    assert np.flatnonzero(np.isfinite(typical(logits, 0.2))).tolist() == [1]
    assert np.flatnonzero(np.isfinite(typical(logits, 0.6))).tolist() == [0, 1]


@pytest.mark.parametrize(("transform", "value"), TRANSFORMS)
@pytest.mark.parametrize(
    ("logits", "error", "words"),
    [
        (np.array([0.0, np.nan]), ValueError, r"got nan at index \(1,\)"),
        (torch.tensor([[0.0, np.inf]]), ValueError, r"got inf at index \(0, 1\)"),
        (np.array([[0.0, 1.0], [-np.inf, -np.inf]]), ValueError, "no token is left"),
        (np.array([1, 2]), TypeError, "got int64"),
        (torch.tensor([1, 2]), TypeError, "got torch.int64"),
        (np.array([True]), TypeError, "got bool"),
        (np.array([1j]), TypeError, "got complex128"),
        ([0.0, 1.0], TypeError, "got list"),
        (None, TypeError, "got NoneType"),
        (np.array(1.0), ValueError, r"V >= 1, got \(\)"),
        (np.zeros((3, 0)), ValueError, r"got \(3, 0\)"),
    ],
)
def test_bad_logits(transform, value, logits, error, words):
    with pytest.raises(error, match=words):
        transform(logits, value)


@pytest.mark.parametrize(
    ("transform", "value", "error", "words"),
    [
        *((temperature, t, ValueError, "must lie") for t in (0, -1.0, np.nan, np.inf)),
        *((top_k, k, ValueError, f"k must be at least 1, got {k}") for k in (0, -3)),
        *((top_k, k, TypeError, "k must be an integer") for k in (2.0, "2", None)),
        *((top_p, p, ValueError, "p is a share") for p in (0.0, -0.1, 1.1, np.nan)),
        *((min_p, p, ValueError, "p is a share") for p in (0.0, -0.1, 1.1, np.nan)),
        *((typical, p, ValueError, "mass is a share") for p in (0.0, 1.1, np.nan)),
    ],
)
def test_bad_settings(transform, value, error, words):
    with pytest.raises(error, match=words):
        transform(np.zeros(3), value)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("kind", [np.asarray, torch.tensor])
def test_a_temperature_that_overflows_is_refused(dtype, kind):
    logits = kind(np.array([0.0, 30.0, -np.inf], dtype=dtype))
    tiny = {np.float16: 1e-9, np.float32: 1e-38, np.float64: 1e-307}[dtype]
    with pytest.raises(ValueError, match="overflows .*float.*: use greedy"):
        temperature(logits, tiny)
