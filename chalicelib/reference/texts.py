"""What operations, types, fields and choices mean, in the files of `subjects/`: one for each subject of the API.

A key of a field is its name (`checksum`), which counts wherever it occurs, or the name with that of its type
(`File.id`), which may have a `*` (`*Page.count`). The type of a query parameter is the class of the query or one of its
bases. The most specific key counts: without a `*`, then with one, then the description in the code, then the name.

The files are read when the first description is requested: most instances of the function never need one.
"""

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

FOLDER = Path(__file__).with_name("subjects")
OTHER = "Other"

T = TypeVar("T")


@dataclass(frozen=True)
class Subject:
    """A part of the API: its title, what it is about, and the descriptions of its operations, in their order."""

    slug: str  # the name of its file
    title: str
    order: int
    about: str = ""
    operations: Mapping[str, str] = field(default_factory=dict)  # by `<METHOD> <path>`


@dataclass(frozen=True)
class Texts:
    """All descriptions."""

    subjects: tuple[Subject, ...]
    types: Mapping[str, str]
    fields: Mapping[str, str]
    parameters: Mapping[str, str]  # of paths, by the beginning of the path
    choices: Mapping[str, Mapping[str, str]]  # by field: names by value

    def of_operation(self, operation: str) -> str:
        """The description of an operation, `<METHOD> <path>`; empty if it has none."""
        return next((one.operations[operation] for one in self.subjects if operation in one.operations), "")

    def subject_of(self, operation: str) -> Subject:
        """The subject that describes an operation."""
        return next((one for one in self.subjects if operation in one.operations), Subject("other", OTHER, 999))

    def of_field(self, owners: Iterable[str], name: str, own: str = "") -> str:
        """The description of a field of a type, or of a parameter of a query with these classes."""
        return _specific(self.fields, owners, name) or own or self.fields.get(name, "")

    def of_choices(self, owners: Iterable[str], name: str) -> Mapping[str, str]:
        """The names of the choices of a field, by value."""
        return _specific(self.choices, owners, name) or self.choices.get(name, {})

    def of_parameter(self, path: str, name: str) -> str:
        """The description of a parameter in a path."""
        beginning = path[: path.index(f"{{{name}}}")] + f"{{{name}}}"
        return self.parameters.get(beginning, "")


def _specific(found: Mapping[str, T], owners: Iterable[str], name: str) -> T | None:
    for owner in owners:
        key = f"{owner}.{name}"
        if key in found:
            return found[key]
        for pattern in found:
            if "*" in pattern and fnmatchcase(key, pattern):
                return found[pattern]
    return None


@cache
def load() -> Texts:
    """The descriptions of all files."""
    files = {path.stem: tomllib.loads(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.toml"))}
    subjects = (_subject(slug, file) for slug, file in files.items())
    return Texts(
        subjects=tuple(sorted(subjects, key=lambda one: one.order)),
        **{name: dict(_merged([*files.values()], name)) for name in ("types", "fields", "parameters", "choices")},
    )


def _subject(slug: str, file: dict[str, Any]) -> Subject:
    return Subject(slug, file["title"], file["order"], file["about"], file["operations"])


def _merged(files: list[dict[str, Any]], name: str) -> Iterator[tuple[str, Any]]:
    for file in files:
        yield from file.get(name, {}).items()
