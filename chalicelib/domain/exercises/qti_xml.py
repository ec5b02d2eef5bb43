"""Safe parsing of QTI 3.0 items, their identifiers, and the files that they reference.

QTI is 1EdTech's Question and Test Interoperability, https://www.imsglobal.org/spec/qti/v3p0.
"""

import base64
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote
from xml.etree.ElementTree import Element, ParseError, TreeBuilder, XMLParser, fromstring

from le_utils.constants import exercises

NAMESPACE = "http://www.imsglobal.org/xsd/imsqtiasi_v3p0"
ITEM = f"{{{NAMESPACE}}}qti-assessment-item"
BODY = f"{{{NAMESPACE}}}qti-item-body"

_MAX_DEPTH = 100  # levels of elements; real items have far fewer, and deeper ones could exhaust the stack
_MAX_ELEMENTS = 50_000
MAX_NAMESPACE = 200  # characters of an address, which the parser repeats before every name of an element or attribute
_LONG_NAMESPACE = re.compile(
    rf"""\sxmlns(?::[^\s=]*)?\s*=\s*(?:"[^"]{{{MAX_NAMESPACE + 1}}}|'[^']{{{MAX_NAMESPACE + 1}}})"""
)
_ADDRESSES = ("src", "href", "srcset", "data", "poster")
_STORED = re.compile(
    rf"(?:{re.escape(exercises.CONTENT_STORAGE_FORMAT.format(''))}|images/)?(?P<name>[0-9a-f]{{32}}\.[a-z0-9]+)"
)
_NOT_PERCENT_ENCODED = re.compile("%(?![0-9A-Fa-f]{2})")


class InvalidQti(ValueError):
    """The text is not a QTI 3.0 item. The message continues a sentence that starts with "its raw data"."""


class _Bounded(TreeBuilder):
    """Builds the tree of an item, and stops as soon as it exceeds a limit."""

    def __init__(self) -> None:
        super().__init__()
        self._depth = self._elements = 0

    def start(self, tag: Any, attributes: Any) -> Element:
        self._depth += 1
        self._elements += 1
        if self._depth > _MAX_DEPTH:
            raise InvalidQti(f"is nested more than {_MAX_DEPTH} levels deep.")
        if self._elements > _MAX_ELEMENTS:
            raise InvalidQti(f"has more than {_MAX_ELEMENTS} elements.")
        return super().start(tag, attributes)

    def end(self, tag: Any) -> Element:
        self._depth -= 1
        return super().end(tag)


def identifier(assessment_id: str) -> str:
    """The identifier of a question in QTI packages and in Kolibri: "K" and the id's 16 bytes in base64.

    QTI identifiers must start with a letter and have at most 32 characters, so the hex id cannot be used.
    """
    return "K" + base64.urlsafe_b64encode(bytes.fromhex(assessment_id)).decode().rstrip("=")


def parse(text: str) -> Element:
    """Parse an item and return its root element. A DOCTYPE is rejected, so no entities are expanded.

    Raises InvalidQti for text that is not well-formed XML, is not a QTI 3.0 item, or would break Kolibri's viewer.
    """
    if "<!DOCTYPE" in text:
        raise InvalidQti("has a DOCTYPE. Remove it.")
    if _LONG_NAMESPACE.search(text):
        raise InvalidQti(f"has a namespace of more than {MAX_NAMESPACE} characters. Shorten it.")
    try:
        # The text is encoded as UTF-8 here, whatever encoding it declares.
        reader = XMLParser(target=_Bounded(), encoding="utf-8")  # noqa: S314 (without a DOCTYPE there are no entities to expand)
        root = fromstring(text.strip("\ufeff \t\r\n").encode(), reader)  # noqa: S314
    except (ParseError, UnicodeEncodeError) as error:
        raise InvalidQti(f"is not well-formed XML ({error}).") from error
    if root.tag != ITEM:
        raise InvalidQti(f"must be a qti-assessment-item in the namespace {NAMESPACE}.")
    if root.find(BODY) is None:
        raise InvalidQti("has no qti-item-body.")
    for element, name in _addresses(root):
        _check_address(element.attrib[name])
    return root


def localise(root: Element, folder: str) -> list[str]:
    """Rewrite every reference to a stored file to point into `folder`.

    Returns the distinct names of these files in document order.
    """
    names: list[str] = []
    for element, attribute in _addresses(root):
        match = _STORED.fullmatch(unquote(element.attrib[attribute]).strip())
        if match:
            element.set(attribute, f"{folder}/{match['name']}")
            names.append(match["name"])
    return list(dict.fromkeys(names))


def stored_names(text: str) -> list[str]:
    """The names "<checksum>.<extension>" of the stored files that an item references; none if it is not valid QTI."""
    try:
        return localise(parse(text), "")
    except InvalidQti:
        return []


def _addresses(root: Element) -> Iterator[tuple[Element, str]]:
    return ((element, name) for element in root.iter() for name in _ADDRESSES if name in element.attrib)


def _check_address(address: str) -> None:
    """Reject addresses that Kolibri cannot decode, as it would then show none of the package's questions."""
    try:
        unquote(address, errors="strict")
    except UnicodeDecodeError:
        broken = True
    else:
        broken = bool(_NOT_PERCENT_ENCODED.search(address))
    if broken:
        raise InvalidQti(f"has an address that is not properly percent-encoded: {address[:80]}")
