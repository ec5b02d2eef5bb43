"""XML that can also be parsed as HTML: element names have no prefixes."""

import re
from xml.etree.ElementTree import Element, tostring

_XML = "http://www.w3.org/XML/1998/namespace"
_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def clean(text: str) -> str:
    """Remove characters that are not allowed in XML: most control characters and lone surrogates."""
    return _NOT_XML.sub("", text)


def element(tag: str, attributes: dict[str, str] | None = None, *children: Element, text: str | None = None) -> Element:
    """Create an element with attributes, text and children."""
    result = Element(tag, attributes or {})
    result.text = text
    result.extend(children)
    return result


def document(root: Element) -> bytes:
    """Serialize an XML document in UTF-8. Equal trees give equal bytes."""
    return clean(_DECLARATION + tostring(root, encoding="unicode")).encode()


def is_deep(root: Element, levels: int) -> bool:
    """Whether elements are nested more than `levels` levels deep."""
    level = [root]
    for _ in range(levels):
        level = [child for element in level for child in element]
    return bool(level)


def plain(source: Element, namespace: str = "") -> Element:
    """A copy whose elements have no prefixes: a namespace is declared on each element that differs from its parent's.

    Kolibri parses an item's body as HTML, in which `<m:math>` would be an unknown element. It calls itself for each
    level, so callers limit the depth of `source`.
    """
    own, tag = _split(source.tag)
    result = Element(tag)
    if own != namespace:
        result.set("xmlns", own)
    for name, value in source.attrib.items():
        _set(result, name, value)
    result.text, result.tail = source.text, source.tail
    result.extend(plain(child, own) for child in source)
    return result


def _set(result: Element, name: str, value: str) -> None:
    namespace, name = _split(name)
    if namespace == _XML:
        result.set(f"xml:{name}", value)
    elif namespace:
        prefix = f"a{len(result.attrib)}"  # attributes, unlike elements, have no namespace without a prefix
        result.set(f"xmlns:{prefix}", namespace)
        result.set(f"{prefix}:{name}", value)
    else:
        result.set(name, value)


def _split(name: str) -> tuple[str, str]:
    """Split "{namespace}name" into namespace and name."""
    namespace, _, local = name.rpartition("}")
    return namespace.removeprefix("{"), local
