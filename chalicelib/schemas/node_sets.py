"""Changes of a node's labels and tags: a list replaces the set, an object {text: true or false} updates it."""

from collections.abc import Collection
from typing import Annotated, Any

from le_utils.constants.labels import (
    accessibility_categories,
    learning_activities,
    levels,
    needs,
    resource_type,
    subjects,
)
from pydantic import Field, PlainValidator

from chalicelib.domain.trees.node_edits import SetChange
from chalicelib.schemas.base import refuse
from chalicelib.schemas.chef import MAX_TAG
from chalicelib.schemas.constants import coded, written_set


def _set_change(value: Any) -> SetChange:
    if value is None:
        return SetChange({}, whole=True)
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return SetChange(dict.fromkeys(value, True), whole=True)
    # null removes, like false
    if isinstance(value, dict) and all(chosen is None or isinstance(chosen, bool) for chosen in value.values()):
        return SetChange({item: bool(chosen) for item, chosen in value.items()}, whole=False)
    raise refuse("Send a list of texts, or an object {text: true or false}.")


def _labels(known: Collection[str], vocabulary: str) -> Any:
    def check(value: Any) -> SetChange:
        change = _set_change(value)
        chosen = {coded(label, known, vocabulary): is_chosen for label, is_chosen in change.values.items()}
        return SetChange(chosen, change.whole)

    return Annotated[SetChange, PlainValidator(check), written_set(known)]


def _tags(value: Any) -> SetChange:
    change = _set_change(value)
    tidy = {" ".join(_storable(tag).split()): chosen for tag, chosen in change.values.items()}
    tidy.pop("", None)
    if any(len(tag) > MAX_TAG for tag in tidy):
        raise refuse(f"A tag may have at most {MAX_TAG} characters.")
    return SetChange(tidy, change.whole)


def _storable(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise refuse("This text contains a lone surrogate. Send valid Unicode.") from error
    return text.replace("\0", "")


_Tag = Annotated[str, Field(max_length=MAX_TAG)]
_Written = list[_Tag] | dict[_Tag, bool | None] | None
Tags = Annotated[SetChange, PlainValidator(_tags, json_schema_input_type=_Written)]
GradeLevels = _labels(frozenset(levels.LEVELSLIST), "GradeLevel")
ResourceTypes = _labels(frozenset(resource_type.RESOURCETYPELIST), "ResourceType")
LearningActivities = _labels(frozenset(learning_activities.LEARNINGACTIVITIESLIST), "Activity")
AccessibilityLabels = _labels(frozenset(accessibility_categories.ACCESSIBILITYCATEGORIESLIST), "Accessibility")
Categories = _labels(frozenset(subjects.SUBJECTSLIST), "Category")
LearnerNeeds = _labels(frozenset(needs.NEEDSLIST), "Need")
NONE = SetChange({}, whole=True)
