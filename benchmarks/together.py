"""Many clients at once: chefs with a channel each, and editors of one tree. What they leave is checked."""

import random
import time
import uuid
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx

from benchmarks.channels import make_channel
from benchmarks.report import Wanted, a_second

CHEFS, NODES = 50, 500
EDITORS, EDITS = 8, 25
DOCUMENTS = 9  # of each topic of a chef
MAX_TRIES = 60
AGAIN = (409, 503)  # others were faster
ONE, MANY = f"one chef adds {NODES} nodes", f"{CHEFS} chefs add {NODES} nodes each"
EDITING = f"{EDITORS} clients edit one tree"
ROWS: dict[str, Wanted] = {ONE: a_second(), MANY: a_second(), EDITING: a_second()}


def measure(url: str, token: str) -> dict[str, list[float]]:
    """Nodes and edits a second. Raises ValueError if anything is lost, or a count is wrong."""
    return {
        ONE: [run_chefs(url, token, 1, NODES)],
        MANY: [run_chefs(url, token, CHEFS, NODES)],
        EDITING: [run_editors(url, token, EDITORS, EDITS)],
    }


def run_chefs(url: str, token: str, chefs: int, nodes: int) -> float:
    """Nodes a second that so many chefs add at once, each to a channel of its own."""
    topics = nodes // (DOCUMENTS + 1)
    run = uuid.uuid4().hex[:8]

    def work(number: int) -> str:
        return make_channel(url, token, f"chef {run} {number}", topics, DOCUMENTS)

    seconds, channel_ids = _at_once(work, chefs)
    with _client(url, token) as client:
        for channel_id in channel_ids:
            _check_channel(client, channel_id, topics)
    return chefs * topics * (DOCUMENTS + 1) / seconds


def _check_channel(client: httpx.Client, channel_id: str, topics: int) -> None:
    root = _root(client, channel_id)
    found = _children(client, root)
    below = [child for topic in found for child in _children(client, topic["id"])]
    _equal("topics", len(found), topics)
    _equal("documents", len(below), topics * DOCUMENTS)
    _equal("count of the root", _node(client, root)["total_count"], topics * (DOCUMENTS + 1))
    files = client.get("/api/file", params={"contentnode__in": ",".join(one["id"] for one in below[:50])})
    _equal("files", len(files.raise_for_status().json()), min(50, len(below)))


def run_editors(url: str, token: str, editors: int, edits: int) -> float:
    """Edits a second of so many clients in one tree: each adds a topic, renames it, and moves or deletes it."""
    with _client(url, token) as client:
        channel = client.post("/api/channel", json={"name": "edited together", "language": "en"}).raise_for_status()
        root = _root(client, channel.json()["id"])
        places = [_add(client, root, f"place {number}")["id"] for number in range(4)]

    def work(number: int) -> dict[str, tuple[str, str]]:
        with _client(url, token) as client:
            return _edit(client, places, number, edits)

    seconds, left = _at_once(work, editors)
    wanted = {node_id: at for nodes in left for node_id, at in nodes.items()}
    with _client(url, token) as client:
        found = {child["id"]: (child["title"], place) for place in places for child in _children(client, place)}
        _equal("topics", found, wanted)
        _equal("count of the root", _node(client, root)["total_count"], len(wanted) + len(places))
        for place in places:
            lfts = Counter(child["lft"] for child in _children(client, place))
            _equal("topics at one position", [at for at, count in lfts.items() if count > 1], [])
    return editors * edits * 3 / seconds


def _edit(client: httpx.Client, places: list[str], number: int, edits: int) -> dict[str, tuple[str, str]]:
    """The topics that a client leaves: (title, parent) by id."""
    left = {}
    for edit in range(edits):
        first, second = random.sample(places, 2)
        title = f"topic {number}-{edit}"
        node_id = _add(client, first, "unnamed")["id"]
        _send(client, "PATCH", f"/api/contentnode/{node_id}", {"title": title})
        if edit % 5 == 4:
            _send(client, "DELETE", f"/api/contentnode/{node_id}")
        else:
            _send(client, "POST", f"/api/contentnode/{node_id}/move", {"target": second, "position": "last-child"})
            left[node_id] = (title, second)
    return left


def _at_once(work: Callable[[int], Any], count: int) -> tuple[float, list[Any]]:
    started = time.perf_counter()
    with ThreadPoolExecutor(count) as pool:
        results = list(pool.map(work, range(count)))
    return time.perf_counter() - started, results


def _client(url: str, token: str) -> httpx.Client:
    return httpx.Client(base_url=url, headers={"Authorization": f"Token {token}"}, timeout=120)


def _send(client: httpx.Client, method: str, path: str, body: Any = None) -> httpx.Response:
    """Send a request, again where the API says that others were faster."""
    for attempt in range(MAX_TRIES):
        answer = client.request(method, path, json=body)
        if answer.status_code not in AGAIN:
            break
        time.sleep(random.uniform(0, 0.02 * (attempt + 1)))
    return answer.raise_for_status()


def _add(client: httpx.Client, parent: str, title: str) -> dict[str, Any]:
    made = _send(client, "POST", "/api/contentnode", {"parent": parent, "kind": "topic", "title": title})
    found: dict[str, Any] = made.json()
    return found


def _root(client: httpx.Client, channel_id: str) -> str:
    return str(client.get(f"/api/channel/{channel_id}").raise_for_status().json()["root_id"])


def _node(client: httpx.Client, node_id: str) -> dict[str, Any]:
    found: dict[str, Any] = client.get(f"/api/contentnode/{node_id}").raise_for_status().json()
    return found


def _children(client: httpx.Client, parent: str) -> list[dict[str, Any]]:
    answer = client.get("/api/contentnode", params={"parent": parent, "max_results": 1000}).raise_for_status().json()
    found: list[dict[str, Any]] = answer["results"] if isinstance(answer, dict) else answer
    return found


def _equal(what: str, found: Any, wanted: Any) -> None:
    if found != wanted:
        raise ValueError(f"{what}: {found!r:.500}, not {wanted!r:.500}")
