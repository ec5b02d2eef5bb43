"""The request body of sync, and the changes in it."""

import json
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo, field_validator, model_validator

from chalicelib.domain.ids import parse_id
from chalicelib.schemas.base import BlankText, Id, Schema, refuse
from chalicelib.schemas.constants import Language

(
    CREATED,
    UPDATED,
    DELETED,
    MOVED,
    COPIED,
    PUBLISHED,
    SYNCED,
    DEPLOYED,
    UPDATED_DESCENDANTS,
    PUBLISHED_NEXT,
) = range(1, 11)
# The fields of each type of change, besides its key.
FIELDS: dict[int, tuple[str, ...]] = {
    CREATED: ("obj",),
    UPDATED: ("mods",),
    DELETED: (),
    MOVED: ("target", "position"),
    COPIED: ("from_key", "target", "position", "mods", "excluded_descendants"),
    PUBLISHED: ("version_notes", "language"),
    SYNCED: ("titles_and_descriptions", "resource_details", "files", "assessment_items"),
    DEPLOYED: (),
    UPDATED_DESCENDANTS: ("mods",),
    PUBLISHED_NEXT: ("use_staging_tree",),
}
_WORDS = {
    "CREATED": CREATED,
    "UPDATED": UPDATED,
    "DELETED": DELETED,
    "MOVED": MOVED,
    "COPIED": COPIED,
    "PUBLISHED": PUBLISHED,
    "SYNCED": SYNCED,
    "DEPLOYED": DEPLOYED,
    "UPDATED_DESCENDANTS": UPDATED_DESCENDANTS,
    "PUBLISHED_NEXT": PUBLISHED_NEXT,
}
# The field that a change of these types must have, for every table: an object, which may be empty.
REQUIRED = {CREATED: "obj", UPDATED: "mods", UPDATED_DESCENDANTS: "mods"}
# Tables that belong to a user instead of a channel, and tables whose keys are pairs of ids.
OF_USERS = frozenset({"user", "bookmark", "channelset", "clipboard", "savedsearch"})
PAIRS = frozenset({"contentnode_prerequisite", "assessmentitem", "editor_m2m", "viewer_m2m"})
TABLES = OF_USERS | PAIRS | {"channel", "contentnode", "file", "invitation"}

MAX_CHANGES = 1000  # per request
MAX_CHANNELS = 50  # in channel_revs
MAX_UNAPPLIED = 1000  # revisions in unapplied_revs; the lowest are used
MAX_CHANGE_LENGTH = 250_000  # characters; a DynamoDB item holds 400 kB
MAX_DEPTH = 50  # levels of lists and objects in a change
MAX_BODY_BYTES = 2_000_000  # disallowed changes are sent back, and Lambda responses are limited to 6 MB


def _or_empty(empty: type[Any]) -> BeforeValidator:
    return BeforeValidator(lambda value: empty() if value is None else value)


def _lowest(revs: list[int]) -> list[int]:
    return sorted(set(revs))[:MAX_UNAPPLIED]


class SyncIn(Schema):
    """The client's changes, and the latest revisions that it has received from each channel and of its user."""

    changes: Annotated[list[Any], Field(max_length=MAX_CHANGES), _or_empty(list)] = Field(default_factory=list)
    channel_revs: Annotated[dict[str, int], Field(max_length=MAX_CHANNELS), _or_empty(dict)] = Field(
        default_factory=dict
    )
    user_rev: int | None = None
    unapplied_revs: Annotated[list[int], AfterValidator(_lowest), _or_empty(list)] = Field(default_factory=list)


def _type(value: Any) -> int:
    found = _WORDS.get(value.upper()) if isinstance(value, str) else value
    if not isinstance(found, int) or isinstance(found, bool) or found not in FIELDS:
        raise refuse(f"This must be one of {', '.join(_WORDS)}, or its number from 1 to {len(_WORDS)}.")
    return found


def _table(value: Any) -> str:
    if not isinstance(value, str) or value not in TABLES:
        raise refuse(f"This must be one of {', '.join(sorted(TABLES))}.")
    return value


class ChangeIn(Schema):
    """One change. Only the types of its fields are checked here; whether they are complete, and what they contain, is
    checked when it is applied."""

    type: Annotated[int, BeforeValidator(_type)]
    table: Annotated[str, BeforeValidator(_table)]
    key: Any
    rev: int | None = None
    channel_id: Id | None = None
    user_id: Id | None = None
    obj: dict[str, Any] | None = None
    mods: dict[str, Any] | None = None
    target: Any = None
    position: Any = None
    from_key: Any = None
    excluded_descendants: Any = None
    version_notes: Any = None
    language: Any = None
    titles_and_descriptions: Any = None
    resource_details: Any = None
    files: Any = None
    assessment_items: Any = None
    use_staging_tree: Any = None

    @field_validator("key")
    @classmethod
    def _of_table(cls, value: Any, info: ValidationInfo) -> str | list[str]:
        return _key(value, info.data["table"] in PAIRS) if "table" in info.data else ""

    @model_validator(mode="after")
    def _whole(self) -> "ChangeIn":
        if is_too_deep(self.fields):
            raise refuse(f"A change may be nested at most {MAX_DEPTH} levels deep.")
        if len(json.dumps([self.key, self.fields])) > MAX_CHANGE_LENGTH:
            raise refuse(f"A change may have at most {MAX_CHANGE_LENGTH} characters. Use the REST API for this one.")
        return self

    @property
    def fields(self) -> dict[str, Any]:
        """The fields of this change's type that were sent."""
        return {name: getattr(self, name) for name in FIELDS[self.type] if name in self.model_fields_set}


def is_too_deep(value: Any) -> bool:
    """Whether lists and objects are nested more than MAX_DEPTH levels deep, which some JSON parsers refuse."""
    level = [value]
    for _ in range(MAX_DEPTH):
        parts = [part.values() if isinstance(part, dict) else part for part in level if isinstance(part, dict | list)]
        level = [child for part in parts for child in part]
    return bool(level)


def _key(value: Any, is_pair: bool) -> str | list[str]:
    ids = [parse_id(part) for part in value] if isinstance(value, list) else [parse_id(value)]
    if None in ids or isinstance(value, list) != is_pair or (is_pair and len(ids) != 2):
        raise refuse(f"This must be {'a list of two ids' if is_pair else 'an id'} of 32 hex digits.")
    plain = [id for id in ids if id]
    return plain if is_pair else plain[0]


class PublishIn(Schema):
    """The fields of a PUBLISHED change."""

    version_notes: Annotated[BlankText, Field(max_length=10_000)] = ""
    language: Language | None = None


class DraftIn(Schema):
    """The fields of a PUBLISHED_NEXT change."""

    use_staging_tree: Annotated[bool, _or_empty(bool)] = False


class PullIn(Schema):
    """The fields of a SYNCED change: which parts of copies are updated from their originals."""

    titles_and_descriptions: Annotated[bool, _or_empty(bool)] = False
    resource_details: Annotated[bool, _or_empty(bool)] = False
    files: Annotated[bool, _or_empty(bool)] = False
    assessment_items: Annotated[bool, _or_empty(bool)] = False


class NameIn(Schema):
    """The fields of their own profile that users can change."""

    first_name: Annotated[BlankText, Field(max_length=200)] = ""
    last_name: Annotated[BlankText, Field(max_length=200)] = ""
