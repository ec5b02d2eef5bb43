"""XML that browsers can read as HTML too: no prefixes in the names of elements."""

import re
from xml.etree.ElementTree import Element, tostring

_XML = "http://www.w3.org/XML/1998/namespace"
_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def clean(text: str) -> str:
    """The text without the characters that XML cannot hold: most controls, lone surrogates."""
    return _NOT_XML.sub("", text)


def element(tag: str, attributes: dict[str, str] | None = None, *children: Element, text: str | None = None) -> Element:
    """An element with its attributes, text and children."""
    made = Element(tag, attributes or {})
    made.text = text
    made.extend(children)
    return made


def document(root: Element) -> bytes:
    """The root as an XML document in UTF-8. Equal trees give equal bytes."""
    return clean(_DECLARATION + tostring(root, encoding="unicode")).encode()


def plain(source: Element, namespace: str = "") -> Element:
    """A copy whose elements have no prefixes: where the namespace is another than that around it, it is declared.

    Kolibri reads the XML of an item's body as HTML, where `<m:math>` would be nothing.
    """
    own, tag = _split(source.tag)
    made = Element(tag)
    if own != namespace:
        made.set("xmlns", own)
    for name, value in source.attrib.items():
        _set(made, name, value)
    made.text, made.tail = source.text, source.tail
    made.extend(plain(child, own) for child in source)
    return made


def _set(made: Element, name: str, value: str) -> None:
    namespace, name = _split(name)
    if namespace == _XML:
        made.set(f"xml:{name}", value)
    elif namespace:
        prefix = f"a{len(made.attrib)}"  # attributes, unlike elements, have no namespace without a prefix
        made.set(f"xmlns:{prefix}", namespace)
        made.set(f"{prefix}:{name}", value)
    else:
        made.set(name, value)


def _split(name: str) -> tuple[str, str]:
    """Namespace and name of "{namespace}name"."""
    namespace, _, local = name.rpartition("}")
    return namespace.removeprefix("{"), local
