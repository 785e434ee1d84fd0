"""What `mlph new-chapter` writes builds without a warning, its numbers in place."""

from __future__ import annotations

from mlph_lib.page.new_chapter import new_chapter


def test_a_new_chapter_builds(little):
    (little.root / "book/index.md").write_text("(symbols)=\n# Little book\n")
    (little.root / "_toc.yml").write_text(
        "format: jb-book\nroot: index\nparts:\n  - caption: Only part\n"
        "    numbered: 2\n    chapters:\n      - file: only/one\n"
    )
    little.page.unlink()
    (little.root / "book" / "only").mkdir()
    (little.root / "book/only/one.md").write_text("# One\n")
    new_chapter("only/two", "Two", little.root)
    done = little.build()
    assert done.returncode == 0, done.stdout + done.stderr
    html = little.html("only/two")
    assert 'id="two-quarter"' in html and "try_number(" not in html
