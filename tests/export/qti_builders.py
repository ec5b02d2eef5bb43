"""Builders of questions, and a reader that parses QTI packages like Kolibri's viewer."""

import base64
from dataclasses import dataclass
from urllib.parse import urljoin
from xml.etree import ElementTree

from tests.export.perseus_builders import make_item, make_node, read_archive
from tests.support.existing import existing

QTI = "{http://www.imsglobal.org/xsd/imsqtiasi_v3p0}"
PACKAGE = "{http://www.imsglobal.org/xsd/qti/qtiv3p0/imscp_v1p1}"
MATH = "{http://www.w3.org/1998/Math/MathML}"
ITEM_TYPE = "imsqti_item_xmlv3p0"


def make_exercise(language="en", **extra_fields):
    return {**make_node(**extra_fields), "language": language}


def qti_id(assessment_id):
    """The identifier that Kolibri Studio would use."""
    return "K" + base64.urlsafe_b64encode(bytes.fromhex(assessment_id)).decode().rstrip("=")


def make_raw(body="<p>Well?</p>", number=1, **attributes):
    """A question whose raw data is a QTI item with this body."""
    given = " ".join(f'{name}="{value}"' for name, value in {"identifier": "i", "title": "t", **attributes}.items())
    inner = f"<qti-item-body>{body}</qti-item-body>"
    text = f'<qti-assessment-item xmlns="{QTI.strip("{}")}" {given}>{inner}</qti-assessment-item>'
    return make_item("", [], kind="QTI", number=number, raw_data=text)


def q(path):
    """A path of QTI's elements: "item-body/choice-interaction"."""
    return "/".join(part if part in (".", "..", "*") else f"{QTI}qti-{part}" for part in path.split("/"))


@dataclass
class Item:
    """A question, as the viewer reads it."""

    root: ElementTree.Element
    path: str
    files: list[str]  # as listed in the manifest

    @property
    def body(self):
        return self.root.find(q("item-body"))

    def all(self, name):
        return self.root.findall(f".//{QTI}{name}")

    def text(self):
        return "".join(self.body.itertext())

    def images(self):
        """The members of the package that contain its images."""
        found = [element.get("src") for element in self.all("img")]
        return [urljoin(f"http://b.b/{self.path}", source).removeprefix("http://b.b/") for source in found]

    def correct(self):
        return [value.text for value in self.root.findall(q("response-declaration/correct-response/value"))]

    def right(self):
        """The texts of the correct choices."""
        choices = {choice.get("identifier"): "".join(choice.itertext()) for choice in self.all("qti-simple-choice")}
        mapped = [entry.get("map-key") for entry in self.all("qti-map-entry")]
        return [choices[identifier] for identifier in mapped or self.correct()]

    def hints(self):
        cards = self.root.findall(q("catalog-info/catalog/card"))
        assert {card.get("support") for card in cards} <= {"ext:kolibri-hint"}
        return ["".join(existing(card.find(q("html-content"))).itertext()) for card in cards]


def read_package(archive):
    """The questions of a package by identifier, in order, and all its members."""
    members = read_archive(archive)
    manifest = ElementTree.fromstring(members["imsmanifest.xml"])
    assert manifest.tag == f"{PACKAGE}manifest"
    items = {}
    for resource in manifest.findall(f"{PACKAGE}resources/{PACKAGE}resource"):
        assert resource.get("type") == ITEM_TYPE
        href = existing(resource.get("href"))
        files = [existing(file.get("href")) for file in resource.findall(f"{PACKAGE}file")]
        root = ElementTree.fromstring(members[href])
        assert root.tag == f"{QTI}qti-assessment-item"
        assert root.get("identifier") == resource.get("identifier")
        items[resource.get("identifier")] = Item(root, href, files)
    named = {"imsmanifest.xml", *(file for item in items.values() for file in item.files)}
    assert named == set(members)
    return items, members
