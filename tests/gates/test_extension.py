"""The pieces of the build extension, one by one."""

from __future__ import annotations

import os
import subprocess

import pytest
from bookext import build, checkpoint
from bookext.execution import dealt
from bookext.inputs import page_digest, reached_modules
from bookext.katex import _call_node
from bookext.site import polish, prune, repository_url


@pytest.fixture
def tree(tmp_path):
    package = tmp_path / "src" / "mlph_lib"
    files = {
        "__init__.py": "",
        "a/__init__.py": "from mlph_lib.a.one import f\n",
        "a/one.py": "from mlph_lib import b\n",
        "a/other.py": "",
        "a/style.txt": "",
        "b/__init__.py": "from . import deep\n",
        "b/deep.py": "",
        "c.py": "",
    }
    for name, text in files.items():
        (package / name).parent.mkdir(parents=True, exist_ok=True)
        (package / name).write_text(text)
    return tmp_path


def page(code: str) -> str:
    return f"# T\n\n```{{code-cell}} ipython3\n:tags: [x]\n{code}\n```\n\ntext\n"


def names(found, tree):
    return sorted(str(f.relative_to(tree / "src" / "mlph_lib")) for f in found)


def test_a_page_reaches_what_its_imports_load(tree):
    found = reached_modules(page("from mlph_lib.a import f"), tree / "src/mlph_lib")
    assert names(found, tree) == [
        "__init__.py", "a/__init__.py", "a/one.py", "a/style.txt",
        "b/__init__.py", "b/deep.py",
    ]


def test_prose_imports_nothing_and_a_broken_cell_everything(tree):
    package = tree / "src/mlph_lib"
    assert reached_modules("from mlph_lib import a", package) == set()
    assert len(reached_modules(page("def ("), package)) == 8


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("src/mlph_lib/a/one.py", True),
        ("src/mlph_lib/b/deep.py", True),
        ("src/mlph_lib/c.py", False),
        ("requirements.txt", True),
        ("benchmarks/results.json", True),
        ("recordings/x.json", True),
        ("data/samples.npy", True),
    ],
)
def test_the_digest_sees_every_input(tree, name, changes):
    source = tree / "page.md"
    source.write_text(page("from mlph_lib.a import f"))
    before = page_digest(source, tree)
    file = tree / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("# changed\nx = 1\n")
    assert (page_digest(source, tree) != before) is changes


def test_the_digest_sees_the_readers_samples(tree, monkeypatch):
    source = tree / "page.md"
    source.write_text(page(""))
    monkeypatch.delenv("SAMPLES", raising=False)
    without = page_digest(source, tree)
    samples = tree / "samples.npy"
    monkeypatch.setenv("SAMPLES", str(samples))
    seen = {without, page_digest(source, tree)}
    for content in (b"1", b"2"):
        samples.write_bytes(content)
        seen.add(page_digest(source, tree))
    assert len(seen) == 4


def test_the_digest_sees_the_readers_checkpoint(tree, monkeypatch):
    source = tree / "page.md"
    source.write_text(page(""))
    monkeypatch.delenv("LLAMA", raising=False)
    seen = [page_digest(source, tree)]
    folder = tree / "llama"
    monkeypatch.setenv("LLAMA", str(folder))
    seen.append(page_digest(source, tree))
    folder.mkdir()
    for name in ("config.json", "tokenizer.json", "model-00001.safetensors"):
        for content in ("1", "2"):
            (folder / name).write_text(content)
            seen.append(page_digest(source, tree))
    (folder / "notes.md").write_text("not part of the model")
    assert len(set(seen)) == len(seen) == 8
    assert page_digest(source, tree) == seen[-1]


def test_a_large_file_is_hashed_once_and_again_when_it_changes(tmp_path, monkeypatch):
    weights, hashed = tmp_path / "llama" / "model.safetensors", []
    weights.parent.mkdir()
    weights.write_text("1")
    sha256 = checkpoint._sha256
    monkeypatch.setattr(
        checkpoint, "_sha256", lambda path: hashed.append(path) or sha256(path)
    )

    def ask() -> str:
        return checkpoint.checkpoint_digest(str(weights.parent), tmp_path / "known")

    assert ask() == ask() and len(hashed) == 1
    os.utime(weights, ns=(1, 1))
    first = ask()
    assert len(hashed) == 2
    weights.write_text("23")
    assert ask() != first and len(hashed) == 3
    (tmp_path / "known").write_text("damaged")
    assert ask() == ask() and len(hashed) == 4


def test_the_readers_files_are_found_from_the_folder_of_a_page(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, value in {**build.STEADY, "SAMPLES": "a.npy", "LLAMA": "llama"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("IPYTHONDIR", "set by main, restored after the test")
    monkeypatch.setattr(build, "build", lambda *_: 1)
    assert build.main(["html", "--root", str(tmp_path)]) == 1
    assert os.environ["SAMPLES"] == str(tmp_path / "a.npy")
    assert os.environ["LLAMA"] == str(tmp_path / "llama")


def test_katex_is_strict():
    good, bad, wrong = _call_node([(r"\R^2", False), (r"\frac{1}", True), ("ä", True)])
    assert "mathbb" in good["html"] and "KaTeX parse error" in bad["error"]
    assert "error" in wrong
    assert _call_node([]) == []


@pytest.mark.parametrize(
    ("remote", "url"),
    [
        ("https://github.com/someone/book.git", "https://github.com/someone/book"),
        ("git@github.com:someone/book.git", "https://github.com/someone/book"),
        ("ssh://git@gitlab.com/group/sub/book", "https://gitlab.com/group/sub/book"),
        ("/a/folder", ""),
        (None, ""),
    ],
)
def test_repository_links_come_from_the_remote(tmp_path, remote, url):
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    if remote:
        subprocess.run(["git", "-C", tmp_path, "remote", "add", "origin", remote])
    assert repository_url(tmp_path) == url


def test_polish_drops_what_asks_other_hosts_and_keeps_the_rest():
    kept = '<script src="_static/doctools.js"></script>\n'
    drop = '<script type="text/x-thebe-config">{"a": "https://unpkg.com"}</script>\n'
    assert polish(kept + drop) == kept


def test_words_that_no_page_has_leave_the_search_index():
    index = 'Search.setIndex({"docnames":["a"],"terms":{"new":0,"old":[]},"titleterms":{}})'
    assert prune(index) == index.replace(',"old":[]', "")


@pytest.mark.parametrize("hands", [1, 2, 3, 20])
def test_every_page_is_dealt_once_and_parts_are_shared(hands):
    pages = [f"{part}/{i}" for part in "abc" for i in range(6)]
    shared = dealt(pages, hands)
    assert sorted(shared) == pages
    size = max(len(pages) // hands, 1)
    for hand in range(min(hands, 6) if hands < 20 else 0):
        own = shared[hand * size : (hand + 1) * size]
        assert [sum(p[0] == part for p in own) for part in "abc"] == [6 // hands] * 3
