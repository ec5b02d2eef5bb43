"""Adds descriptions and the names of choices to the schemas of an OpenAPI document.

A vocabulary, such as the kinds of content, becomes one type, which the schemas refer to. Its names, and those of other
choices, are in `x-enumDescriptions`, which tools for OpenAPI show.
"""

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from chalicelib.reference.texts import Texts
from chalicelib.schemas import vocabularies

Schema = dict[str, Any]

REFERENCE = "#/components/schemas/"
NAMES = "x-enumDescriptions"
_OPEN = frozenset({"Language"})  # documented without `enum`: stored data may have other codes
_ABOUT = {
    "Kind": "A kind of content.",
    "Preset": "What a file is for.",
    "FileFormat": "A file format: the extension without the dot.",
    "LicenseName": "A licence by name.",
    "LicenseId": "A licence by its ID in le-utils.",
    "Language": "A language of le-utils.",
    "Role": "Who sees something in Kolibri.",
    "QuestionType": "A type of question.",
    "MasteryModel": "When an exercise is mastered.",
    "GradeLevel": "A level.",
    "ResourceType": "A type of resource.",
    "Activity": "What learners do.",
    "Accessibility": "How something is accessible.",
    "Category": "A subject or another category.",
    "Need": "What learners need.",
    "Country": "A country, by its code in ISO 3166.",
}


@cache
def vocabulary_types() -> Mapping[str, Schema]:
    """The schemas of all vocabularies, by name."""
    return {name: _vocabulary(name) for name in vocabularies.VOCABULARIES}


def _vocabulary(name: str) -> Schema:
    names = vocabularies.names(name)
    codes = sorted(names, key=lambda code: (isinstance(code, str), code))
    kind = "integer" if isinstance(codes[0], int) else "string"
    known = {} if name in _OPEN else {"enum": codes}
    return {"type": kind, "description": _ABOUT[name], **known, NAMES: {str(code): names[code] for code in codes}}


def described_types(types: Mapping[str, Schema], texts: Texts) -> dict[str, Schema]:
    """Types by name, with descriptions of themselves and of their fields, and with the vocabularies."""
    return {**{name: _described_type(name, one, texts) for name, one in types.items()}, **vocabulary_types()}


def _described_type(name: str, schema: Schema, texts: Texts) -> Schema:
    about = schema.get("description") or texts.types.get(name, "")
    fields = {field: described_field(one, (name,), field, texts) for field, one in schema.get("properties", {}).items()}
    whole = {**schema, **({"properties": fields} if fields else {})}
    return {**whole, "description": about} if about else whole


def described_field(schema: Schema, owners: Iterable[str], name: str, texts: Texts) -> Schema:
    """A field or parameter with its description, with references to vocabularies, and with the names of choices."""
    owners = tuple(owners)
    text = texts.of_field(owners, name, schema.get("description", ""))
    found: Schema = with_names(with_vocabularies(schema), texts.of_choices(owners, name))
    return {**found, "description": text} if text else found


def with_vocabularies(part: Any) -> Any:
    """A schema in which choices that are those of a vocabulary are references to its type."""
    if isinstance(part, list):
        return [with_vocabularies(one) for one in part]
    if not isinstance(part, dict):
        return part
    name = part.get("x-choices") or (_by_codes().get(frozenset(part["enum"])) if "enum" in part else None)
    if name is None:
        return {key: with_vocabularies(one) for key, one in part.items()}
    own = {key: one for key, one in part.items() if key not in ("type", "enum", "x-choices")}
    return {"$ref": REFERENCE + name, **own}


@cache
def _by_codes() -> Mapping[frozenset[str | int], str]:
    return {frozenset(vocabularies.names(name)): name for name in vocabularies.VOCABULARIES if name not in _OPEN}


def with_names(part: Any, names: Mapping[str, str]) -> Any:
    """A schema in which choices have names: these, or those of the vocabulary that has the other values."""
    if isinstance(part, list):
        return [with_names(one, names) for one in part]
    if not isinstance(part, dict):
        return part
    whole = {key: with_names(one, names) for key, one in part.items()}
    named = {str(value): _name(value, names, part["enum"]) for value in part["enum"]} if "enum" in part else {}
    return {**whole, NAMES: named} if any(named.values()) else whole


def _name(value: Any, names: Mapping[str, str], among: list[Any]) -> str:
    text = str(value)
    if text in names:
        return names[text]
    if text.startswith("-") and text[1:] in names:
        return f"{names[text[1:]]}, reversed"
    rest = {one for one in among if str(one) not in names}
    found = (vocabularies.names(name) for name in vocabularies.VOCABULARIES)
    return next((one[value] for one in found if rest <= set(one)), "")
