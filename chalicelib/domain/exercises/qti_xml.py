"""QTI 3.0 items as authors write them: read safely, and what they are called and show.

QTI is 1EdTech's Question and Test Interoperability, https://www.imsglobal.org/spec/qti/v3p0.
"""

import base64
import re
from collections.abc import Iterator
from urllib.parse import unquote
from xml.etree.ElementTree import Element, ParseError, XMLParser, fromstring

from le_utils.constants import exercises

NAMESPACE = "http://www.imsglobal.org/xsd/imsqtiasi_v3p0"
ITEM = f"{{{NAMESPACE}}}qti-assessment-item"
BODY = f"{{{NAMESPACE}}}qti-item-body"

_MAX_DEPTH = 100  # elements in elements; real items stay far below, and deeper ones would exhaust the stack
_ADDRESSES = ("src", "href", "srcset", "data", "poster")
_STORED = re.compile(
    rf"(?:{re.escape(exercises.CONTENT_STORAGE_FORMAT.format(''))}|images/)?(?P<name>[0-9a-f]{{32}}\.[a-z0-9]+)"
)
_NOT_PERCENT_ENCODED = re.compile("%(?![0-9A-Fa-f]{2})")


class InvalidQti(ValueError):
    """A text that is no QTI 3.0 item; the message goes on after "its raw data"."""


def identifier(assessment_id: str) -> str:
    """What a question is called in a QTI package and in Kolibri: "K" and its id's 16 bytes in base64.

    QTI's identifiers have at most 32 characters and start with a letter, which 32 hex digits may not.
    """
    return "K" + base64.urlsafe_b64encode(bytes.fromhex(assessment_id)).decode().rstrip("=")


def parse(text: str) -> Element:
    """The item's root element. Entities are never expanded, as a document that could declare any is refused.

    Raises InvalidQti where the text is no well-formed XML, no QTI 3.0 item, or would break Kolibri's reader.
    """
    if "<!DOCTYPE" in text:
        raise InvalidQti("has a DOCTYPE. Remove it.")
    try:
        # Whatever encoding the text declares for itself, it is read as what it is.
        reader = XMLParser(encoding="utf-8")  # noqa: S314 - without a DOCTYPE there are no entities to expand
        root = fromstring(text.strip("\ufeff \t\r\n").encode(), reader)  # noqa: S314
    except (ParseError, UnicodeEncodeError) as error:
        raise InvalidQti(f"is not well-formed XML ({error}).") from error
    if root.tag != ITEM:
        raise InvalidQti(f"must be a qti-assessment-item in the namespace {NAMESPACE}.")
    if root.find(BODY) is None:
        raise InvalidQti("has no qti-item-body.")
    _check_depth(root)
    for element, name in _addresses(root):
        _check_address(element.attrib[name])
    return root


def localise(root: Element, folder: str) -> list[str]:
    """Point every reference to a stored file into this folder; the names of those files, each once, in order."""
    names: list[str] = []
    for element, attribute in _addresses(root):
        match = _STORED.fullmatch(unquote(element.attrib[attribute]).strip())
        if match:
            element.set(attribute, f"{folder}/{match['name']}")
            names.append(match["name"])
    return list(dict.fromkeys(names))


def stored_names(text: str) -> list[str]:
    """The names "<checksum>.<extension>" of the stored files that an item shows; none where it is no QTI item."""
    try:
        return localise(parse(text), "")
    except InvalidQti:
        return []


def _addresses(root: Element) -> Iterator[tuple[Element, str]]:
    return ((element, name) for element in root.iter() for name in _ADDRESSES if name in element.attrib)


def _check_depth(root: Element) -> None:
    level = [root]
    for _ in range(_MAX_DEPTH):
        level = [child for element in level for child in element]
    if level:
        raise InvalidQti(f"is nested more than {_MAX_DEPTH} levels deep.")


def _check_address(address: str) -> None:
    """Kolibri decodes every address of a package, and shows none of its questions where it cannot."""
    try:
        unquote(address, errors="strict")
    except UnicodeDecodeError:
        broken = True
    else:
        broken = bool(_NOT_PERCENT_ENCODED.search(address))
    if broken:
        raise InvalidQti(f"has an address that is not percent-encoded as it must be: {address[:80]}")
