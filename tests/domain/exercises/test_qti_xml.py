"""Parsing QTI items."""

import pytest

from chalicelib.domain.exercises.qti_xml import (
    BODY,
    MAX_NAMESPACE,
    InvalidQti,
    identifier,
    localise,
    parse,
    stored_names,
)
from tests.support.existing import existing

NAMESPACE = "http://www.imsglobal.org/xsd/imsqtiasi_v3p0"
STORED = "${☣ CONTENTSTORAGE}/"
NAME = f"{'a1' * 16}.png"


def item(body="", before="", attributes=f'xmlns="{NAMESPACE}"'):
    return f"{before}<qti-assessment-item {attributes}><qti-item-body>{body}</qti-item-body></qti-assessment-item>"


def billion_laughs(count=30):
    entities = "".join(f'<!ENTITY l{n} "&l{n - 1};&l{n - 1};">' for n in range(1, count))
    return f'<!DOCTYPE q [<!ENTITY l0 "ha">{entities}]>', f"&l{count - 1};"


@pytest.mark.parametrize(
    ("assessment_id", "expected"),
    [
        ("b84a871a23a15a5f86eb9d42e92bcdd3", "KuEqHGiOhWl-G651C6SvN0w"),
        ("0541954de64059e394413eace3f1e98d", "KBUGVTeZAWeOUQT6s4_HpjQ"),
    ],
)
def test_identifiers_match_recorded_ones(assessment_id, expected):
    assert identifier(assessment_id) == expected


@pytest.mark.parametrize("before", ["", "\ufeff", " \n", '<?xml version="1.0" encoding="UTF-16"?>\n', "<!-- a -->"])
def test_text_before_the_item_is_ignored(before):
    assert existing(existing(parse(item("<p>é漢</p>", before))).find(BODY))[0].text == "é漢"


def test_namespace_prefixes_are_supported():
    prefixed = f'<q:qti-assessment-item xmlns:q="{NAMESPACE}"><q:qti-item-body/></q:qti-assessment-item>'
    assert parse(prefixed).find(BODY) is not None


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "not well-formed"),
        ("Why?", "not well-formed"),
        (item("<p>"), "not well-formed"),
        (item("<p>&nbsp;</p>"), "not well-formed"),
        (item("\x01"), "not well-formed"),
        (item("\ud800"), "not well-formed"),
        (item() + item(), "not well-formed"),
        (item(before="<!DOCTYPE html>"), "DOCTYPE"),
        (item(before='<!DOCTYPE q SYSTEM "file:///etc/passwd">'), "DOCTYPE"),
        (item(attributes=""), "in the namespace"),
        (item(attributes='xmlns="http://www.imsglobal.org/xsd/imsqti_v2p2"'), "in the namespace"),
        (f'<qti-assessment-test xmlns="{NAMESPACE}"/>', "must be a qti-assessment-item"),
        (f'<qti-assessment-item xmlns="{NAMESPACE}"/>', "no qti-item-body"),
        (item("<p>" * 200 + "</p>" * 200), "levels deep"),
        (item('<img src="100%.png" alt=""/>'), "percent-encoded"),
        (item('<a href="http://e.org/%ff">x</a>'), "percent-encoded"),
    ],
)
def test_invalid_items_are_rejected(text, reason):
    with pytest.raises(InvalidQti, match=reason):
        parse(text)
    assert stored_names(text) == []


def test_entities_are_never_expanded():
    doctype, use = billion_laughs()
    with pytest.raises(InvalidQti, match="DOCTYPE"):
        parse(item(f"<p>{use}</p>", doctype))


def test_long_namespaces_are_rejected():
    """The parser writes them before every name that has their prefix."""
    for quote in "\"'":
        accepted = item("<p:a/>").replace(">", f" xmlns:p = {quote}{'n' * MAX_NAMESPACE}{quote}>", 1)
        assert parse(accepted) is not None
        with pytest.raises(InvalidQti, match="namespace of more than 200 characters"):
            parse(accepted.replace("nn", "nnn", 1))


def test_too_many_elements_are_rejected():
    assert parse(item("<p/>" * 40_000)) is not None
    with pytest.raises(InvalidQti, match="more than 50000 elements"):
        parse(item("<p/>" * 60_000))


def test_a_very_deep_item_is_rejected():
    with pytest.raises(InvalidQti, match="levels deep"):
        parse(item("<p>" * 200_000 + "</p>" * 200_000))


@pytest.mark.parametrize(
    "written", [NAME, f"images/{NAME}", STORED + NAME, f"$%7B%E2%98%A3%20CONTENTSTORAGE%7D/{NAME}"]
)
@pytest.mark.parametrize("element", ['<img alt="" src="{}"/>', '<object type="image/png" data="{}"/>'])
def test_references_to_stored_images_are_rewritten(element, written):
    text = item(f"<p>{element.format(written)}</p>")
    root = parse(text)
    assert stored_names(text) == localise(root, "here") == [NAME]
    assert f"here/{NAME}" in existing(root.find(f".//{{{NAMESPACE}}}p"))[0].attrib.values()


@pytest.mark.parametrize("written", ["picture.png", f"http://e.org/{NAME}", f"a/{NAME}", "data:image/png;base64,AAAA"])
def test_other_addresses_are_unchanged(written):
    root = parse(item(f'<p><img alt="" src="{written}"/></p>'))
    assert localise(root, "here") == []
    assert existing(root.find(f".//{{{NAMESPACE}}}img")).get("src") == written
