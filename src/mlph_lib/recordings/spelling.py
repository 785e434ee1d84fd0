"""What the pieces of a SentencePiece vocabulary spell, told without a tokenizer."""

from __future__ import annotations

import re
from collections.abc import Sequence

__all__ = ["spell", "spells"]

BYTE = re.compile("<0x([0-9A-F]{2})>")
MARK = re.compile("<[^>]+>")


def spell(pieces: Sequence[str]) -> str:
    """The text of pieces: ``▁`` is a space, ``<0xC3><0xA9>`` is é, the rest itself.

    Bytes in a row are read together as UTF-8; if they are none, each becomes U+FFFD,
    as tokenizers' ByteFallback does.

    Example:
        >>> spell(["▁My", "▁caf", "<0xC3>", "<0xA9>", "</s>"])
        ' My café</s>'
    """
    text, pending = "", b""
    for piece in [*pieces, ""]:
        byte = BYTE.fullmatch(piece)
        if byte:
            pending += bytes.fromhex(byte[1])
            continue
        text, pending = text + _read(pending) + piece.replace("▁", " "), b""
    return text


def spells(pieces: Sequence[str], text: str) -> bool:
    """Whether pieces spell a text, up to its first space and a last special token.

    A decoder drops the space that every first word carries; the text of a
    continuation leaves the mark of its end out.

    Example:
        >>> spells(["▁sun", "</s>"], "sun"), spells(["▁sun"], "moon")
        (True, False)
    """
    endings = [pieces]
    if pieces and MARK.fullmatch(pieces[-1]) and not BYTE.fullmatch(pieces[-1]):
        endings.append(pieces[:-1])
    written = [spell(each) for each in endings]
    return any(text in (whole, whole.removeprefix(" ")) for whole in written)


def _read(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return "�" * len(data)
