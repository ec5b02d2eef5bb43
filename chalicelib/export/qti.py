"""QTI packages: a zip of `imsmanifest.xml`, one `items/<identifier>.xml` per question, and images.

An exercise with a QTI or free-response question is published as a QTI package that contains all its questions, because
Kolibri reads an exercise from one file and Perseus can represent neither type.
"""

import hashlib
import json
from collections.abc import Mapping
from xml.etree.ElementTree import Element

from le_utils.constants import exercises, format_presets

from chalicelib.domain.exercises import qti_xml
from chalicelib.domain.types import AssessmentData, AssessmentItemData, NodeData
from chalicelib.export import perseus
from chalicelib.export.exercise_settings import mastery_model, randomize
from chalicelib.export.markup import document, element
from chalicelib.export.perseus_images import ArchiveImages, Scaler, file_name, stored_names
from chalicelib.export.perseus_items import attached_files, texts
from chalicelib.export.qti_items import CONVERTERS, qti_item, raw_item
from chalicelib.export.qti_perseus import wrapped
from chalicelib.export.zipping import Content

# Increment this with every change that alters the bytes of the same exercise.
FORMAT_VERSION = 2
MANIFEST = "imsmanifest.xml"

_FOLDER = "items"
_NAMESPACE = "http://www.imsglobal.org/xsd/qti/qtiv3p0/imscp_v1p1"
_ITEM_TYPE = "imsqti_item_xmlv3p0"
_ONLY_QTI = frozenset({exercises.QTI, exercises.FREE_RESPONSE})
_TYPES = frozenset({*CONVERTERS, exercises.QTI, exercises.PERSEUS_QUESTION})


def is_needed(items: list[AssessmentItemData]) -> bool:
    """Whether an exercise with these questions is published as a QTI package instead of a Perseus archive."""
    return any(item["type"] in _ONLY_QTI for item in items)


def included_presets(items: list[AssessmentItemData]) -> list[str]:
    """The presets whose viewers show the package, including Perseus if it has a Perseus question."""
    embedded = any(item["type"] == exercises.PERSEUS_QUESTION for item in items)
    return [format_presets.QTI_ZIP, *([format_presets.EXERCISE] if embedded else [])]


def qti_items(items: list[AssessmentItemData]) -> list[AssessmentItemData]:
    """The questions of a package, in order."""
    known = (item for item in items if item["type"] in _TYPES)
    return sorted(known, key=lambda item: (item["order"], item["assessment_id"]))


def assessment_data(node: NodeData, items: list[AssessmentItemData]) -> AssessmentData:
    """The assessment metadata of an exercise that is published as a QTI package."""
    ids = [qti_xml.identifier(item["assessment_id"]) for item in qti_items(items)]
    return {
        "assessment_item_ids": ids,
        "mastery_model": mastery_model(node, len(ids)),
        "randomize": randomize(node),
    }


def image_filenames(items: list[AssessmentItemData]) -> set[str]:
    """The names "<checksum>.<extension>" of the stored files that the package of these questions requires.

    Raises InvalidQtiItem and InvalidPerseusItem.
    """
    return {name for item in qti_items(items) for name in _images_of(item)}


def archive_fingerprint(node: NodeData, items: list[AssessmentItemData]) -> str:
    """A digest (hex) of everything that determines the bytes of the package; stored files count by checksum.

    It identifies a package with all files of `image_filenames`. Do not cache an incomplete package under it.
    """
    parts = [
        {
            **{key: item[key] for key in perseus.ITEM_KEYS},  # type: ignore[literal-required]
            "files": [(file_name(file), file["original_filename"]) for file in attached_files(item)],
        }
        for item in qti_items(items)
    ]
    text = json.dumps([FORMAT_VERSION, perseus.FORMAT_VERSION, node["language"], parts], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def archive_members(
    node: NodeData, items: list[AssessmentItemData], images: Mapping[str, Content]
) -> dict[str, Content]:
    """Return the package of these questions, by path. Equal input gives equal members.

    `images` maps the names of `image_filenames` to contents. Kolibri shows the description of a missing image.
    Raises InvalidQtiItem for raw data that is not a QTI item, and InvalidPerseusItem.
    """
    members: dict[str, Content] = {}
    resources = []
    scaler = Scaler()
    for item in qti_items(items):
        root, needed = _converted(item, node["language"], images, scaler)
        identifier = qti_xml.identifier(item["assessment_id"])
        path = f"{_FOLDER}/{identifier}.xml"
        members |= {path: document(root), **needed}
        resources.append(_resource(identifier, [path, *sorted(needed)]))
    members[MANIFEST] = document(_manifest(resources))
    return members


def _converted(
    item: AssessmentItemData, language: str | None, images: Mapping[str, Content], scaler: Scaler
) -> tuple[Element, dict[str, Content]]:
    if item["type"] == exercises.PERSEUS_QUESTION:
        return wrapped(item, language, ArchiveImages(images, scaler))
    root = qti_item(item, language)
    return root, {f"{_FOLDER}/images/{name}": images[name] for name in _images_of(item) if name in images}


def _images_of(item: AssessmentItemData) -> list[str]:
    if item["type"] == exercises.QTI:
        return qti_xml.localise(raw_item(item), "")
    attached = [file_name(file) for file in attached_files(item)] if item["type"] == exercises.PERSEUS_QUESTION else []
    return [*attached, *(name for text in texts(item) for name in stored_names(text))]


def _manifest(resources: list[Element]) -> Element:
    about = element("metadata", None, element("schema", text="QTI Package"), element("schemaversion", text="3.0.0"))
    attributes = {"xmlns": _NAMESPACE, "identifier": "exercise"}
    return element("manifest", attributes, about, element("organizations"), element("resources", None, *resources))


def _resource(identifier: str, paths: list[str]) -> Element:
    """The resource of a question, which Kolibri looks up by the identifiers in `assessment_item_ids`."""
    attributes = {"identifier": identifier, "type": _ITEM_TYPE, "href": paths[0]}
    return element("resource", attributes, *(element("file", {"href": path}) for path in paths))
