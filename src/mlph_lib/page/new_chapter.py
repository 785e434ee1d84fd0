"""A new chapter that already passes every gate, and its line in the contents."""

from __future__ import annotations

import re
from pathlib import Path

__all__ = ["new_chapter"]

TEMPLATE = Path(__file__).with_name("new_chapter.md")
CHAPTER = re.compile(r"^ +- file: ([\w/-]+)$")


def new_chapter(place: str, title: str, root: Path = Path()) -> Path:
    """Write ``book/PART/NAME.md`` from the template and name it in ``_toc.yml``.

    Args:
        place: "PART/NAME", the part one that has chapters already; the name begins
            the keys of the chapter's figures and numbers.
        title: the heading.
        root: the checkout.

    Returns:
        the new page.

    Raises:
        ValueError: if the place is none, the title empty, or the part not there.
        FileExistsError: if the page is there; it is left alone.

    Example:
        >>> import tempfile
        >>> root = Path(tempfile.mkdtemp())
        >>> _ = (root / "_toc.yml").write_text("chapters:\\n  - file: flows/one\\n")
        >>> new_chapter("flows/two", "Two", root).relative_to(root).as_posix()
        'book/flows/two.md'
        >>> print((root / "_toc.yml").read_text(), end="")
        chapters:
          - file: flows/one
          - file: flows/two
    """
    if not re.fullmatch(r"[a-z][a-z0-9-]*/[a-z][a-z0-9-]*", place):
        raise ValueError(
            f"expected PART/NAME in small letters, digits and hyphens, got {place!r}"
        )
    if not title.strip() or "\n" in title:
        raise ValueError(f"expected a title on one line, got {title!r}")
    toc, page = root / "_toc.yml", root / "book" / f"{place}.md"
    contents = _with_line(toc.read_text(encoding="utf-8"), place)
    text = TEMPLATE.read_text(encoding="utf-8").replace("@title", title.strip())
    page.parent.mkdir(parents=True, exist_ok=True)
    with open(page, "x", encoding="utf-8") as file:  # never over a page
        file.write(text.replace("@name", page.stem))
    toc.write_text(contents, encoding="utf-8")
    return page


def _with_line(contents: str, place: str) -> str:
    """The table of contents with the place behind the last chapter of its part."""
    lines, part = contents.splitlines(), place.partition("/")[0]
    matches = [CHAPTER.match(line) for line in lines]
    chapters = [i for i, m in enumerate(matches) if m and m[1].startswith(f"{part}/")]
    if not chapters:
        parts = {m[1].partition("/")[0] for m in matches if m and "/" in m[1]}
        raise ValueError(
            f"no part {part!r} in _toc.yml; there are {', '.join(sorted(parts))}. "
            "Write a new part there by hand, with its first chapter"
        )
    last = lines[chapters[-1]]
    lines.insert(chapters[-1] + 1, last[: last.index("-")] + f"- file: {place}")
    return "\n".join(lines) + "\n"
