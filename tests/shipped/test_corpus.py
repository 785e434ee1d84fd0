"""The corpus: what is read, what is left out, what counts as the same text."""

from __future__ import annotations

import random
import sys

import pytest

from mlph_lib.shipped import corpus as room
from mlph_lib.shipped.corpus import (
    Document,
    corpus,
    digest,
    documents_of,
    licence,
    locked,
    notice,
    repeated,
    sample,
    usable,
)

LONG = "This is a sentence about arrays that is long enough"


def texts(code: str) -> list[str]:
    return list(documents_of(code))


def test_module_class_function_and_coroutine_are_read():
    code = f'''"""{LONG}, in a module."""
class A:
    """{LONG}, in a class."""
    def f(self):
        """{LONG}, in a function."""
    async def g(self):
        """{LONG}, in a coroutine."""
        """{LONG}, in no documentation string."""
x = """{LONG}, in a variable."""
'''
    found = [text.rsplit(" ", 1)[1] for text in texts(code)]
    assert sorted(found) == ["class.", "coroutine.", "function.", "module."]


def test_indentation_is_cleaned_and_kept_inside():
    code = f'def f():\n    """{LONG}.\n\n    Args:\n        x: a number.\n    """\n'
    assert texts(code) == [f"{LONG}.\n\nArgs:\n    x: a number."]


@pytest.mark.parametrize("n, kept", [(31, 0), (32, 1), (1500, 1), (1501, 0)])
def test_lengths(n, kept):
    assert len(texts(f'"""{"a" * n}"""')) == kept


@pytest.mark.parametrize("code", ["def f(:", "\0", "print 'python two'", "x = '\ud800'"])
def test_what_is_no_python_is_passed_over(code):
    assert texts(code) == []


@pytest.mark.parametrize("mark", ["<s>", "</s>", "<unk>"])
def test_texts_with_the_names_of_tokens_are_left_out(mark):
    assert texts(f'"""{LONG} {mark}"""') == []
    assert texts(f'"""{LONG} {mark.upper()}"""') != []


def test_nothing_is_imported(install):
    install("raises", "MIT", {"raises.py": f'"""{LONG}."""\nraise SystemExit\n'})
    assert [d.text for d in corpus(["raises"])] == [f"{LONG}."]
    assert "raises" not in sys.modules


def test_one_of_nearly_equal_texts_is_kept_the_first(install):
    same = [f"{LONG} 1.", f"{LONG.upper()}   23!", f"{LONG}, 4", f"{LONG} more."]
    code = "\n".join(f"def f{i}():\n    '{text}'" for i, text in enumerate(same))
    install("first", "MIT", {"first.py": code})
    install("second", "MIT", {"second.py": code.replace("more", "others")})
    found = [(d.package, d.text) for d in corpus(["first", "second"])]
    assert found == [("first", f"{LONG} 1."), ("first", f"{LONG} more."),
                     ("second", f"{LONG} others.")]


def test_same_files_same_corpus(install):
    files = {f"a/{name}.py": f'"""{LONG} {name * 4}."""' for name in "cab"}
    install("a", "MIT", files)
    found = corpus(["a"])
    assert [d.text[-5] for d in found] == ["a", "b", "c"]
    assert digest(found) == digest(corpus(["a"])) != digest(found[::-1])


def test_files_that_are_not_there_are_passed_over(install):
    site = install("gone", "MIT", {"gone/a.py": f'"""{LONG}."""', "gone/b.py": ""})
    (site / "gone" / "b.py").unlink()
    assert len(corpus(["gone"])) == 1


