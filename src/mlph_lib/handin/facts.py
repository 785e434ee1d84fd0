"""What is told of a hand-in: in its manifest, on its title page, in its first cell."""

from __future__ import annotations

import datetime
import hashlib
import os
import re
import subprocess
from pathlib import Path
from typing import Any

from mlph_lib.handin.draft import EXERCISES
from mlph_lib.handin.names import in_markdown
from mlph_lib.handin.sections import TASKS, Section

__all__ = ["facts_of", "first_cell", "long_date", "sha256", "title_note"]

MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August",
    "September", "October", "November", "December",
)

IN_NOTEBOOK = (
    "What the cells call of it is shown with each answer: functions that they import are "
    "defined above them, and what they reach through a module or an object is printed "
    "behind them."
)
IN_PRINT = (
    "The practical exercises 2a, 2b and 3b are printed with their code and its output, "
    "and the main functions that they call at the end. The code of 1a and 1b draws the "
    "figures and counts the operations; it stands in the notebook alone."
)


def facts_of(
    root: Path, names: tuple[str, str], day: datetime.date, sections: list[Section]
) -> dict[str, Any]:
    """What the manifest, the title page and the first cell say."""
    samples, answered = os.environ["SAMPLES"], {s.task for s in sections}
    return {
        "course": "Machine Learning and Physics",
        "sheet": 9,
        "names": list(names),
        "date": day.isoformat(),
        "commit": _git(root, "rev-parse", "HEAD") or "not recorded",
        "repository": _address(_git(root, "remote", "get-url", "origin")),
        "uncommitted_changes": bool(
            _git(root, "status", "--porcelain", "--untracked-files=no")
        ),
        "samples": sha256(Path(samples)) if samples else "own draws from p(x) = x/2",
        "model": Path(os.environ.get("LLAMA") or "models/docstrings").name,
        "answers": {s.task: s.page.relative_to(root).as_posix() for s in sections},
        "not_answered": [task for task in TASKS if task not in answered],
    }


def first_cell(facts: dict[str, Any], sections: list[Section]) -> str:
    """The notebook's title: names, date, what it is, and the tasks with their points."""
    rows = "\n".join(
        f"| {s.task} | {EXERCISES[s.task[0]]} | {s.points}{' (bonus)' * s.bonus} |"
        for s in sections
    )
    return (
        "# Machine Learning and Physics, sheet 9\n\n"
        f"**{'** and **'.join(map(in_markdown, facts['names']))}**, "
        f"{long_date(datetime.date.fromisoformat(facts['date']))}\n\n"
        f"{' '.join(_note(facts, IN_NOTEBOOK))}\n\n"
        "To run it again, open it in the environment of the book (`make lab`).\n\n"
        f"| Task | Exercise | Points |\n|:--|:--|:--|\n{rows}"
    )


def _note(facts: dict[str, Any], where: str) -> list[str]:
    """What a reader must know of the whole, in sentences."""
    commit = f"commit {facts['commit'][:12]}"
    commit += ", changed" if facts["uncommitted_changes"] else ""
    if facts["repository"]:
        commit = f"{facts['repository']}, {commit}"
    ran = (
        "on own draws from the same law; with `SAMPLES=path` the same cells run on the "
        "course's `sheet09/data/samples_1d.npy`"
        if facts["samples"].startswith("own") else "on the course's `samples_1d.npy`"
    )
    told = [
        "Each solution is the answer section of our executable book *One Uniform "
        f"Number* ({commit}). `mlph_lib` is the book's library, installed by its `make`.",
        where,
        f"3b was run {ran}.",
    ]
    missing = facts["not_answered"]
    return [*told, f"Not answered: {', '.join(missing)}."] if missing else told


def title_note(facts: dict[str, Any]) -> str:
    """The note in print, where the code of theory is left out."""
    text = " ".join(_note(facts, IN_PRINT))
    text = text.replace("_", r"\_")
    text = re.sub(r"`([^`]*)`", r"\\texttt{\1}", text)
    return re.sub(r"\*([^*]*)\*", r"\\emph{\1}", text)


def long_date(day: datetime.date) -> str:
    """20 December 2024, in English whatever the machine speaks.

    Example:
        >>> long_date(datetime.date(2024, 12, 5))
        '5 December 2024'
    """
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def _address(remote: str) -> str:
    """A repository's address for a browser; nothing if it has none, or holds a secret.

    Example:
        >>> _address("git@example.org:two/book.git"), _address("https://a:b@c.org/d")
        ('https://example.org/two/book', '')
        >>> _address("/home/two/book")
        ''
    """
    remote = re.sub(r"^git@([^:/]+):", r"https://\1/", remote).removesuffix(".git")
    return remote if re.fullmatch(r"https://[\w.:-]+/[\w./-]+", remote) else ""


def _git(root: Path, *command: str) -> str:
    asked = subprocess.run(["git", "-C", root, *command], capture_output=True, text=True)
    return asked.stdout.strip()


def sha256(file: Path) -> str:
    """The digest of a file, in hexadecimal."""
    with open(file, "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
