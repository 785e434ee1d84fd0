"""The hand-in of a group of two: notebook, PDF and manifest from the book's answers."""
