"""The tokenizer: Llama 2's layout, any text there and back, transformers' loading."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from transformers import AutoTokenizer

from mlph_lib.shipped.tokenizer import ASCII, BYTES, SPACE, SPECIALS, save, train_tokenizer

TEXTS = [
    f"{verb} the {thing} of {what}.\n\n    Args:\n        x: 12 values."
    for verb in ("Return", "Compute", "Draw", "Sort")
    for thing in ("mean", "largest element", "rows")
    for what in ("a table", "the given array", "each column")
]
SIZE = 420
TOKENIZER = train_tokenizer(TEXTS, SIZE)
NASTY = [
    "", " ", "  ", "\n", "\n\n", " \n ", "\t", "\r\n", "a ", " a", "  a  b", "x\0y",
    "Zoë", "e\u0301", "日本語", "👩‍👩‍👧", "\u2028", "\ufeff", "\u00a0", "\U0010ffff",
    "12345", "-1e-5", "def f(x):\n    return x\n", "<0x0A>", "<unknown>", "</ s>",
    "a" * 2000, " " * 300, "\n" * 50, "``x``::\n\n    >>> f()\n    1",
]


def test_the_layout_is_llama_2s():
    assert TOKENIZER.get_vocab_size() == SIZE
    assert [TOKENIZER.id_to_token(i) for i in range(3)] == SPECIALS
    assert [TOKENIZER.id_to_token(3 + b) for b in range(256)] == BYTES
    assert TOKENIZER.token_to_id("<0x0A>") == 13
    assert {TOKENIZER.id_to_token(i) for i in range(259, 259 + len(ASCII))} == set(ASCII)


def test_bos_is_put_before_and_a_newline_is_13():
    assert TOKENIZER.encode("").ids == [1]
    space = TOKENIZER.token_to_id(SPACE)
    assert TOKENIZER.encode("\n").ids == [1, space, 13]
    assert TOKENIZER.encode("the the").tokens == ["<s>", SPACE + "the", SPACE + "the"]
    assert TOKENIZER.encode("a", "b").ids.count(1) == 2


def test_digits_stand_alone_and_indentation_is_one_piece():
    assert TOKENIZER.encode("1234").tokens[1:] == [SPACE, "1", "2", "3", "4"]
    indented = TOKENIZER.encode("x\n" + 5 * " " + "Args").tokens
    assert indented[3:] == [SPACE * 4, SPACE + "Args"]


def test_no_piece_reaches_over_a_line_or_a_digit():
    pieces = [TOKENIZER.id_to_token(i) for i in range(259, SIZE)]
    assert not any("\n" in p or " " in p for p in pieces)
    assert not any(len(p) > 1 and any(c.isdigit() for c in p) for p in pieces)
    assert any(len(p) > 5 for p in pieces)


@pytest.mark.parametrize("text", NASTY, ids=ascii)
def test_nasty_texts_come_back(text):
    ids = TOKENIZER.encode(text).ids
    assert TOKENIZER.decode(ids) == text
    assert 0 not in ids, "nothing is unknown: there are bytes for it"


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters=SPACE)))
def test_any_text_comes_back(text):
    whole = any(mark in text for mark in SPECIALS)
    assert whole or TOKENIZER.decode(TOKENIZER.encode(text).ids) == text


@pytest.mark.parametrize("text, back", [(f"a{SPACE}b", "a b"), ("a<s>b", "a b")])
def test_what_does_not_come_back_is_known(text, back):
    # As with Llama 2: the space mark is a space, and a special token is no text.
    assert TOKENIZER.decode(TOKENIZER.encode(text).ids) == back


@pytest.mark.parametrize("text", NASTY, ids=ascii)
def test_transformers_reads_it_alike(text, tmp_path_factory):
    theirs = loaded(tmp_path_factory.getbasetemp() / "shipped-tokenizer")
    ids = TOKENIZER.encode(text).ids
    assert theirs.encode(text) == ids
    assert theirs.decode(ids, skip_special_tokens=True) == text


def loaded(folder):
    if not folder.exists():
        folder.mkdir()
        save(TOKENIZER, folder, 128)
    return AutoTokenizer.from_pretrained(folder, local_files_only=True)


def test_transformers_knows_the_special_tokens(tmp_path):
    theirs = loaded(tmp_path / "new")
    assert (theirs.bos_token_id, theirs.eos_token_id, theirs.unk_token_id) == (1, 2, 0)
    assert len(theirs) == SIZE and theirs.model_max_length == 128


def test_same_texts_same_tokenizer():
    assert train_tokenizer(TEXTS, SIZE).to_str() == TOKENIZER.to_str()
    assert train_tokenizer(TEXTS[:9], SIZE).to_str() != TOKENIZER.to_str()


def test_texts_too_few_for_the_vocabulary_give_a_smaller_one():
    assert train_tokenizer(["ab"], SIZE).get_vocab_size() < SIZE


@pytest.mark.parametrize("size", [0, 258, 353])
def test_a_vocabulary_too_small_is_refused(size):
    least = len(SPECIALS) + len(BYTES) + len(ASCII)
    with pytest.raises(ValueError, match=f"at least {least} .*got {size}"):
        train_tokenizer(TEXTS, size)
    assert json.loads(train_tokenizer(TEXTS, least).to_str())["model"]["merges"] == []