@pytest.mark.parametrize("words, good", [
    ("MIT", True), ("BSD-3-Clause AND 0BSD", True), ("Apache-2.0", True),
    ("ISC", True), ("PSF-2.0", True), ("MIT AND GPL-3.0-only", False),
    ("LGPL-2.1", False), ("AGPL-3.0", False), ("MPL-2.0 AND MIT", False),
    ("EPL-1.0", False), ("Proprietary", False), ("LIMITED", False), (None, False),
])
def test_licences(words, good, install):
    install("some", words, {"some.py": f'"""{LONG}."""'})
    assert usable("some") is good
    if not good:
        with pytest.raises(ValueError, match="found none.*make model"):
            corpus(["some"])


def test_licences_in_the_older_fields(install):
    site = install("older", None, {"older.py": f'"""{LONG}."""'})
    file = site / "older-1.0.dist-info" / "METADATA"
    head = file.read_text()
    file.write_text(head + "License: MIT License\n and more lines\n")
    assert licence("older") == "MIT License"
    file.write_text(head + "License: a text\nClassifier: License :: OSI Approved :: "
                    "GNU General Public License v2 (GPLv2)\n")
    assert not usable("older")


def test_no_packages_is_an_error():
    with pytest.raises(ValueError, match="expected documentation strings"):
        corpus([])
    with pytest.raises(ValueError, match="found none"):
        corpus(["no-such-package"])


def test_locked_names_come_once_without_versions(tmp_path):
    one, two = tmp_path / "one.txt", tmp_path / "two.txt"
    one.write_text("# x==1\nNumPy==2.4 ; python_version < '3.12' \\\n    --hash=a==b\n"
                   "numpy==2.5\nscikit.learn-x==1\n\nflag>=2\n")
    two.write_text("torch==2.13.0\n")
    assert locked(one, two) == ["numpy", "scikit.learn-x", "torch"]
    with pytest.raises(FileNotFoundError):
        locked(tmp_path / "three.txt")


def documents(n: int) -> list[Document]:
    rng = random.Random(0)
    words = ["".join(rng.choices("abcdefgh", k=6)) for _ in range(n)]
    return [Document("a", f"{LONG} {word}") for word in words]


def test_one_in_32_is_held_out_and_the_package_does_not_matter():
    # Binomial(20000, 1/32): 6.1 standard deviations, false-fail rate 1e-9; and seeded.
    many = documents(20_000)
    held = sum(d.held_out for d in many)
    assert abs(held - 625) < 6.1 * (20_000 / 32 * 31 / 32) ** 0.5
    assert all(d.held_out == Document("b", d.text).held_out for d in many[:99])


def test_copies_of_other_projects_are_told(install):
    places = ["own/_vendored/x/a.py", "own/vendor/b.py", "own/_externals/c.py",
              "own/third_party/d.py", "own/vendors.py"]
    files = {p: f'"""{LONG} {p[-6:-3]} {i * "x"}."""' for i, p in enumerate(places)}
    install("own", "MIT", files)
    assert sum(d.own for d in corpus(["own"])) == 1


def test_a_sample_is_of_own_texts_from_everywhere():
    many = documents(500)
    some = sample([*many, *(d._replace(own=False) for d in many)], 50)
    assert len(set(some)) == 50 and all(d.own for d in some)
    assert some == sample(many[::-1], 50)
    places = [many.index(d) for d in some]
    assert min(places) < 100 and max(places) > 400


def test_repeated_lines_are_counted():
    known = [Document("a", "x = 1\n  shared line")]
    assert repeated(known, known) == 1.0
    assert repeated(known, [Document("a", "nothing of it")]) == 0.0
    assert repeated(known, [Document("a", "\n\nshared line\nshared lime")]) == 0.5


def test_notice_names_version_and_licence(install):
    install("beta", "MIT", {})
    install("alpha", "ISC", {})
    assert notice(["beta", "alpha"]).endswith("\n\nalpha 1.0: ISC\nbeta 1.0: MIT\n")


def test_the_marks_are_the_tokenizers():
    from mlph_lib.shipped.tokenizer import SPECIALS

    assert all(room.MARKS.fullmatch(mark) for mark in SPECIALS)
