"""Search terms: conversion to queries of SQLite's full-text search, and the part of a text around them."""

import re

MAX_WORDS = 32  # further words are ignored
MAX_SUMMARY = 400  # characters of a description that the index keeps
SNIPPET = 200  # characters, about
_BEFORE = 60  # characters of a snippet before the first match

# Chinese and Japanese have no spaces between words, so each character is indexed as a word.
_WORD = re.compile(r"\w+")
_UNSPACED = re.compile("[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")


def spaced(text: str) -> str:
    """Insert spaces around characters that count as separate words."""
    return _UNSPACED.sub(r" \g<0> ", text)


def match_of(keywords: str, author: str) -> str:
    """Build a full-text query: a node must contain words that start with all keywords, and so must its author.

    "" if there is neither a keyword nor an author. Every word is quoted, so that it is never parsed as syntax.
    """
    terms = [_all_of(keywords), f"author : ({words})" if (words := _all_of(author)) else ""]
    return " AND ".join(f"({term})" for term in terms if term)


def _all_of(text: str) -> str:
    words = list(dict.fromkeys(text.split()))[:MAX_WORDS]
    return " ".join('"{}"*'.format(spaced(word).replace('"', '""')) for word in words)


def summary(text: str) -> str:
    """A description on one line, cut at a space if it is longer than MAX_SUMMARY."""
    line = " ".join(text.split())
    return line if len(line) <= MAX_SUMMARY else f"{_whole_words(line[:MAX_SUMMARY])} …"


def snippet(text: str, keywords: str) -> str:
    """About SNIPPET characters of a text around the first word that begins with a keyword, or its beginning."""
    words = tuple(dict.fromkeys(_WORD.findall(keywords.casefold())))[:MAX_WORDS]
    found = next((word for word in _WORD.finditer(text) if word[0].casefold().startswith(words)), None)
    start = max(0, found.start() - _BEFORE) if found else 0
    if start:  # at the beginning of a word, if there is one before the match
        start += max(0, text[start : start + _BEFORE].find(" ") + 1)
    part = text[start : start + SNIPPET]
    if start + SNIPPET < len(text):
        part = f"{_whole_words(part)} …"
    return f"… {part}" if start else part


def _whole_words(text: str) -> str:
    return text.rpartition(" ")[0] or text
