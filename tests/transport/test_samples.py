"""The samples of exercise 3b: own draws have the law; no wrong file gets through."""

import hashlib
import io
import os

import numpy as np
import pytest

from mlph_lib.transport.samples import COURSE_DIGEST, COURSE_SIZE, load_samples


class Untouched(np.random.Generator):
    """A generator that must not be used."""

    def __init__(self):
        super().__init__(np.random.PCG64(0))

    def random(self, *args, **kwargs):
        raise AssertionError("own draws were made although a file was given")


def good() -> np.ndarray:
    return 2 * np.sqrt((np.arange(COURSE_SIZE) + 0.5) / COURSE_SIZE)


def write(folder, content) -> tuple[str, str]:
    """Save an array (or bytes) and return path and digest."""
    if not isinstance(content, bytes):
        with io.BytesIO() as out:
            np.save(out, content)
            content = out.getvalue()
    path = folder / "samples_1d.npy"
    path.write_bytes(content)
    return str(path), hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize("path", [None, ""])
def test_own_draws_have_the_law_x_over_2(path):
    samples, text = load_samples(path, np.random.default_rng(1))
    assert samples.shape == (COURSE_SIZE,) and samples.dtype == np.float64
    u = np.sort(samples**2 / 4)  # uniform exactly if the law is x^2/4
    ranks = np.arange(COURSE_SIZE + 1) / COURSE_SIZE
    distance = max(np.max(u - ranks[:-1]), np.max(ranks[1:] - u))
    # DKW: a correct sampler fails once in 1e9 seeds; it detects a CDF that is off
    # by more than twice the bound, 0.066, somewhere
    assert distance <= np.sqrt(np.log(2 / 1e-9) / (2 * COURSE_SIZE))
    assert "own draws" in text and "10,000" in text


def test_own_draws_come_from_the_given_generator():
    first = load_samples(None, np.random.default_rng(2))[0]
    again = load_samples(None, np.random.default_rng(2))[0]
    other = load_samples(None, np.random.default_rng(3))[0]
    assert np.array_equal(first, again) and not np.array_equal(first, other)


def test_the_file_is_returned_as_it_is(tmp_path):
    path, digest = write(tmp_path, good())
    samples, text = load_samples(path, Untouched(), digest=digest)
    assert np.array_equal(samples, good())
    assert "course" in text and "samples_1d.npy" in text and "own draws" not in text
    assert str(tmp_path) not in text  # a page must not name the reader's folders


def test_a_path_object_and_a_digest_in_capitals_are_fine(tmp_path):
    path, digest = write(tmp_path, good())
    samples, _ = load_samples(
        tmp_path / "samples_1d.npy", Untouched(), digest=digest.upper()
    )
    assert samples.shape == (COURSE_SIZE,)


def test_the_ends_of_the_support_belong_to_it(tmp_path):
    values = good()
    values[0], values[-1] = 0.0, 2.0
    path, digest = write(tmp_path, values)
    assert load_samples(path, Untouched(), digest=digest)[0][-1] == 2.0


@pytest.mark.parametrize("name", ["absent.npy", "."])
def test_a_path_without_a_file(tmp_path, name):
    with pytest.raises(FileNotFoundError, match="found no file at .*give none"):
        load_samples(tmp_path / name, Untouched())


def test_the_default_digest_refuses_any_other_file(tmp_path):
    path, found = write(tmp_path, good())
    with pytest.raises(ValueError, match=f"{COURSE_DIGEST}, got {found}"):
        load_samples(path, Untouched())


def changed(index, value):
    values = good()
    values[index] = value
    return values


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"version https://git-lfs.github.com/spec/v1\n", "plain numbers"),
        (b"", "plain numbers"),
        (np.array([None] * COURSE_SIZE, dtype=object), "plain numbers"),
        (good()[:-1], r"expected shape \(10000,\).*got shape \(9999,\)"),
        (good()[:, None], r"got shape \(10000, 1\)"),
        (good().astype(np.float32), "got .*type float32"),
        (changed(7, np.nan), "finite values only, got 1 that are not"),
        (changed(7, np.inf), "finite values only, got 1 that are not"),
        (changed(7, -1e-9), r"expected values in \[0, 2\].*from -1e-09"),
        (changed(7, 2.5), r"expected values in \[0, 2\].*to 2.5"),
    ],
)
def test_a_file_with_the_digest_but_wrong_inside(tmp_path, content, message):
    path, digest = write(tmp_path, content)
    with pytest.raises(ValueError, match=message):
        load_samples(path, Untouched(), digest=digest)


def test_a_pickle_is_never_run(tmp_path):
    flag = tmp_path / "ran"

    class Payload:
        def __reduce__(self):
            return os.mkdir, (str(flag),)

    path, digest = write(tmp_path, np.array([Payload()], dtype=object))
    with pytest.raises(ValueError, match="plain numbers"):
        load_samples(path, Untouched(), digest=digest)
    assert not flag.exists()
