"""Nodes with an invalid value in any field are refused or accepted, but cause no server error.

Many are sent in one request, because the errors of all nodes are returned together.
"""

import uuid

import pytest

from tests.support.aws.calls import strictly
from tests.support.http import requests
from tests.support.http.requests import REFUSED_WHOLE, WRONG

PATH = "/api/internal/add_nodes"
VALUES = {label: value for label, value in WRONG.items() if label not in REFUSED_WHOLE}
AT_ONCE = 40


def send(studio, root, corrupted):
    """Send nodes in one request; return the response, or None after a server error."""
    content = b",".join(node for _, node in corrupted)
    try:
        answer = studio.call("POST", PATH, b'{"root_id": "%b", "content_data": [%b]}' % (root.encode(), content))
    except UnicodeEncodeError:
        return None
    return answer if answer.status < 500 else None


def culprits(studio, root, corrupted):
    """Return the labels of the nodes that cause a server error."""
    if send(studio, root, corrupted):
        return []
    if len(corrupted) == 1:
        return [corrupted[0][0]]
    half = len(corrupted) // 2
    return culprits(studio, root, corrupted[:half]) + culprits(studio, root, corrupted[half:])


def spoilt_nodes(node):
    """Yield the node with each of its values replaced by each invalid one, each with a new id."""
    for label, text in requests.corrupted(node, VALUES):
        fresh = uuid.uuid4().hex.encode()
        yield label, text.replace(node["node_id"].encode(), fresh)


def refused_ones(answer):
    names = [name.split(".") for name in answer.json if name.startswith("content_data.")]
    return {int(number) for _, number, *_ in names}


@pytest.mark.parametrize("kind", ["document", "exercise"])
def test_an_invalid_value_in_a_node_causes_no_server_error(studio, kind):
    node = requests.good_nodes(studio)[kind]
    _, root = studio.make_channel()
    corrupted = list(spoilt_nodes(node))
    wrong, good = [], []
    for start in range(0, len(corrupted), AT_ONCE):
        chunk = corrupted[start : start + AT_ONCE]
        with strictly(studio) as watch:
            answer = send(studio, root, chunk)
        if answer is None:
            wrong += culprits(studio, root, chunk)
        elif answer.status == 400:
            assert watch.writes == []
            good += [entry for number, entry in enumerate(chunk) if number not in refused_ones(answer)]
    assert wrong == []
    for start in range(0, len(good), AT_ONCE):
        chunk = good[start : start + AT_ONCE]
        answer = send(studio, root, chunk)
        assert answer, culprits(studio, root, chunk)
        assert answer.status == 200, answer.text
        assert len(answer.json["root_ids"]) == len(chunk)


def test_an_invalid_value_in_a_remote_node_causes_no_server_error(studio):
    source, root = studio.make_channel()
    document = requests.good_nodes(studio)["document"]
    studio.add(root, document)
    studio.finish(source)
    remote = {name: value for name, value in document.items() if name not in ("kind", "language", "license", "author")}
    remote |= {
        "node_id": "a" * 32,
        "source_channel_id": source,
        "source_node_id": document["node_id"],
        "source_content_id": None,
    }
    _, target = studio.make_channel()
    corrupted = list(spoilt_nodes(remote))
    for start in range(0, len(corrupted), AT_ONCE):
        assert culprits(studio, target, corrupted[start : start + AT_ONCE]) == []
