"""Conversion of search terms to queries of SQLite's full-text search."""

import re

MAX_WORDS = 32  # further words are ignored

# Chinese and Japanese have no spaces between words, so each character is indexed as a word.
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
