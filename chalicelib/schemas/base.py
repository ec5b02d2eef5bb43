"""Validation of request bodies: the base of all pydantic models, and pydantic's errors in the API's wording."""

from collections.abc import Collection
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError

from chalicelib.domain.ids import parse_id
from chalicelib.errors import ValidationFailed

S = TypeVar("S", bound="Schema")


class Schema(BaseModel):
    """A request body or a part of one. Unknown fields are ignored; text is not accepted as a number."""

    model_config = ConfigDict(defer_build=True, extra="ignore", strict=True)


class Nothing(Schema):
    """No request body: anything sent is ignored."""


def parse(schema: type[S], data: Any) -> S:
    """Validate `data` against `schema`. A missing body counts as an empty one.

    Raises ValidationFailed, which lists every invalid field.
    """
    try:
        return schema.model_validate({} if data is None else data)
    except ValidationError as error:
        raise ValidationFailed(_by_field(error.errors(include_url=False, include_input=False))) from error


def refuse(sentence: str) -> PydanticCustomError:
    """An error that rejects a field with this sentence."""
    writable = sentence.encode(errors="replace").decode()
    return PydanticCustomError("refused", "{sentence}", {"sentence": writable})


MAX_CHOICES = 20  # listed in an error


def not_a_choice(value: str, known: Collection[str]) -> PydanticCustomError:
    """An error that rejects a value which is not among the known ones, and lists those if they are few."""
    few = f"Choose one of: {', '.join(sorted(known))}."
    advice = few if len(known) <= MAX_CHOICES else f"OPTIONS on this path lists the {len(known)} choices."
    return refuse(f'"{value[:60]}" is not a valid choice. {advice}')


def _by_field(details: list[ErrorDetails]) -> dict[str, list[str]]:
    fields: dict[str, list[str]] = {}
    for detail in details:
        name = ".".join(str(part) for part in detail["loc"]) or "non_field_errors"
        fields.setdefault(name, []).append(_sentence(detail))
    return fields


def _sentence(detail: ErrorDetails) -> str:
    context = detail.get("ctx", {})
    if "max_length" in context:
        unit = "items" if context.get("field_type") in ("List", "Dictionary") else "characters"
        actual = context.get("actual_length", "more")
        return f"Ensure this has at most {context['max_length']} {unit}; it has {actual}."
    return _SENTENCES.get(detail["type"], detail["msg"])


_SENTENCES = {
    "missing": "This field is required.",
    "int_type": "A valid integer is required.",
    "int_from_float": "A valid integer is required.",
    "float_type": "A valid number is required.",
    "string_type": "A valid string is required.",
    "bool_type": "A valid boolean is required.",
    "list_type": "A list is required.",
    "dict_type": "An object is required.",
    "model_type": "An object is required.",
    "string_pattern_mismatch": "This value does not match the required pattern.",
}


def _id(value: Any) -> str:
    plain = parse_id(value)
    if plain is None:
        raise refuse("This must be an id of 32 hex digits.")
    return plain


def _null_as_empty(value: Any) -> Any:
    return "" if value is None else value


def _storable(value: str) -> str:
    """Remove NUL characters, which some of Kolibri's databases cannot store."""
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise refuse("This text contains a lone surrogate. Send valid Unicode.") from error
    return value.replace("\0", "")


def _not_blank(value: str) -> str:
    if not value.strip():
        raise refuse("This may not be blank.")
    return value


def one_line(value: str) -> str:
    """A name without control characters and hidden ones, and with single spaces."""
    return " ".join("".join(character if character.isprintable() else " " for character in value).split())


PlainId = Annotated[str, Field(pattern="^[0-9a-f]{32}$")]  # as documented; dashes and capitals are accepted too
Id = Annotated[str, BeforeValidator(_id, json_schema_input_type=PlainId)]
Text = Annotated[str, AfterValidator(_storable)]
Title = Annotated[Text, AfterValidator(_not_blank), Field(json_schema_extra={"pattern": r"\S"})]
BlankText = Annotated[  # null is read as ""
    str, BeforeValidator(_null_as_empty, json_schema_input_type=str | None), AfterValidator(_storable)
]
