"""Pieces on a page: nothing unseen, nothing that breaks the page or the font."""

import sys
import unicodedata

import pytest
from mlph_lib.page.pieces import in_font, in_markup, visible


@pytest.mark.parametrize(
    ("piece", "shown"),
    [
        ("▁the", "␣the"),
        (" a b", "␣a␣b"),
        ("\n\n", "↵↵"),
        ("<0x09>", "⇥"),
        ("<0x24>", "$"),
        ("<0x7F>", "<U+007F>"),
        ("<0xE2>", "<0xE2>"),
        ("\r\x00\u200b", "<U+000D><U+0000><U+200B>"),
        ("</s>", "</s>"),
        ("", "∅"),
    ],
)
def test_spaces_breaks_and_controls_are_seen(piece, shown):
    assert visible(piece) == shown


def test_the_mark_of_a_space_may_be_a_space():
    assert visible("▁a b", space=" ") == " a b"


def test_every_letter_of_the_plane_is_printable_or_boxed():
    letters = "".join(map(chr, range(0x20, 0x3000)))
    printed = in_font(letters)
    assert len(printed) == len(letters) and in_font(printed) == printed
    assert not any(map(unicodedata.combining, printed))
    assert printed[: 0x7F - 0x20] == letters[: 0x7F - 0x20]
    assert in_font(chr(sys.maxunicode)) == "▯"


def test_markup_of_words_has_no_tag_and_no_attribute():
    assert in_markup("<a href='//x'>&$") == "&lt;a href&#61;&#x27;//x&#x27;&gt;&amp;$"
