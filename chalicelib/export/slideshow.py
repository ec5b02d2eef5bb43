"""The manifest of a slideshow: a file that lists the slides and their texts for Kolibri."""

import json
from typing import Any

from chalicelib.domain.types import NodeData

_KEYS = ("caption", "descriptive_text", "sort_order", "checksum", "extension")


def slideshow_manifest(node: NodeData) -> bytes:
    """JSON `{"slideshow_data": [{caption, descriptive_text, sort_order, checksum, extension}]}`, sorted by slide.

    Kolibri finds a slide's image by `checksum` among the node's files, so entries without one are left out. The
    default of `sort_order` is the position in the list, and missing texts are "". Equal nodes give equal bytes.
    """
    given = node["extra_fields"].get("slideshow_data")
    slides = [
        _slide(entry, position)
        for position, entry in enumerate(given if isinstance(given, list) else [])
        if isinstance(entry, dict) and entry.get("checksum")
    ]
    slides.sort(key=lambda slide: float(slide["sort_order"]))
    document = json.dumps({"slideshow_data": slides}, ensure_ascii=False, separators=(",", ":"))
    return document.encode("utf-8", "backslashreplace")  # a lone surrogate becomes its JSON escape


def _slide(entry: dict[str, Any], position: int) -> dict[str, Any]:
    order = entry.get("sort_order")
    slide = {key: entry.get(key) or "" for key in _KEYS}
    slide["sort_order"] = order if isinstance(order, int | float) else position
    return slide
