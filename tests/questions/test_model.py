"""One model by two codes: the same numbers, clear errors, claims for the shipped one."""

import json

import numpy as np
import pytest

from mlph_lib.questions import ClaimError, LanguageModel, live


@pytest.fixture(scope="module", params=["ours", "transformers"])
def lm(request, checkpoint):
    return LanguageModel.load(checkpoint, backend=request.param)


def test_both_codes_give_the_same_logits(checkpoint):
    ids = [1, 356, 357, 12, 300]
    ours, theirs = (
        LanguageModel.load(checkpoint, backend=b).logits(ids)
        for b in ("ours", "transformers")
    )
    assert ours.shape == (5, 365) and ours.dtype == np.float32
    np.testing.assert_allclose(ours, theirs, atol=2e-5)


def test_the_empty_prompt_is_bos_alone(lm):
    assert lm.encode("") == [1] and lm.bos == 1 and lm.eos == 2
    assert lm.encode("sun") == [1, 356]


def test_a_prompt_is_text(lm):
    with pytest.raises(TypeError, match="expected a prompt as text, got list"):
        lm.encode([1])


def test_pieces_keep_the_space_that_decoding_drops(lm):
    ids = lm.encode("sun é")
    assert lm.pieces(ids) == ["<s>", "▁sun", "▁", "<0xC3>", "<0xA9>"]
    assert lm.text(ids) == "<s> sun é"


def test_a_continuation_keeps_its_first_space_and_leaves_out_the_end(lm):
    prompt, more = [1, 357, 347], [356, 2]
    assert lm.continuation(prompt, more) == " sun"
    assert lm.continuation([1], []) == ""


def test_next_logits_are_those_of_one_pass(lm):
    ids = [1, 356, 357, 12, 300]
    for t in range(1, 6):
        got = lm.next_logits(ids[:t])
        assert got.dtype == np.float64 and got.shape == (365,)
        np.testing.assert_allclose(got, lm.logits(ids)[t - 1], atol=2e-5)


@pytest.mark.parametrize("backend", ["ours", "transformers"])
def test_next_logits_do_not_depend_on_what_was_asked_before(checkpoint, backend):
    prefixes = [[1, 5, 6, 7], [1], [1, 5, 9], [1, 5, 6], list(range(1, 90)), [1, 5]]
    fresh = [
        LanguageModel.load(checkpoint, backend).next_logits(prefix)
        for prefix in prefixes
    ]
    used = LanguageModel.load(checkpoint, backend)
    for _ in range(2):
        for prefix, expected in zip(prefixes, fresh, strict=True):
            assert np.array_equal(used.next_logits(prefix), expected)


def test_next_logits_are_the_callers_own(lm):
    lm.next_logits([1, 5])[:] = 0.0
    assert lm.next_logits([1, 5]).any()


def test_no_prefix_and_too_long_a_prefix_are_refused(lm):
    with pytest.raises(ValueError, match=r"the empty prompt is \[BOS\]"):
        lm.next_logits([])
    with pytest.raises(ValueError, match="129 ids, and the model has 128 positions"):
        lm.next_logits([1] * 129)


def test_an_unknown_backend_is_refused(checkpoint):
    with pytest.raises(ValueError, match="'ours' or 'transformers', got 'jax'"):
        LanguageModel.load(checkpoint, backend="jax")


def test_bounds_and_claims_hold_for_the_shipped_model_only(lm):
    shipped = LanguageModel(lm.model, lm.tokenizer, "book", shipped=True)
    assert (shipped.bound(3.0), lm.bound(3.0)) == (3.0, None)
    assert shipped.claim("true", np.True_) is True and lm.claim("false", 0) is False
    with pytest.raises(ClaimError, match="shipped model: it never loops"):
        shipped.claim("it never loops", False)


@pytest.fixture
def checkout(tmp_path, checkpoint, monkeypatch):
    """A checkout whose shipped model is the tiny one, seen from the folder of a page."""
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "docstrings").symlink_to(checkpoint)
    (tmp_path / "book" / "llama").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "book" / "llama")
    monkeypatch.delenv("LLAMA", raising=False)
    return tmp_path


def test_the_live_model_is_the_shipped_one(checkout):
    lm = live()
    assert (lm.name, lm.shipped) == ("docstrings", True)


def test_llama_names_another_one(checkout, checkpoint, monkeypatch, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    for file in checkpoint.iterdir():
        (other / file.name).symlink_to(file)
    monkeypatch.setenv("LLAMA", str(other))
    lm = live()
    assert (lm.name, lm.shipped) == ("other", False)
    monkeypatch.setenv("LLAMA", str(checkout / "models" / "docstrings"))
    assert live().shipped


def test_a_missing_model_is_named_with_the_remedy(checkout, monkeypatch):
    monkeypatch.setenv("LLAMA", str(checkout / "nowhere"))
    with pytest.raises(FileNotFoundError, match="none in .*nowhere: .*`make model`"):
        live()
    monkeypatch.delenv("LLAMA")
    (checkout / "models" / "docstrings").unlink()
    with pytest.raises(FileNotFoundError, match="none in models/docstrings"):
        live()


def test_what_is_no_llama_is_refused(checkout, monkeypatch, tmp_path):
    other = tmp_path / "bert"
    other.mkdir()
    (other / "config.json").write_text(json.dumps({"model_type": "bert"}))
    monkeypatch.setenv("LLAMA", str(other))
    with pytest.raises(ValueError, match="expected a Llama in .*bert.*, got 'bert'"):
        live()
