"""Citations as author and year, and the list of what is cited."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from pybtex.database import parse_file
from pybtex.richtext import Text

__all__ = ["Citations"]

# where a work is found: the first of these that its entry has
PLACES = ("shortjournal", "journal", "booktitle", "howpublished", "publisher", "note", "url")


class Citations:
    """The book's bibliography, and which of its entries were cited.

    Args:
        files: BibTeX files.
    """

    def __init__(self, files: Iterable[Path]) -> None:
        self.entries = {}
        for file in files:
            self.entries |= dict(parse_file(str(file), "bibtex").entries)
        self.used: list[str] = []

    def cite(self, keys: str, textual: bool) -> str:
        """``Massart (1990)`` where textual, else ``(Massart, 1990)``.

        Raises:
            ValueError: if a key is in no file.
        """
        told = [self._label(key.strip()) for key in keys.split(",")]
        if textual:
            return " and ".join(f"{author} ({year})" for author, year in told)
        return f"({'; '.join(', '.join(pair) for pair in told)})"

    def _label(self, key: str) -> tuple[str, str]:
        if key not in self.entries:
            raise ValueError(f"no entry {key!r} in the book's bibliography")
        if key not in self.used:
            self.used.append(key)
        return self._author(key), self._year(key)

    def _author(self, key: str) -> str:
        entry = self.entries[key]
        people = entry.persons.get("author") or entry.persons.get("editor") or []
        last = ["".join(map(str, person.rich_last_names)) for person in people]
        if not last:
            return self._text(key, "title")
        if len(last) > 2:
            return f"{last[0]} et al."
        return " and ".join(last)

    def _year(self, key: str) -> str:
        """The year, with a letter where one author and year is cited twice."""
        year, author = self.entries[key].fields.get("year", "n.d."), self._author(key)
        same = [
            other for other in self.entries
            if self._author(other) == author
            and self.entries[other].fields.get("year", "n.d.") == year
        ]
        return year + (chr(ord("a") + same.index(key)) if len(same) > 1 else "")

    def listed(self) -> list[str]:
        """A short line of Markdown for each cited entry, by author and year."""
        order = sorted(self.used, key=lambda key: (self._author(key), self._year(key)))
        return [f"{self._author(k)} ({self._year(k)}): {self._told(k)}." for k in order]

    def _told(self, key: str) -> str:
        """Title, and where it was published: what one needs to find it."""
        fields = self.entries[key].fields
        title = "shorttitle" if "shorttitle" in fields else "title"
        told = [f"*{self._text(key, title)}*"]
        told += [self._text(key, name) for name in PLACES if name in fields]
        return ", ".join(told[:2])

    def _text(self, key: str, field: str) -> str:
        text = Text.from_latex(self.entries[key].fields[field]).render_as("text")
        return " ".join(text.split()).rstrip(".")
