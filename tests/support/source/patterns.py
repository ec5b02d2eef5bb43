"""Adversarial texts for regular expressions, derived by repeating the repeatable parts of each.

A pattern is slow on a text if, at many places, it reads far and then fails: `a[^ ]*b` on `aaaa…`. Such texts consist of
a part of the pattern, repeated, between a beginning that fits the pattern and an end that does not.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

_parser: Any = re._parser  # the parse tree has no public interface
_compiler: Any = re._compiler  # type: ignore[attr-defined]

EXAMPLES = 3  # per part of a pattern
_CHARACTERS = "a0 \n\t\"'.,/=-A\0é\N{SNOWMAN}\u4e00"
_ENDS = ("", "\0", "\n", "!")


@dataclass(frozen=True)
class Attack:
    """A text of any length: `unit` is repeated between `before` and `after`."""

    before: str
    unit: str
    after: str

    def text(self, times: int) -> str:
        return self.before + self.unit * times + self.after


def attacks_on(pattern: re.Pattern[Any]) -> set[Attack]:
    """The attacks on a pattern. Those on a pattern of bytes are text in ISO 8859-1."""
    source = pattern.pattern
    text = source.decode("latin-1") if isinstance(source, bytes) else source
    flags = pattern.flags & ~re.DEBUG | (re.ASCII if isinstance(source, bytes) else 0)
    tree = _parser.parse(text, flags & (re.ASCII | re.IGNORECASE | re.DOTALL | re.MULTILINE | re.VERBOSE))
    # Characters of the pattern itself first: they lead from one of its parts into another.
    return set(_attacks(list(tree), _Examples(tree, [*_literals(tree), *_CHARACTERS])))


def _attacks(parts: list[Any], examples: "_Examples") -> Iterator[Attack]:
    units = sorted(set(_units(parts, examples)))
    firsts = [examples.of(part)[0] for part in parts]
    whole = "".join(firsts)
    starts = {"".join(firsts[:at]) for at, _ in enumerate(parts) if not _is_literal(parts[at])} | {"", whole}
    for before, unit, after in product(sorted(starts), units, (*_ENDS, whole)):
        yield Attack(before, unit, after)


def _units(parts: list[Any], examples: "_Examples") -> Iterator[str]:
    """Examples of every sequence of parts, on each level of the pattern."""
    for start, end in _ranges(parts):
        found = [examples.of(part) for part in parts[start:end]]
        for number in range(EXAMPLES):
            unit = "".join(texts[min(number, len(texts) - 1)] for texts in found)
            if unit:
                yield unit
    for part in parts:
        for inner in _inside(part):
            yield from _units(list(inner), examples)


def _ranges(parts: list[Any]) -> Iterator[tuple[int, int]]:
    """The beginnings and ends of sequences of parts; a word of literal characters is not cut."""
    cuts = [at for at in range(len(parts) + 1) if not all(map(_is_literal, parts[max(at - 1, 0) : at + 1]))]
    cuts = sorted({0, *cuts, len(parts)})
    return ((start, end) for start in cuts for end in cuts if start < end)


def _is_literal(part: Any) -> bool:
    return str(part[0]) == "LITERAL"


def _inside(part: tuple[Any, Any]) -> list[Any]:
    """The sequences within a part."""
    name, value = str(part[0]), part[1]
    if name in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
        return [value[2]]
    if name == "SUBPATTERN":
        return [value[3]]
    if name == "ATOMIC_GROUP":
        return [value]
    if name in ("ASSERT", "ASSERT_NOT"):
        return [value[1]]
    return list(value[1]) if name == "BRANCH" else []


class _Examples:
    """Texts that parts of a pattern match."""

    def __init__(self, tree: Any, characters: list[str]) -> None:
        self._state = tree.state
        self._characters = list(dict.fromkeys(characters))
        self._known: dict[str, list[str]] = {}

    def of(self, part: Any) -> list[str]:
        key = repr(part)
        if key not in self._known:
            self._known[key] = list(dict.fromkeys(self._found(part)))[:EXAMPLES] or [""]
        return self._known[key]

    def _found(self, part: Any) -> list[str]:
        name, value = str(part[0]), part[1]
        if name == "LITERAL":
            return [chr(value)]
        if name in ("IN", "NOT_LITERAL", "ANY"):
            one = _compiler.compile(_parser.SubPattern(self._state, [part]))
            return [character for character in self._characters if one.fullmatch(character)]
        if name in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
            return [text * max(int(value[0]), 1) for text in self._sequence(value[2])]
        if name == "BRANCH":
            return [text for branch in value[1] for text in self._sequence(branch)[:1]]
        inner = [] if name in ("ASSERT", "ASSERT_NOT") else _inside(part)
        return [text for sequence in inner for text in self._sequence(sequence)]

    def _sequence(self, parts: Any) -> list[str]:
        found = [self.of(part) for part in parts]
        return ["".join(texts[min(number, len(texts) - 1)] for texts in found) for number in range(EXAMPLES)]


def _literals(tree: Any) -> Iterator[str]:
    for part in tree:
        if str(part[0]) == "LITERAL":
            yield chr(part[1])
        if str(part[0]) == "IN":
            yield from (chr(value) for name, value in part[1] if str(name) == "LITERAL")
            yield from (chr(value[0]) for name, value in part[1] if str(name) == "RANGE")
        for inner in _inside(part):
            yield from _literals(inner)
