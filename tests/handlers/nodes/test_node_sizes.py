"""Size of rows of nodes in a response."""

import json
from typing import Any
from unittest import mock

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain import jsontext
from chalicelib.operations.nodes import node_representation

TEXTS = st.text(alphabet='a"\\\n\x01é☃😀', max_size=40).flatmap(lambda text: st.sampled_from([text, text * 50]))
LISTS = st.lists(TEXTS, max_size=3)
ROW: dict[str, Any] = {"description": "", "extra_fields": {}, "tags": [], "thumbnail_encoding": None}
ROW["incomplete_reasons"] = []


@given(
    st.fixed_dictionaries(
        {}, optional={"description": TEXTS, "tags": st.lists(TEXTS, max_size=3), "incomplete_reasons": st.lists(TEXTS)}
    )
)
def test_sizes_are_never_underestimated(fields):
    row = {**ROW, **fields}
    written = sum(len(json.dumps(jsontext.dumps(part))) for part in row.values())
    assert written <= node_representation._size(row) - node_representation.MAX_ROW_BYTES


def test_short_rows_are_not_encoded_to_measure_them():
    with mock.patch.object(jsontext, "dumps") as dumps:
        assert node_representation.fitting([{**ROW, "description": "short"}] * 100) == 100
    assert not dumps.called
