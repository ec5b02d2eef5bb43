"""How pages write sizes, numbers and times."""

import re
from datetime import UTC, date, datetime

from chalicelib.domain.storage.sizes import human

MAX_WORDS = 32  # that are marked
_WORD = re.compile(r"\w+")


def count(number: int | None, singular: str, plural: str = "") -> str:
    """A number of things, as in 1 node or 1,200 nodes."""
    return f"{number or 0:,} {singular if number == 1 else plural or f'{singular}s'}"


def moment(value: datetime | str | int | float) -> datetime:
    """A time as UTC; a number is in seconds since 1970, a text as the API writes it."""
    if isinstance(value, int | float):
        return datetime.fromtimestamp(value, UTC)
    found = datetime.fromisoformat(value) if isinstance(value, str) else value
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)


def iso(value: datetime | str | int | float) -> str:
    """A time as the attribute `datetime` of the element time has it."""
    return moment(value).strftime("%Y-%m-%dT%H:%M:%SZ")


def utc(value: datetime | str | int | float) -> str:
    """A time for readers without scripts."""
    found = moment(value)
    return f"{found.day} {found:%B %Y, %H:%M} UTC"


def marked(text: str, keywords: str) -> list[tuple[str, bool]]:
    """A text in parts, each with whether it is a word that begins with one of the keywords."""
    words = tuple(dict.fromkeys(_WORD.findall(keywords.casefold())))[:MAX_WORDS]
    if not words:
        return [(text, False)]
    parts, end = [], 0
    for found in _WORD.finditer(text):
        if found[0].casefold().startswith(words):
            parts += [(text[end : found.start()], False), (found[0], True)]
            end = found.end()
    return [(part, is_match) for part, is_match in [*parts, (text[end:], False)] if part]


def day(value: str) -> str:
    """A day as the API writes it, in words."""
    found = date.fromisoformat(value)
    return f"{found.day} {found:%B %Y}"


def left(seconds: int | None) -> str:
    """The time that a task will still take, in plain words; "" if it is not known. `progress.js` says the same."""
    if seconds is None:
        return ""
    minutes = int(seconds / 60 + 0.5)
    if minutes < 2:
        return "about a minute left" if minutes else "less than a minute left"
    hours = int(minutes / 60 + 0.5)
    if minutes < 60:
        return f"about {minutes} minutes left"
    return f"about {hours} hours left" if hours > 1 else "about an hour left"


FILTERS = {"marked": marked, "size": human, "count": count, "iso": iso, "utc": utc, "day": day, "left": left}
