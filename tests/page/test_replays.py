"""A replayed answer is never shown without where it comes from."""

from __future__ import annotations

from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from mlph_lib.page import ask, replays
from mlph_lib.page.replays import ProvenanceLine
from mlph_lib.recordings import Provenance, Recordings, UnknownRequestError

ROOT = Path(__file__).resolve().parents[2] / "recordings"


def embedding(lm, text):
    """A question that a live model answers with the model itself."""
    return {"ids": lm}


@pytest.fixture
def shown(monkeypatch):
    seen = []
    monkeypatch.setattr(replays, "display", seen.append)
    return seen


def test_a_replayed_answer_shows_its_line(shown):
    answer = ask(embedding, Recordings("llama-2-7b-chat", root=ROOT), text="sun")
    assert answer["ids"].tolist() == [1, 6575]
    assert [str(line) for line in map(repr, shown)] == [str(answer.provenance)]


def test_a_live_answer_shows_nothing(shown):
    assert ask(embedding, 3, text="sun") == {"ids": 3} and shown == []


def test_an_error_shows_nothing(shown):
    with pytest.raises(UnknownRequestError):
        ask(embedding, Recordings("llama-2-7b-chat", root=ROOT), text="moon")
    assert shown == []


def line(**changes) -> dict[str, str]:
    told = {
        "recording": "toy/a", "kind": "measured", "model": "A <b> & *c*_d_",
        "dtype": "float16", "device_kind": "cuda", "device_name": None,
        "when": None, "by": "[x](y) $z$ {w} `v`", "source": None,
    }
    return ProvenanceLine(Provenance(**told | changes))._repr_mimebundle_()


def test_the_html_names_the_recording_and_escapes_the_rest():
    markup = line()["text/html"]
    assert markup.startswith('<p class="provenance" data-recording="toy/a">')
    assert "Model: A &lt;b&gt; &amp; *c*_d_, float16." in markup
    for words in ("Device: cuda, name not recorded.", "When: not recorded."):
        assert words in markup
    assert "<b>" not in markup
    assert 'data-recording="a&quot;b"' in line(recording='a"b')["text/html"]


def test_print_and_text_say_the_same_words():
    bundle = line(source="o/r, commit 7b3801d, a_b.ipynb")
    printed = MarkdownIt().parse(bundle["text/markdown"])[1].children
    assert [token.type for token in printed] == ["em_open", "text", "em_close"]
    assert printed[1].content == bundle["text/plain"]
    assert bundle["text/plain"].endswith(": o/r, commit 7b3801d, a_b.ipynb.")
