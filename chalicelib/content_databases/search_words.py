"""From what a person types to what SQLite's full text search is asked."""

import re

MAX_WORDS = 32  # those that follow say hardly more

# Chinese and Japanese are written without spaces: each of their characters is a word of its own.
_UNSPACED = re.compile("[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")


def spaced(text: str) -> str:
    """Text with spaces where words end."""
    return _UNSPACED.sub(r" \g<0> ", text)


def match_of(keywords: str, author: str) -> str:
    """What a node must match: words that begin with all the keywords, and an author of whom that is so.

    Empty where neither has a word. Every word is quoted, so that nothing in it is taken for syntax.
    """
    asked = [_all_of(keywords), f"author : ({words})" if (words := _all_of(author)) else ""]
    return " AND ".join(f"({one})" for one in asked if one)


def _all_of(text: str) -> str:
    words = list(dict.fromkeys(text.split()))[:MAX_WORDS]
    return " ".join('"{}"*'.format(spaced(word).replace('"', '""')) for word in words)
