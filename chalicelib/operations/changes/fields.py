"""Selection of the fields of a row that fit into a change."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from chalicelib.schemas.sync import MAX_CHANGE_LENGTH

Fields = dict[str, object]  # the fields of a change


def fitting(row: Mapping[str, Any], names: Iterable[str], beside: Mapping[str, Any] | None = None) -> Fields:
    """The named fields of a row. If they exceed the size of a change, the largest are left out.

    `beside` are the other fields of the change, which count towards its size.
    """
    chosen = {name: row[name] for name in dict.fromkeys(names) if name in row}
    sizes = {name: len(json.dumps({name: value})) for name, value in chosen.items()}
    room = MAX_CHANGE_LENGTH - (len(json.dumps(beside)) if beside else 0)
    for name in sorted(sizes, key=lambda name: sizes[name]):
        room -= sizes[name]
        if room < 0:
            del chosen[name]
    return chosen
