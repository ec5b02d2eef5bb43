"""The manifest of a slideshow."""

import json

from hypothesis import given
from hypothesis import strategies as st
from le_utils.constants import content_kinds

from chalicelib.export.slideshow import slideshow_manifest


def make_slideshow(*slides, **extra_fields):
    return {"kind": content_kinds.SLIDESHOW, "extra_fields": {"slideshow_data": list(slides), **extra_fields}}


def make_slide(number, **fields):
    return {
        "caption": f"Slide {number}",
        "descriptive_text": f"What is on slide {number}",
        "sort_order": number,
        "checksum": f"{number:032x}",
        "extension": "png",
        **fields,
    }


def slides_of(node):
    return json.loads(slideshow_manifest(node))["slideshow_data"]


def test_manifest_contains_the_fields_of_each_slide():
    slides = [make_slide(0), make_slide(1, caption='Ünïcode ☃ "quoted"')]
    assert json.loads(slideshow_manifest(make_slideshow(*slides))) == {"slideshow_data": slides}


def test_slides_are_sorted():
    node = make_slideshow(make_slide(2), make_slide(0), make_slide(1, sort_order=1.5))
    assert [slide["sort_order"] for slide in slides_of(node)] == [0, 1.5, 2]


def test_missing_order_and_texts_are_filled_in():
    slide = slides_of(make_slideshow(make_slide(0), {"checksum": "a" * 32, "extension": "jpg", "caption": None}))[1]
    assert slide == {"caption": "", "descriptive_text": "", "sort_order": 1, "checksum": "a" * 32, "extension": "jpg"}


def test_slides_without_an_image_and_foreign_fields_are_left_out():
    node = make_slideshow(make_slide(0, url="http://example.org"), make_slide(1, checksum=None), "text", None)
    assert slides_of(node) == [make_slide(0)]


def test_slideshow_without_slides_has_an_empty_manifest():
    assert slides_of(make_slideshow()) == []
    assert slides_of({"extra_fields": {}}) == []
    assert slides_of({"extra_fields": {"slideshow_data": None}}) == []


texts = st.text(st.characters(codec=None, exclude_categories=()))


@given(st.lists(st.tuples(texts, texts), max_size=4))
def test_any_text_is_preserved(captions):
    slides = [make_slide(i, caption=caption, descriptive_text=text) for i, (caption, text) in enumerate(captions)]
    assert slides_of(make_slideshow(*slides)) == slides
    assert slideshow_manifest(make_slideshow(*slides)) == slideshow_manifest(make_slideshow(*reversed(slides)))
