"""Perseus questions in QTI packages: a QTI item that embeds a Perseus item of the same package.

This is the format agreed between Kolibri and Kolibri Studio (https://github.com/learningequality/studio/issues/6006):
the Perseus item is in `perseus/`, its images are in `perseus/images/`, and the response is a record with a field
`correct`. Kolibri 0.19 does not show such questions yet.
"""

from xml.etree.ElementTree import Element

from chalicelib.domain.types import AssessmentItemData
from chalicelib.export.markup import element
from chalicelib.export.perseus import to_json
from chalicelib.export.perseus_images import ArchiveImages
from chalicelib.export.perseus_items import perseus_item
from chalicelib.export.qti_items import RESPONSE, assessment_item, score
from chalicelib.export.zipping import Content

FOLDER = "perseus"


def wrapped(
    item: AssessmentItemData, language: str | None, images: ArchiveImages
) -> tuple[Element, dict[str, Content]]:
    """The QTI item, and the package members that it requires by path. `images` must be empty and is filled.

    Raises InvalidPerseusItem.
    """
    path = f"{FOLDER}/{item['assessment_id']}.json"
    members: dict[str, Content] = {path: to_json(perseus_item(item, images))}
    members |= {f"{FOLDER}/{name}": content for name, content in images.members.items()}
    attributes = {"response-identifier": RESPONSE, "data-type": "perseus", "data-perseus-path": path}
    parts = [
        element("qti-response-declaration", {"identifier": RESPONSE, "cardinality": "record"}),
        score(),
        element("qti-item-body", None, element("qti-custom-interaction", attributes)),
        _processing(),
    ]
    return assessment_item(item, language, parts), members


def _processing() -> Element:
    """Response processing that reads the record's field, for which QTI has no template."""
    correct = element("qti-field-value", {"field-identifier": "correct"}, _named("qti-variable", RESPONSE))
    condition = element(
        "qti-response-condition",
        None,
        element("qti-response-if", None, correct, _set_score("1")),
        element("qti-response-else", None, _set_score("0")),
    )
    return element("qti-response-processing", None, condition)


def _set_score(value: str) -> Element:
    return _named("qti-set-outcome-value", "SCORE", element("qti-base-value", {"base-type": "float"}, text=value))


def _named(tag: str, identifier: str, *children: Element) -> Element:
    return element(tag, {"identifier": identifier}, *children)
