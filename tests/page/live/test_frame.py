"""Data stay data: no piece of text becomes a tag, an address or a place holder."""

import json

import pytest
from mlph_lib.page.live.frame import as_data, assemble, check_key, quoted

HOSTILE = ["</script><script>alert(1)", "$key $$", 'src="//x"', "<!--", "\u2028"]


@pytest.mark.parametrize("words", HOSTILE)
def test_hostile_words_come_back_as_they_were(words, taken_apart):
    markup = assemble(
        "k", "A drawing.", 9, [f'<text id="$key-t">{quoted(words)}</text>'], [],
        "", f"var data = {as_data([words])};",
    )  # fmt: skip
    page = taken_apart(markup)
    assert page.text_of["k-t"] == words and not page.open
    (script,) = page.texts["script"]
    assert json.loads(script.split("var data = ")[1].removesuffix(";")) == [words]


def test_data_ask_no_other_host():
    assert "//" not in as_data(HOSTILE) and "src=" not in quoted(HOSTILE[2])


@pytest.mark.parametrize("key", ["a", "box-muller-2"])
def test_good_keys_pass(key):
    check_key(key)
