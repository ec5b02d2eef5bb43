"""What fits into a change: of a row that reads give, the fields that are named, as far as there is room."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from chalicelib.schemas.sync import MAX_CHANGE_LENGTH

Fields = dict[str, object]  # what a change holds


def fitting(row: Mapping[str, Any], names: Iterable[str]) -> Fields:
    """These fields of a row, as far as a change can hold them: of more, the largest are left to be read."""
    chosen = {name: row[name] for name in dict.fromkeys(names) if name in row}
    sizes = {name: len(json.dumps({name: value})) for name, value in chosen.items()}
    room = MAX_CHANGE_LENGTH
    for name in sorted(sizes, key=lambda name: sizes[name]):
        room -= sizes[name]
        if room < 0:
            del chosen[name]
    return chosen
