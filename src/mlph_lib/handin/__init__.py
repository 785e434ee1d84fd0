"""The hand-in of a group of two: notebook, PDF and manifest from the book's answers."""

from mlph_lib.handin.bundle import hand_in

__all__ = ["hand_in"]
