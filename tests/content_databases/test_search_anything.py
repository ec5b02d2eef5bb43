"""Search finds the same nodes as a linear scan, and accepts any text."""

import random
import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from le_utils.constants import licenses, roles

from chalicelib.schemas.search import SearchQuery
from tests.content_databases.search_builders import Index, leaf, query, snapshot_of, topic

WORDS = ("Algebra", "ALGÈBRE", "algorithm", "a", "Straße", "naïve", "漢字", "foo_bar", "x-ray", "C++", "Ελλάς", "2")
AUTHORS = ("", "Ann Lee", "Ann", "Bob; Co", "Ännchen")
LANGUAGES = (None, "en", "pt-BR")
LICENSES = {license.name: license.id for license in licenses.LICENSELIST}


def words_of(text):
    plain = "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c)).casefold()
    apart = re.sub("[\u3400-\u9fff]", r" \g<0> ", plain.replace("ss", "ß"))
    return re.findall(r"[^\W_]+", apart)


def begins(phrase, words):
    """Whether `words` contain the words of a phrase consecutively; the last one may be a prefix."""
    size = len(phrase)
    return any(
        words[at : at + size - 1] == phrase[:-1] and words[at + size - 1].startswith(phrase[-1])
        for at in range(len(words) - size + 1)
    )


def says(node, keywords):
    texts = [words_of(node[name]) for name in ("title", "description", "author")] + [words_of("\n".join(node["tags"]))]
    return all(any(begins(phrase, words) for words in texts) for phrase in phrases(keywords))


def phrases(text):
    return [phrase for word in text.split() if (phrase := words_of(word))]


def is_wanted(node, requested):
    kind = node["kind"]
    return (
        says(node, requested.keywords)
        and all(begins(phrase, words_of(node["author"])) for phrase in phrases(requested.author))
        and (not requested.languages or (node["language"] or "").lower() in requested.languages)
        and (not requested.licenses or LICENSES.get(node["license"]) in requested.licenses)
        and (not requested.kinds or kind in requested.kinds)
        and requested.coach in (None, node["role_visibility"] == roles.COACH)
        and requested.resources in (None, kind != "topic")
        and requested.assessments in (None, kind == "exercise")
    )


BEGINNINGS = (*WORDS, "alg", "Al", "漢", "字", "foo", "bar", "c", "zz")
# Parameters of random queries, with the values to choose from.
PARAMETERS = {
    "author": ("ann", "Ann L", "b", "co", "annchen"),
    "languages": ("en", "EN,pt-br", "fr"),
    "licenses": ("1", "CC BY,2", "9"),
    "kinds": ("topic", "video,exercise"),
    "coach": ("true", "false"),
    "resources": ("true", "false"),
    "assessments": ("true", "false"),
}


def random_fields(rng):
    return {
        "title": " ".join(rng.choices(WORDS, k=rng.randint(0, 3))),
        "description": " ".join(rng.choices(WORDS, k=rng.randint(0, 2))),
        "author": rng.choice(AUTHORS),
        "tags": rng.sample(WORDS, rng.randint(0, 2)),
        "language": rng.choice(LANGUAGES),
        "role_visibility": rng.choice([roles.COACH, roles.LEARNER]),
    }


def random_leaf(rng):
    kind = rng.choice(["video", "exercise", "document"])
    return leaf(kind=kind, license=rng.choice(sorted(LICENSES)), **random_fields(rng))


def random_branch(rng):
    leaves = [random_leaf(rng) for _ in range(rng.randint(1, 3))]
    given = random_fields(rng)
    return topic(given.pop("title"), *leaves, **given) if rng.random() < 0.4 else leaves[0]


def random_query(rng):
    requested = {name: rng.choice(values) for name, values in PARAMETERS.items() if rng.random() < 0.2}
    if rng.random() < 0.7:
        requested["keywords"] = " ".join(rng.choices(BEGINNINGS, k=rng.choice([1, 1, 2])))
    return requested


@pytest.mark.parametrize("seed", range(3))
def test_finds_the_same_nodes_as_a_linear_scan(tmp_path, seed):
    rng, index = random.Random(seed), Index(tmp_path)
    snapshots = [snapshot_of(number, *(random_branch(rng) for _ in range(30))) for number in range(3)]
    index.put(*snapshots)
    file = index.read()
    for _ in range(120):
        requested = random_query(rng)
        parsed, chosen = query(**requested), rng.sample(list(file.channels), rng.randint(1, 3))
        ids = {file.channels[number].id for number in chosen}
        nodes = [node for snapshot in snapshots if snapshot["channel"]["id"] in ids for node in snapshot["nodes"][1:]]
        wanted = {node["id"] for node in nodes if is_wanted(node, parsed)}
        pages = [file.find(parsed, chosen, 7, at) for at in range(0, len(wanted) + 7, 7)]
        found = [row["id"].hex() for _, rows in pages for row in rows]
        assert {count for count, _ in pages} == {len(wanted)}, requested
        assert len(found) == len(set(found)), requested
        assert set(found) == wanted, requested


@given(st.text(max_size=60), st.text(max_size=20))
def test_accepts_any_text(tmp_path_factory, keywords, author):
    index = Index(tmp_path_factory.mktemp("index"))
    index.put(snapshot_of(1, leaf("one")))
    file = index.read()
    parsed = SearchQuery(keywords=keywords.replace("\0", ""), author=author.replace("\0", ""))
    count, rows = file.find(parsed, file.channels, 25, 0)
    assert count == len(rows) <= 1
    file.close()
