"""Helpers shared by the administrators' lists."""

from typing import Any


def has_all(words: str, *texts: str) -> bool:
    """Whether every word occurs in the texts, ignoring case."""
    text = "\n".join(texts).casefold()
    return all(word in text for word in words.casefold().split())


def counted(value: Any) -> int:
    """Return a stored count, at least 0. It is too low for memberships that are older than the counter."""
    return max(0, int(value))
