"""The server of the built site: compressed, kept by digest, fresh after an edit."""

from __future__ import annotations

import gzip
import os
import threading
from functools import partial
from http.client import HTTPConnection
from http.server import ThreadingHTTPServer

import pytest

from tools.serve import Site

GZIP = {"Accept-Encoding": "gzip"}


class Quiet(Site):
    def log_message(self, *_: object) -> None:
        """Keep the test output to the findings."""


@pytest.fixture
def ask(tmp_path):
    """Asks the server of a little folder; gives status, heads and body."""
    (tmp_path / "part").mkdir()
    (tmp_path / "index.html").write_text("<p>words " * 100)
    (tmp_path / "part" / "index.html").write_text("a part")
    (tmp_path / "plain.bin").write_bytes(b"bytes")
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(tmp_path))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()

        def get(path: str, heads: dict = GZIP, method: str = "GET"):
            line = HTTPConnection("127.0.0.1", server.server_port)
            line.request(method, path, headers=heads)
            answer = line.getresponse()
            return answer.status, answer.headers, answer.read()

        yield get
        server.shutdown()


def test_text_is_compressed_for_who_can_read_it(ask, tmp_path):
    whole = (tmp_path / "index.html").read_bytes()
    status, heads, body = ask("/")
    assert status == 200 and heads["Content-Type"] == "text/html; charset=utf-8"
    assert heads["Content-Encoding"] == "gzip" and gzip.decompress(body) == whole
    status, heads, body = ask("/index.html", heads={})
    assert "Content-Encoding" not in heads and body == whole
    assert ask("/plain.bin")[2] == b"bytes"
    assert ask("/", method="HEAD")[2] == b""


def test_what_names_its_digest_is_kept_and_the_rest_is_asked_for_again(ask):
    assert "immutable" in ask("/index.html?v=1")[1]["Cache-Control"]
    heads = ask("/index.html")[1]
    assert heads["Cache-Control"] == "no-cache"
    again = {**GZIP, "If-Modified-Since": heads["Last-Modified"]}
    assert ask("/index.html", heads=again)[0] == 304


def test_an_edit_is_seen(ask, tmp_path):
    ask("/")
    (tmp_path / "index.html").write_text("new")
    os.utime(tmp_path / "index.html", (2e9, 2e9))
    assert gzip.decompress(ask("/")[2]) == b"new"


def test_a_folder_without_its_slash_is_redirected_so_that_links_hold(ask):
    assert ask("/part")[0] == 301
    assert gzip.decompress(ask("/part/")[2]) == b"a part"


def test_what_is_not_there_is_said_to_be_missing(ask):
    assert ask("/none.html")[0] == ask("/none/")[0] == 404
